"""A picture in memory: samples and what came with them."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Picture:
    """samples: uint8 [height, width] or [height, width, 3]. metadata: "icc", "exif", "xmp" to bytes.

    source_format: Pillow's name of the format it was read from, such as "PNG" or "JPEG".
    """

    samples: NDArray[np.uint8]
    metadata: dict[str, bytes] = field(default_factory=dict)
    source_format: str = ""
