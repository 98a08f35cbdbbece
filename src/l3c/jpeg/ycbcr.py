"""YCbCr of JPEG to RGB in 1/65536, as libjpeg defines it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

RED = 91881
"""1.402 in 1/65536: what a level of red chroma adds to red."""

BLUE = 116130
"""1.772 in 1/65536: what a level of blue chroma adds to blue."""

GREEN_BLUE = 22554
"""0.34414 in 1/65536: what green loses by blue chroma."""

GREEN_RED = 46802
"""0.71414 in 1/65536: what green loses by red chroma."""

HALF = 1 << 15  # rounds to nearest, ties upwards
CENTRED = np.arange(256) - 128  # chroma less its zero
RED_OF = ((RED * CENTRED + HALF) >> 16).astype(np.int16)  # what is added to luma, by red chroma
BLUE_OF = ((BLUE * CENTRED + HALF) >> 16).astype(np.int16)  # what is added to luma, by blue chroma
GREEN_OF = -GREEN_BLUE * CENTRED + HALF  # by blue chroma, before the shift; it has the rounding of both
GREEN_OF_RED = -GREEN_RED * CENTRED  # by red chroma, before the shift
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
