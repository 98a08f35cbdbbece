"""Photo CD: PhotoYCC planes, chroma of half the height and width, to 8-bit RGB as Kodak's converter made it.

The definition that docs/format/history.md (3.3) gives; integers alone.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.uint8]
Ints = NDArray[np.int32]

LUMA = 89024
"""1.3584 in 1/65536: what a level of luma adds to each colour, in Kodak's PhotoYCC."""

BLUE = 145352
"""2.2179 in 1/65536: what a level of blue chroma adds to blue."""

RED = 119374
"""1.8215 in 1/65536: what a level of red chroma adds to red."""

GREEN_BLUE = 12714
"""0.194 in 1/65536: what green loses by blue's excess."""

GREEN_RED = 33358
"""0.509 in 1/65536: what green loses by red's excess."""

BLUE_ZERO = 156  # blue chroma of grays, in PhotoYCC
RED_ZERO = 137  # red chroma of grays, in PhotoYCC
SHIFT = 16  # bits of the numbers' fraction; 89024 * 255 + 145352 * 156 < 2^26, so no sum leaves int32
STRIP = 64
"""Rows that are made at a time: even."""


def redo(luma: Plane, blue: Plane, red: Plane, black: bool = False) -> NDArray[np.uint8]:
    """RGB [height, width, 3] of luma [height, width] and chroma [ceil(height / 2), ceil(width / 2)].

    black: the last row is black, whatever the planes say.
    """
    height, width = luma.shape
    out = np.empty((height, width, 3), np.uint8)
    for top in range(0, height, STRIP):
        bottom = min(top + STRIP, height)
        rows = slice(top // 2, (bottom + 1) // 2 + 1)
        size = bottom - top, width
        chroma = (upsample(blue[rows].astype(np.int32), size), upsample(red[rows].astype(np.int32), size))
        out[top:bottom] = to_rgb(luma[top:bottom].astype(np.int32), *chroma)
    if black:
        out[-1] = 0
    return out


def upsample(half: Ints, size: tuple[int, int]) -> Ints:
    """A plane at the even pixels, to all of `size`: means of the two or four nearest samples, halves up.

    Beyond its last row and column the plane goes on with those.
    """
    rows, columns = (size[0] + 1) // 2, (size[1] + 1) // 2
    padded = np.pad(half, ((0, rows + 1 - min(rows + 1, len(half))), (0, 1)), "edge")[: rows + 1]
    out = np.empty((2 * rows, 2 * columns), np.int32)
    here, right = padded[:-1, :-1], padded[:-1, 1:]
    below, across = padded[1:, :-1], padded[1:, 1:]
    out[0::2, 0::2] = here
    out[0::2, 1::2] = (here + right + 1) >> 1
    out[1::2, 0::2] = (here + below + 1) >> 1
    out[1::2, 1::2] = (here + right + below + across + 2) >> 2
    return out[: size[0], : size[1]]


def offsets(blue: Ints, red: Ints) -> tuple[Ints, Ints, Ints]:
    """What chroma adds to red, green and blue, in 1/65536 of a level."""
    u, v = BLUE * (blue - BLUE_ZERO), RED * (red - RED_ZERO)
    return v, -GREEN_BLUE * (u >> 16) - GREEN_RED * (v >> 16), u


def to_rgb(luma: Ints, blue: Ints, red: Ints) -> Ints:
    """[..., 3], clipped to 0 .. 255, of samples of one shape."""
    return np.stack([np.clip((LUMA * luma + offset) >> 16, 0, 255) for offset in offsets(blue, red)], axis=-1)
