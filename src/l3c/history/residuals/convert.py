"""Wide numbers (integers of 32 bits, floats) less a prediction from their neighbours, block by block, and back.

All arithmetic is modulo 2^bits. What is left is folded: 0, -1, 1, -2, ... become 0, 1, 2, 3, ..., so that small
differences have zeros in all high bytes.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from l3c.container.constants import ABOVE, LEFT, PLANE

AXES = {LEFT: (1,), ABOVE: (0,), PLANE: (0, 1)}
"""Along which differences are taken, one after another."""


def undo(numbers: NDArray[Any], predictor: int, block: int, bits: int) -> NDArray[Any]:
    """Folded differences of uint [height, width, channels] of `bits` bits, in an array of the same type."""
    out = np.empty_like(numbers)
    for place in _blocks(numbers.shape, block):
        part = numbers[place]
        for axis in AXES[predictor]:
            part = np.diff(part, axis=axis, prepend=np.zeros_like(part[:1] if axis == 0 else part[:, :1]))
        out[place] = _folded(part, bits)
    return out


def redo(folded: NDArray[Any], predictor: int, block: int, bits: int) -> NDArray[Any]:
    """As `undo` was given them."""
    out = np.empty_like(folded)
    for place in _blocks(folded.shape, block):
        part = _unfolded(folded[place], bits)
        for axis in AXES[predictor][::-1]:
            part = np.cumsum(part, axis=axis, dtype=part.dtype)
        out[place] = part & _mask(part, bits)
    return out


def _blocks(shape: tuple[int, ...], block: int) -> Iterator[tuple[slice, slice]]:
    for top in range(0, shape[0], block):
        for left in range(0, shape[1], block):
            yield slice(top, top + block), slice(left, left + block)


def _mask(numbers: NDArray[Any], bits: int) -> Any:
    return numbers.dtype.type((1 << bits) - 1)


def _folded(differences: NDArray[Any], bits: int) -> NDArray[Any]:
    one = differences.dtype.type(1)
    negative = (differences >> differences.dtype.type(bits - 1) & one).astype(bool)
    doubled = differences << one
    folded: NDArray[Any] = np.where(negative, ~doubled, doubled) & _mask(differences, bits)
    return folded


def _unfolded(folded: NDArray[Any], bits: int) -> NDArray[Any]:
    one = folded.dtype.type(1)
    subsampled = folded >> one
    differences: NDArray[Any] = np.where((folded & one).astype(bool), ~subsampled, subsampled) & _mask(folded, bits)
    return differences
