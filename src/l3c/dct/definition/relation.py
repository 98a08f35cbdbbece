"""Definition: by how much a chroma component follows luma, or the other chroma component, around a block.

A slope of least squares over the blocks before, which fade with the steps that lead to them, as in wave models.
"""

from __future__ import annotations

import numpy as np

from l3c.dct.definition.levels import Integers

FROM_LEFT = 35
"""Share of the sums of the block to the left that is kept, in 1/64."""

FROM_ABOVE = 27
"""The same of the block to the upper right."""

SHARE_BITS = 6
"""Binary logarithm of the shares' unit. Sums keep 62/64 in all, so that they stay below 32 times a block's."""

VALUE_MAX = 2047
"""Dequantized coefficients are clipped here: a block's sums stay below 2^28, and all sums below 2^33."""

RECIPROCAL_BITS = 24
"""Of reciprocals of steps. Products with slopes and coefficients of 16 bits stay below 2^50."""

UNIT_BITS = 6
"""Predictions are in 1/64 of a level."""

CALM = 1 << 8
"""Added to sums of squares: slopes of what hardly varies are small."""

SLOPE_BITS = 8
"""Slopes are in 1/256."""

SLOPE_MAX = 1 << 10
"""Slopes are clipped here: 4."""


class Relation:
    """Sums of a plane: of products with another component, and of that one's squares, positions above 0."""

    def __init__(self, rows: int, columns: int) -> None:
        self.sums = np.zeros((rows + 1, columns + 2, 2), np.int64)

    def faded(self, y: Integers, x: Integers) -> Integers:
        """Sums [N, 2] before blocks (y, x)."""
        total: Integers = FROM_LEFT * self.sums[y + 1, x] + FROM_ABOVE * self.sums[y, x + 2] >> SHARE_BITS
        return total

    def add(self, y: Integers, x: Integers, own: Integers, other: Integers) -> None:
        """Dequantized coefficients [N, 64] of blocks and of the other component there are known."""
        a, b = (np.clip(values[:, 1:], -VALUE_MAX, VALUE_MAX) for values in (own, other))
        self.sums[y + 1, x + 1] = self.faded(y, x) + np.stack([(a * b).sum(axis=1), (b * b).sum(axis=1)], axis=1)


def slopes(sums: Integers) -> Integers:
    """[N], in 1/256, from faded sums [N, 2]."""
    result: Integers = np.clip((sums[:, 0] << SLOPE_BITS) // (sums[:, 1] + CALM), -SLOPE_MAX, SLOPE_MAX)
    return result


def predictions(slope: Integers, other: Integers, steps: Integers) -> Integers:
    """[N, 64], in 1/64 of a quantized level, from slopes [N] and the other component's dequantized coefficients, at
    position 0 its change. steps: those of the component that is predicted.
    """
    reciprocals = (1 << RECIPROCAL_BITS) // steps
    result: Integers = slope[:, None] * other * reciprocals >> RECIPROCAL_BITS + SLOPE_BITS - UNIT_BITS
    return result
