"""RGB that a JPEG decoder made, back to YCbCr where no channel is clipped."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from l3c.history.probes import is_inner
from l3c.jpeg.ycbcr import BLUE_OF, HALF, RED_OF, Ints, green_offset

REACH = 256
"""What chroma adds to a channel is below it, in magnitude."""

UNKNOWN = -1
"""No sample; where chroma or luma is not known."""


def _origins(table: Ints) -> Ints:
    """Chroma of each offset -REACH .. REACH - 1, UNKNOWN where there is none."""
    out = np.full(2 * REACH, UNKNOWN, np.int16)
    out[table + REACH] = np.arange(256)
    return out


RED_FROM = _origins(RED_OF)  # red chroma, by how much red exceeds luma
BLUE_FROM = _origins(BLUE_OF)  # blue chroma, by how much blue exceeds luma


def from_rgb(pixels: NDArray[np.uint8]) -> tuple[Ints, Ints, Ints]:
    """Luma and chroma of pixels [..., 3], UNKNOWN where a channel is clipped or no YCbCr makes the colour."""
    colours, near = _split(pixels)
    planes = tuple(np.full(near.shape, UNKNOWN, np.int16) for _ in range(3))
    left = is_inner(pixels)
    for luma in (near, near + 1, near - 1):
        origin, fits = _behind(colours, luma)
        fits &= left
        for plane, values in zip(planes, origin, strict=True):
            np.copyto(plane, values, where=fits)
        left = left & ~fits
    return planes  # type: ignore[return-value]


def are_colours(probes: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Which of pixels [n, 3], no channel clipped, some YCbCr makes."""
    colours, near = _split(probes)
    return np.asarray(_behind(colours, near + np.array([[0], [1], [-1]], np.int16))[1].any(0))


def _split(pixels: NDArray[np.uint8]) -> tuple[list[Ints], Ints]:
    """Red, green and blue, and luma, which is off by one at most."""
    r, g, b = (pixels[..., c].astype(np.int16) for c in range(3))
    near = (19595 * r.astype(np.int32) + 38470 * g.astype(np.int32) + 7471 * b.astype(np.int32) + HALF) >> 16
    return [r, g, b], near.astype(np.int16)


def _behind(colours: list[Ints], luma: Ints) -> tuple[tuple[Ints, Ints, Ints], NDArray[np.bool_]]:
    """Luma, blue and red chroma that make red and blue of the colours, and where they make green too."""
    r, g, b = colours
    red, blue = RED_FROM[r - luma + REACH], BLUE_FROM[b - luma + REACH]
    fits = (red >= 0) & (blue >= 0) & (luma >= 0) & (luma <= 255)
    fits &= luma + green_offset(np.maximum(blue, 0), np.maximum(red, 0)) == g
    return (luma, blue, red), fits
