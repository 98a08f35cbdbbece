"""A picture in memory: samples and what came with them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from numpy.typing import NDArray

from l3c.container.structure import Palette


@dataclass(frozen=True)
class Picture:
    """samples: bool, uint8 or uint16, [height, width] or [height, width, channels].

    metadata: kinds of `container.constants.METADATA` to bytes. layout: a name of `LAYOUT_NAMES`, or None where the
    channels tell. palette: of indices. source_format: Pillow's name of the format it was read from, such as "PNG".
    """

    samples: NDArray[Any]
    metadata: dict[str, bytes] = field(default_factory=dict)
    source_format: str = ""
    layout: str | None = None
    palette: Palette | None = None

    @property
    def channels(self) -> int:
        return 1 if self.samples.ndim == 2 else int(self.samples.shape[2])

    @property
    def is_cmyk(self) -> bool:
        return self.layout == "CMYK"
