"""Definition: what a network with side information sees of a larger plane."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.uint8]


def side_information_of(plane: Samples, height: int, width: int) -> Samples:
    """Means of a plane, uint8 [H, W, 1], for each sample of one of half its sides: [height, width, 1]. Format 5.12.

    H is height, 2 height or 2 height - 1, W likewise: where a last row or column has no other, it is repeated. Rounded
    to nearest, ties upwards.
    """
    sums = plane.astype(np.uint16)
    for axis, size in enumerate((height, width)):
        sums = _pairs(sums, axis) if plane.shape[axis] > size else 2 * sums
    means: Samples = (sums + 2 >> 2).astype(np.uint8)
    return means


def _pairs(sums: NDArray[np.uint16], axis: int) -> NDArray[np.uint16]:
    """Sums of two neighbours each."""
    size = sums.shape[axis]
    whole = np.concatenate([sums, sums.take([-1], axis)], axis) if size % 2 else sums
    first: NDArray[np.uint16] = whole.take(range(0, size, 2), axis)
    return first + whole.take(range(1, size + 1, 2), axis)
