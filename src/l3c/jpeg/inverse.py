"""The inverse transforms of JPEG decoders, with their quantization steps, as the searches need them."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from l3c.jpeg import idct, idct_fast
from l3c.jpeg.idct import SIDE

STRIP = 8
"""Rows of blocks that are made at a time."""

QUARTERS = 1 << 14 - 2
"""What the fast method's multipliers are in, times the unit of its scales."""

MIDDLE = 128
"""Of a sample of 8 bits."""

LOST = 31 / 64
"""What the fast method cuts off, in the mean of the 32 values that it may be."""

STEPS = np.arange(1, 256)  # all that a table of 8 bits holds


class Inverse(NamedTuple):
    """table: the steps, uint8 [64]. fast: whether libjpeg's fast method undoes them, else its accurate one."""

    table: NDArray[np.uint8]
    fast: bool = False

    def samples(self, blocks: NDArray[np.int16]) -> NDArray[np.uint8]:
        """[n, 8, 8] of blocks [n, 64], each row by row."""
        if self.fast:
            return idct_fast.samples_of(blocks, self.table)
        return idct.samples_of(blocks * self.table.astype(np.float64))

    def plane(self, blocks: NDArray[np.int16]) -> NDArray[np.uint8]:
        """[rows * 8, columns * 8] of blocks [rows, columns, 64]."""
        rows, columns = blocks.shape[:2]
        out = np.empty((rows * SIDE, columns * SIDE), np.uint8)
        for top in range(0, rows, STRIP):
            part = blocks[top : top + STRIP]
            samples = self.samples(part.reshape(-1, SIDE * SIDE))
            strip = out[top * SIDE : (top + len(part)) * SIDE].reshape(len(part), SIDE, columns, SIDE)
            strip[...] = samples.reshape(len(part), columns, SIDE, SIDE).transpose(0, 2, 1, 3)
        return out

    @property
    def worth(self) -> NDArray[np.float32]:
        """[64]: the steps of the exact transform that come nearest."""
        return _worth(self.table, self.fast)

    @property
    def middle(self) -> np.float32:
        """The value of a block without coefficients, before it is rounded to nearest."""
        return np.float32(MIDDLE - LOST * self.fast)


def worths(fast: bool) -> NDArray[np.float32]:
    """[64, 255]: of each coefficient, by its step."""
    return _worth(np.repeat(STEPS[:, None], SIDE * SIDE, 1), fast).T


def _worth(table: NDArray[Any], fast: bool) -> NDArray[np.float32]:
    """A multiplier that is 0 counts as 1: nothing is made of the coefficient, and none is needed."""
    steps = np.maximum(idct_fast.multipliers(table), 1) * (QUARTERS / idct_fast.SCALES) if fast else table
    return np.asarray(steps, np.float32)
