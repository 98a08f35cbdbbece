"""A picture in memory: samples and their metadata."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from numpy.typing import NDArray

from l3c.container.structure import Animation, Frame, Palette

OF_PIXELS = frozenset({"transparent colour", "bit depth", "bmp header"})
"""Kinds of metadata that tell of pixels, or of how the source's format holds them."""

BY_CHANNELS = {1: "gray", 2: "gray+alpha", 3: "RGB", 4: "RGBA"}  # the layout of samples that come without one


@dataclass(frozen=True)
class Picture:
    """samples: bool, integers or floats, [height, width] or [height, width, channels].

    metadata: kinds of `container.constants.METADATA` and `NAMED_METADATA` to bytes. layout: a name of `LAYOUT_NAMES`,
    or None where the channels tell. palette: of indices. source_format: Pillow's name of the format it was read from,
    such as "PNG".
    extra: kinds (`EXTRA_NAMES`) of the channels beyond the layout's. maximum: the sample that is white, where it is not
    the largest of the dtype: 4095 for 12 bits in uint16.

    pages: all pages, where there are several; the fields above are then those of the first, but for metadata, which is
    the file's. animation: how they are shown, if one after another. kind: of a page, one of `PAGE_KINDS`. frame: when
    and where it is shown.
    """

    samples: NDArray[Any]
    metadata: dict[str, bytes] = field(default_factory=dict)
    source_format: str = ""
    layout: str | None = None
    palette: Palette | None = None
    extra: tuple[str, ...] = ()
    maximum: int | None = None
    kind: str = "page"
    frame: Frame | None = None
    pages: tuple[Picture, ...] = ()
    animation: Animation | None = None

    @property
    def layout_name(self) -> str:
        """As `layout`, the channels' where that is None."""
        return self.layout or BY_CHANNELS.get(self.channels - len(self.extra), "")

    @property
    def channels(self) -> int:
        return 1 if self.samples.ndim == 2 else int(self.samples.shape[2])

    @property
    def is_cmyk(self) -> bool:
        return self.layout == "CMYK"


def stripped(picture: Picture) -> Picture:
    """Without metadata, except the kinds that describe pixels and how a format holds them."""
    metadata = {kind: value for kind, value in picture.metadata.items() if kind in OF_PIXELS}
    return replace(picture, metadata=metadata, pages=tuple(stripped(page) for page in picture.pages))
