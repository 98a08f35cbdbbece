"""YCbCr of JPEG to RGB in 1/65536, as libjpeg defines it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

RED, BLUE = 91881, 116130
"""1.402 and 1.772 in 1/65536."""

GREEN_BLUE, GREEN_RED = 22554, 46802
"""0.34414 and 0.71414."""

HALF = 1 << 15
CENTRED = np.arange(256) - 128
RED_OF = ((RED * CENTRED + HALF) >> 16).astype(np.int16)
BLUE_OF = ((BLUE * CENTRED + HALF) >> 16).astype(np.int16)
GREEN_OF = -GREEN_BLUE * CENTRED + HALF
GREEN_OF_RED = -GREEN_RED * CENTRED
GREEN_TABLE = ((GREEN_OF[:, None] + GREEN_OF_RED) >> 16).astype(np.int16)
"""What chroma adds to red, to blue, and [blue chroma, red chroma] to green."""

Ints = NDArray[np.int16]


def to_rgb(luma: NDArray[np.uint8], blue: NDArray[np.uint8], red: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """[height, width, 3] of three planes."""
    wide = luma.astype(np.int16)
    out = np.empty((*luma.shape, 3), np.uint8)
    for channel, offset in enumerate((RED_OF[red], green_offset(blue, red), BLUE_OF[blue])):
        out[..., channel] = np.clip(wide + offset, 0, 255)
    return out


def green_offset(blue: NDArray[Any], red: NDArray[Any]) -> Ints:
    """What chroma adds to green."""
    offset: Ints = GREEN_TABLE.ravel()[blue.astype(np.int32) << 8 | red]
    return offset
