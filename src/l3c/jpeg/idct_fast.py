"""libjpeg's fast inverse transform of JPEG, which leaves some bits out: coefficients to samples, in 16-bit integers.

The definition that docs/format/history.md (3.5.2) gives. Sums, differences and products are taken modulo 2^16, as
signed numbers, which int16 of NumPy does by itself.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int16]

SIDE = 8  # samples of a block
SCALES = np.array(
    [
        [16384, 22725, 21407, 19266, 16384, 12873, 8867, 4520],
        [22725, 31521, 29692, 26722, 22725, 17855, 12299, 6270],
        [21407, 29692, 27969, 25172, 21407, 16819, 11585, 5906],
        [19266, 26722, 25172, 22654, 19266, 15137, 10426, 5315],
        [16384, 22725, 21407, 19266, 16384, 12873, 8867, 4520],
        [12873, 17855, 16819, 15137, 12873, 10114, 6967, 3552],
        [8867, 12299, 11585, 10426, 8867, 6967, 4799, 2446],
        [4520, 6270, 5906, 5315, 4520, 3552, 2446, 1247],
    ]
).ravel()
"""The scale factors that the transform leaves to the steps, in 1/16384."""

SCALE_BITS = 12
"""Bits of a step times its scale that are rounded off: two stay behind the point."""

ROOT = 362
"""1.41421 in 1/256: the root of 2."""

SUM = 473
"""1.84776 in 1/256: 2 cos(pi / 8)."""

UPPER = 277
"""1.08239 in 1/256: 2 (cos(pi / 8) - cos(3 pi / 8))."""

LOWER = -413
"""-1.61313 in 1/256, less the one that is subtracted apart: -2.61313 is -2 (cos(pi / 8) + cos(3 pi / 8))."""

OFF = 5
"""Bits of a sample that are cut off at last."""


def multipliers(table: NDArray[Any]) -> Ints:
    """The multipliers of coefficients, in quarters, for steps [..., 64]."""
    scaled = table.astype(np.int64) * SCALES + (1 << SCALE_BITS - 1) >> SCALE_BITS
    return np.asarray(scaled, np.int16)


def samples_of(blocks: Ints, table: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """[n, 8, 8] of coefficients [n, 64] and their steps [64]."""
    values = (blocks * multipliers(table)).reshape(-1, SIDE, SIDE)
    columns = _pass([values[:, v] for v in range(SIDE)])
    rows = _pass([columns[..., u] for u in range(SIDE)])
    samples = np.clip(rows >> OFF, -128, 127) + np.int16(128)
    return np.ascontiguousarray(samples.transpose(2, 1, 0).astype(np.uint8))


def _pass(c: list[Ints]) -> Ints:
    """Samples [8, ...] of 8 coefficients."""
    even, odd = _even(c[0], c[2], c[4], c[6]), _odd(c[1], c[3], c[5], c[7])
    return np.stack(
        [a + b for a, b in zip(even, odd, strict=True)] + [a - b for a, b in zip(even[::-1], odd[::-1], strict=True)]
    )


def _even(c0: Ints, c2: Ints, c4: Ints, c6: Ints) -> list[Ints]:
    """The even part: added to the samples 0 .. 3 and to 7 .. 4 alike."""
    total, apart, both = c0 + c4, c0 - c4, c2 + c6
    rotated = _times(c2 - c6, ROOT) - both
    return [total + both, apart + rotated, apart - rotated, total - both]


def _odd(c1: Ints, c3: Ints, c5: Ints, c7: Ints) -> list[Ints]:
    """The odd part: added to the samples 0 .. 3, and subtracted from 7 .. 4."""
    inner, inner_apart, outer, outer_apart = c5 + c3, c5 - c3, c1 + c7, c1 - c7
    first = outer + inner
    shared = _times(inner_apart + outer_apart, SUM)
    second = _times(inner_apart, LOWER) - inner_apart + shared - first
    third = _times(outer - inner, ROOT) - second
    return [first, second, third, shared - _times(outer_apart, UPPER) - third]


def _times(values: Ints, constant: int) -> Ints:
    """Their product, rounded down; four times the values must fit 16 bits, or wrap around."""
    return np.asarray((values << 2).astype(np.int32) * constant >> 10, np.int16)
