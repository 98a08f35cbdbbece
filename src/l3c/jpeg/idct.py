"""The inverse transform of JPEG in integers, as libjpeg's accurate method defines it: coefficients to samples.

The definition that docs/format/history.md (3.5.2) gives. Products and sums of integers stay below 2^53, so that
float64 holds them exactly, in whatever order they are added.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

SIDE = 8  # samples of a block
FIRST = 11
"""Bits that the first pass rounds off: of the basis's 13, the second pass needs two."""

SECOND = 18
"""Bits that the second pass rounds off: 13 of the basis, those two, and 3 for the division by 8."""

OF_FIRST = 1 / (1 << FIRST)
"""Inverse of 2^FIRST: a quotient, which is exact in every rounding mode; `2.0**-11` need not be."""

OF_SECOND = 1 / (1 << SECOND)
"""Inverse of 2^SECOND, likewise."""

EVEN = np.array(
    [
        [8192, 10703, 8192, 4433],
        [8192, 4433, -8192, -10704],
        [8192, -4433, -8192, 10704],
        [8192, -10703, 8192, -4433],
    ]
)
"""The even part: the weights of the coefficients 0, 2, 4, 6 in the samples 0 .. 3, and in 7 .. 4."""

ODD = np.array(
    [
        [11363, 9633, 6437, 2260],
        [9633, -2259, -11362, -6436],
        [6437, -11362, 2261, 9633],
        [2260, -6436, 9633, -11363],
    ]
)
"""The odd part: the weights of the coefficients 1, 3, 5, 7 in the samples 0 .. 3, and negative in 7 .. 4."""

ZIGZAG = np.argsort([(d := v + u) * 64 + (v if d % 2 else u) for v in range(SIDE) for u in range(SIDE)], kind="stable")
"""Places of a block, row by row, in the order in which a JPEG file has them."""


def weights() -> NDArray[np.float64]:
    """[8 samples, 8 coefficients]: integers, in 1/8192."""
    out = np.empty((SIDE, SIDE))
    out[:4, ::2], out[:4, 1::2] = EVEN, ODD
    out[:3:-1, ::2], out[:3:-1, 1::2] = EVEN, -ODD
    return out


def samples_of(values: NDArray[Any]) -> NDArray[np.uint8]:
    """[n, 8, 8] of coefficients times their steps, integers [n, 64]."""
    basis = weights().T
    columns = values.reshape(-1, SIDE, SIDE).transpose(0, 2, 1).reshape(-1, SIDE) @ basis
    columns = np.floor(columns * OF_FIRST + 0.5)
    rows = columns.reshape(-1, SIDE, SIDE).transpose(0, 2, 1).reshape(-1, SIDE) @ basis
    rounded = np.floor(rows * OF_SECOND + 128.5)
    return np.clip(rounded, 0, 255, out=rounded).astype(np.uint8).reshape(-1, SIDE, SIDE)
