"""Definition: a least-squares prediction of each channel from 12 neighbours, fitted at each pixel to those before it.

The pixels before fade with the steps that lead to them: the sums of a pixel are 35/64 of its left neighbour's and 27/64
of its upper right one's, each with that pixel itself added. All arithmetic is in float32, each operation rounded once,
in the order written here; residuals are of the median edge prediction and clipped to -128..127.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from l3c.wave.definition.architecture import FITTED
from l3c.wave.definition.fused import Floats, fused

FROM_LEFT = np.float32(35 / 64)
"""Share of the left neighbour's sums that a pixel takes over. By trial."""

FROM_ABOVE = np.float32(27 / 64)
"""Share of the upper right neighbour's. Both sum to 62/64, less than 1, so that sums stay bounded: an addend is
16 * 255 at most (see ENERGY), and a sum 1 / (1 - 62/64) = 32 times as much."""

RIDGE = np.float32(8)
"""Added to the diagonal. Without rounding no pivot would then be below it; half of it is the least that is used, so
that no quotient can grow without bound. By trial."""

ENERGY = np.float32(16)
"""Squared levels. Places of less energy count alike; those of more by 16 / its root, so that no product is above
16 * 255. What lively places that count less are worth: see What was tried in docs/models.md."""

LEVEL = np.float32(4)
"""Steps of the network's input in a grey level."""


class LocalFit:
    """The sums of one channel of a tile: at each pixel a triangle [12, 12] and a target's row [12]. Format 5.6."""

    def __init__(self, height: int, width: int) -> None:
        self.sums = np.zeros((height + 1, width + 2, FITTED + 1, FITTED), np.float32)

    def predict(self, rows: NDArray[np.int64], columns: NDArray[np.int64], inputs: Floats) -> Floats:
        """Predicted residuals [N] of a wavefront, from its neighbours' residuals [12, N]. Format 5.6."""
        left, above = self.sums[rows + 1, columns], self.sums[rows, columns + 2]
        sums = fused(np.full(1, FROM_ABOVE), above, FROM_LEFT * left)
        self.sums[rows + 1, columns + 1] = sums
        ridged = sums + np.concatenate([np.diag(np.full(FITTED, RIDGE)), np.zeros((1, FITTED), np.float32)])
        return solve(np.concatenate([ridged.transpose(1, 2, 0), inputs[None]]))

    def update(self, rows: NDArray[np.int64], columns: NDArray[np.int64], inputs: Floats, targets: Floats) -> None:
        """Add the pixels, whose residuals [N] are known now; lively places count less. Format 5.6."""
        energy = np.full_like(targets, ENERGY)
        for row in inputs:  # of bytes exact in any order; those of deep samples have fractions
            energy += row * row
        weight = ENERGY / np.sqrt(energy)
        values = weight * np.concatenate([inputs, targets[None]])
        here = self.sums[rows + 1, columns + 1].transpose(1, 2, 0)
        self.sums[rows + 1, columns + 1] = fused(values[:, None], inputs[None], here).transpose(2, 0, 1)


def solve(rows: Floats) -> Floats:
    """Elimination without pivoting: [14, 12, N], a triangle (below its diagonal), the target's row and the inputs'.
    Format 5.6.

    Returns the target's row times the inputs by the triangle's inverse: [N].
    """
    result: Floats = np.zeros_like(rows[0, 0])
    for j in range(FITTED):
        pivot = np.where(rows[j, j] > RIDGE / 2, rows[j, j], RIDGE / 2).astype(np.float32)
        scaled = rows[:, j] * (np.float32(1) / pivot)
        if j + 1 < FITTED:
            rest = rows[j + 1 :, j + 1 :]
            rows[j + 1 :, j + 1 :] = fused(-rows[j + 1 :, j, None], scaled[None, j + 1 : FITTED], rest)
        result = fused(rows[FITTED + 1, j], scaled[FITTED], result)
    return result


def fit_levels(residuals: Floats) -> NDArray[np.int64]:
    """Differences [N] as inputs of the network: quarters of a level about 128, in 0..255. Format 5.6."""
    values = residuals * LEVEL + np.float32(128.5)
    values = np.where(values > 0, values, np.float32(0))
    levels: NDArray[np.int64] = np.where(values < 255, values, np.float32(255)).astype(np.int64)
    return levels
