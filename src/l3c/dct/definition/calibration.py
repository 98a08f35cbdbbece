"""Definition: how often each magnitude came at each position so far, against how often it was expected.

What a network says of a coefficient is multiplied by the ratio. That finds the gaps in the values of pictures that were
JPEG files before, with other steps, and whatever else a file has of its own.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from l3c.coding.tables import WEIGHT_BITS
from l3c.dct.definition.architecture import BLOCK
from l3c.dct.definition.levels import Integers
from l3c.dct.definition.symbols import TOTAL, Window

MAGNITUDES = 64
"""Magnitudes that are counted: 0 .. 63. Gaps between larger ones are too rare to be learned."""

PRIOR = 8 * TOTAL
"""Added to both counts: about so many coefficients have to be seen before a ratio moves far."""

RATIO_BITS = 12
"""Binary logarithm of a ratio of 1."""

COUNT_BITS = 12
"""Bits of counts that are left out of a ratio, so that it is a division of 32 bits."""

RATIO_MIN = 1 << 4
"""1/256: what never came may still come."""

RATIO_MAX = (1 << 15) - 1
"""8, less a step: times a share of 2^16, it fits 31 bits."""

SCALED_BITS = 10
"""Bits of a share times a ratio that are left out. A share of 1 stays 4."""

FADED = 1 << 14
"""Coefficients of a position after which its counts fade to half: 2^14 times 2^16 are below 2^31."""

FIRST_DUE = 32
"""Coefficients of a position between new ratios, besides an eighth of those that were counted."""


class Calibration:
    """Counts and ratios of a plane. expected, observed: int64 [64, 64] by position and magnitude, in 1/65536."""

    def __init__(self) -> None:
        self.expected = np.zeros((BLOCK, MAGNITUDES), np.int64)
        self.observed = np.zeros((BLOCK, MAGNITUDES), np.int64)
        self.counts = np.zeros(BLOCK, np.int64)
        self.due = np.full(BLOCK, FIRST_DUE, np.int64)
        self.ratios = np.full((BLOCK, MAGNITUDES), 1 << RATIO_BITS, np.int64)

    def table(self, k: int, window: Window, shares: Integers) -> Integers:
        """Cumulative frequencies [N, levels + 1] of coefficients at position k; 65536 behind a window's end."""
        magnitudes = np.abs(values_of(window, shares.shape[1]))
        inner = counted(window, magnitudes)
        ratios = np.where(inner, self.ratios[k, np.minimum(magnitudes, MAGNITUDES - 1)], 1 << RATIO_BITS)
        symbols = np.arange(shares.shape[1])
        inside = symbols < window.levels[:, None]
        scaled = np.where(inside, (shares * ratios >> SCALED_BITS) + 1, 0)
        below = np.concatenate([np.zeros((len(shares), 1), np.int64), np.cumsum(scaled, axis=1)], axis=1)
        factor = (TOTAL - window.levels << WEIGHT_BITS) // below[:, -1]
        table = np.arange(below.shape[1]) + (below * factor[:, None] >> WEIGHT_BITS)
        result: Integers = np.where(np.arange(below.shape[1]) < window.levels[:, None], table, TOTAL)
        return result

    def count(self, k: int, window: Window, shares: Integers, values: Integers, ends: NDArray[np.bool_]) -> None:
        """Coefficients at position k are known, [N]. ends: those that could not be 0, which are not counted."""
        magnitudes = np.abs(values_of(window, shares.shape[1]))
        inner = counted(window, magnitudes) & ~ends[:, None]
        np.add.at(self.expected[k], magnitudes[inner], shares[inner])
        hit = inner & (values_of(window, shares.shape[1]) == values[:, None])
        np.add.at(self.observed[k], magnitudes[hit], TOTAL)
        self.counts[k] += int((~ends).sum())
        if self.counts[k] < self.due[k]:
            return
        while self.counts[k] >= FADED:
            self.expected[k] >>= 1
            self.observed[k] >>= 1
            self.counts[k] >>= 1
        self.due[k] = self.counts[k] + (self.counts[k] >> 3) + FIRST_DUE
        observed, expected = self.observed[k] + PRIOR >> COUNT_BITS, self.expected[k] + PRIOR >> COUNT_BITS
        self.ratios[k] = np.clip((observed << RATIO_BITS) // expected, RATIO_MIN, RATIO_MAX)


def values_of(window: Window, levels: int) -> Integers:
    """[N, levels]: the value of each symbol, where a step is 1."""
    result: Integers = window.base[:, None] + np.arange(levels)
    return result


def counted(window: Window, magnitudes: Integers) -> NDArray[np.bool_]:
    """[N, levels]: symbols that stand for one value whose magnitude is counted."""
    symbols = np.arange(magnitudes.shape[1])
    inner = (symbols > 0) & (symbols < window.levels[:, None] - 1) & (window.step == 0)[:, None]
    result: NDArray[np.bool_] = inner & (magnitudes < MAGNITUDES)
    return result


def shares_of(window: Window, ends: NDArray[np.bool_]) -> Integers:
    """[N, levels], in 1/65536: of each symbol, the outer ones with all beyond; 0 for the value 0 where it cannot be."""
    levels = int(window.levels.max())
    edges = [window.below(np.full_like(window.base, symbol)) for symbol in range(1, levels)]
    below = np.stack([np.zeros_like(window.base), *edges, np.full_like(window.base, TOTAL)], axis=1)
    below = np.where(np.arange(levels + 1) < window.levels[:, None], below, TOTAL)
    shares: Integers = np.diff(below, axis=1)
    barred = ends[:, None] & (window.step == 0)[:, None] & (values_of(window, levels) == 0)
    inner = (np.arange(levels) > 0) & (np.arange(levels) < window.levels[:, None] - 1)
    return np.where(barred & inner, 0, shares)
