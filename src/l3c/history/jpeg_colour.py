"""YCbCr of JPEG to RGB in 1/65536, as libjpeg defines it, and back where no channel is clipped."""

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

REACH = 256
UNKNOWN = -1
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


def _origins(table: Ints) -> Ints:
    """Chroma of each offset -REACH .. REACH - 1, UNKNOWN where there is none."""
    out = np.full(2 * REACH, UNKNOWN, np.int16)
    out[table + REACH] = np.arange(256)
    return out


RED_FROM, BLUE_FROM = _origins(RED_OF), _origins(BLUE_OF)


def from_rgb(pixels: NDArray[np.uint8]) -> tuple[Ints, Ints, Ints]:
    """Luma and chroma of pixels [..., 3], UNKNOWN where a channel is clipped or no YCbCr makes the colour."""
    r, g, b = (pixels[..., c].astype(np.int16) for c in range(3))
    near = (19595 * r.astype(np.int32) + 38470 * g.astype(np.int32) + 7471 * b.astype(np.int32) + HALF) >> 16
    inner = ((pixels > 0) & (pixels < 255)).all(-1)
    found = tuple(np.full(r.shape, UNKNOWN, np.int16) for _ in range(3))
    left = inner
    for luma in (near, near + 1, near - 1):
        luma = luma.astype(np.int16)
        red, blue = RED_FROM[r - luma + REACH], BLUE_FROM[b - luma + REACH]
        fits = left & (red >= 0) & (blue >= 0) & (luma >= 0) & (luma <= 255)
        fits &= luma + green_offset(np.maximum(blue, 0), np.maximum(red, 0)) == g
        for plane, values in zip(found, (luma, blue, red), strict=True):
            np.copyto(plane, values, where=fits)
        left = left & ~fits
    return found  # type: ignore[return-value]
