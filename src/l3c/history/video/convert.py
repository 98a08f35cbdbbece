"""Frames of video: luma, and chroma of half the width and often height, to 8-bit RGB as decoders make it.

The definition that docs/format/history.md (3.6) gives; integers alone. Decoders share a form and differ in its numbers.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from l3c.history.luma import Ints

Plane = NDArray[np.uint8]

TOGETHER, LUMA_APART, ALL_APART = range(3)
"""Forms: what is summed before it is shifted."""

CHROMA_ZERO = 128  # of grays
STRIP = 64
"""Rows that are made at a time: even."""


class Converter(NamedTuple):
    """form: one of the three. shift: bits behind the point. rounded: whether half a level is added before a shift.

    floored: whether luma below its zero counts as that. zero: the luma of black. In 1 / 2^shift, what a level adds: of
    luma to each colour, of red chroma to red, of blue and of red chroma to green, of blue chroma to blue.
    """

    form: int
    shift: int
    rounded: int
    floored: int
    zero: int
    luma: int
    red: int
    green_blue: int
    green_red: int
    blue: int

    @property
    def half(self) -> int:
        return (1 << self.shift) >> 1 if self.rounded else 0


def redo(luma: Plane, blue: Plane, red: Plane, converter: Converter, subsampled_rows: bool) -> NDArray[np.uint8]:
    """RGB [height, width, 3] of luma [height, width] and chroma of half the width, rounded up.

    subsampled_rows: chroma has half the height too, rounded up.
    """
    height, width = luma.shape
    out = np.empty((height, width, 3), np.uint8)
    for top in range(0, height, STRIP):
        bottom = min(top + STRIP, height)
        rows = slice(top // 2, (bottom + 1) // 2) if subsampled_rows else slice(top, bottom)
        u, v = (repeated(plane[rows].astype(np.int32), (bottom - top, width), subsampled_rows) for plane in (blue, red))
        out[top:bottom] = to_rgb(luma[top:bottom].astype(np.int32), u, v, converter)
    return out


def repeated(plane: Ints, size: tuple[int, int], subsampled_rows: bool) -> Ints:
    """Each sample for the two or four pixels that share it."""
    wide = np.repeat(plane, 2, axis=1)[:, : size[1]]
    return np.repeat(wide, 2, axis=0)[: size[0]] if subsampled_rows else wide


def to_rgb(luma: Ints, blue: Ints, red: Ints, converter: Converter) -> Ints:
    """[..., 3], clipped to 0 .. 255, of samples of one shape."""
    level = luma - converter.zero
    # in int32: a file whose converter could make a sum of 2^31 is refused (format 3.6)
    level = converter.luma * (np.maximum(level, 0) if converter.floored else level)
    channels = [(level + offset) >> converter.shift for offset in offsets(blue, red, converter)]
    return np.clip(np.stack(channels, axis=-1), 0, 255)


def offsets(blue: Ints, red: Ints, converter: Converter) -> tuple[Ints, Ints, Ints]:
    """What chroma, and rounding, add to red, green and blue, in 1 / 2^shift of a level."""
    u, v = blue - CHROMA_ZERO, red - CHROMA_ZERO
    return (
        _offset([converter.red * v], converter),
        _offset([converter.green_blue * u, converter.green_red * v], converter),
        _offset([converter.blue * u], converter),
    )


def _offset(terms: list[Ints], converter: Converter) -> Ints:
    if converter.form == ALL_APART:
        whole: Ints = sum((term + converter.half) >> converter.shift for term in terms)  # type: ignore[assignment]
        return (whole << converter.shift) + converter.half
    total: Ints = sum(terms) + converter.half  # type: ignore[assignment]
    return total if converter.form == TOGETHER else (total >> converter.shift << converter.shift) + converter.half
