"""Blocks of samples that are known, or bounded, to the quantized coefficients behind them."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from l3c.jpeg.idct import SIDE
from l3c.jpeg.inverse import Inverse

BLOCK = SIDE * SIDE  # samples of a block
AC_MAX = 1023  # what a baseline JPEG file holds: 10 bits and a sign
DC_MIN = -1024  # samples less 128 sum to 64 * -128, and the first coefficient is an eighth of that
DC_MAX = 1023  # 64 * 127 / 8 = 1016 and the rounding of steps
Floats = NDArray[np.float32]
Ints = NDArray[np.int16]


class Bounds(NamedTuple):
    """low, high: int16 [n, 64], the least and the greatest that each sample of a block may be."""

    low: Ints
    high: Ints

    def of(self, chosen: NDArray[np.intp] | NDArray[np.bool_]) -> Bounds:
        return Bounds(self.low[chosen], self.high[chosen])


def basis() -> Floats:
    """[64 coefficients, 64 samples], orthonormal."""
    places = np.arange(SIDE)
    rows = np.sqrt(2 / SIDE) * np.cos((2 * places + 1) * places[:, None] * np.pi / (2 * SIDE))
    rows[0] /= np.sqrt(2)
    return np.kron(rows, rows).astype(np.float32)


BASIS = basis()  # made once: blocks by the thousand are multiplied by it


def to_blocks(plane: NDArray[Any]) -> NDArray[Any]:
    """[n, 64] of a plane whose sides are multiples of 8, row by row."""
    rows, columns = plane.shape[0] // SIDE, plane.shape[1] // SIDE
    return plane.reshape(rows, SIDE, columns, SIDE).transpose(0, 2, 1, 3).reshape(-1, BLOCK)


def forward(samples: Floats, middle: np.float32) -> Floats:
    """Coefficients [n, 64] of samples [n, 64]. middle: of an `Inverse`."""
    return np.asarray((samples - middle) @ BASIS.T, np.float32)


def quantize(samples: Floats, inverse: Inverse) -> Ints:
    """The nearest multiples of the steps."""
    return limited(np.rint(forward(samples, inverse.middle) / inverse.worth))


def limited(values: NDArray[Any]) -> Ints:
    """Clipped to the range of a baseline file."""
    out = np.clip(values, -AC_MAX, AC_MAX)
    out[..., 0] = np.clip(values[..., 0], DC_MIN, DC_MAX)
    return np.asarray(out, np.int16)


def wrong(blocks: Ints, inverse: Inverse, bounds: Bounds) -> NDArray[np.bool_]:
    """Which blocks do not give samples within the bounds."""
    out = np.empty(len(blocks), bool)
    for start in range(0, len(blocks), 4096):
        part = slice(start, start + 4096)
        made = inverse.samples(blocks[part]).reshape(-1, BLOCK)
        out[part] = ((made < bounds.low[part]) | (made > bounds.high[part])).any(1)
    return out
