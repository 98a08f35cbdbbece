"""Definition: from a head's outputs to the frequencies of a coefficient's symbols.

A coefficient is a symbol of a window around the mixture's centre. Symbols are steps of 2^shift values; the values
within one are equally likely, and the outer two symbols stand for all values beyond, whose excess follows.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from l3c.coding.mixture import mixture_weights, sigmoid
from l3c.coding.tables import (
    FREQUENCY_BITS,
    GRAY_BITS,
    LOG_SCALE_ORIGIN,
    LOG_SCALES,
    WEIGHT_BITS,
    exponential_table,
    inverse_scale_tables,
)
from l3c.dct.definition.levels import Integers

TOTAL = 1 << FREQUENCY_BITS
"""Of the frequencies of a symbol's alphabet."""

MEAN_MAX = 1 << 10
"""Means are clipped here: 16 scales, in 1/64."""

COEFFICIENT_MAX = 1 << 7
"""Coefficients of references are clipped here: 2, in 1/64. So five products with references of 2^17 stay below 2^27."""

OUTPUT_BITS = 6
"""Binary logarithm of the unit of both."""

REACH = 1 << 18
"""Distances from a mean are clipped here, in 1/64 of a level: 4096 levels, 18 of the largest scale. So products with
mantissas stay below 2^30."""

HEAVY = 1 << 13
"""Weight from which a component counts for the size of steps: 1/4. One of three components or fewer is always heavy."""

NOTABLE = 1 << 10
"""Weight from which a component counts for the window: 1/32."""

COARSE_FROM = 52
"""Index of the scale of 2.1 levels. From twice that scale on, steps double with it: a step is at most half a scale,
and to take its values for equally likely costs at most 0.01 bits."""

FINE_FROM = 74
"""The same (8 levels) where values are calibrated: those of a step are not equally likely then. Up to twice that scale,
a window of 256 steps of 1 holds 8 scales on both sides."""

OCTAVE = 11
"""Indices in a doubling of scales: 16 ln 2, rounded."""

WINDOWS = ((28, 16), (54, 64), (LOG_SCALES, 256))
"""(largest index of a scale, counted in steps; symbols): 8 scales or more on both sides, but for the last."""

ZERO_MOST = TOTAL - 2048
"""Share of 0, where it is taken out."""

NONE = -1
"""In place of a symbol that is left out."""


@cache
def scale_table() -> NDArray[np.int64]:
    """int64 [128]: 64 exp(i / 16 - 2.5) by the table of inverses, floor(2^(10 + shift) / mantissa + 1/2)."""
    mantissas, shifts = (table.astype(np.int64) for table in inverse_scale_tables())
    return ((2 << 10 + shifts) // mantissas + 1) >> 1


@dataclass(frozen=True)
class Window:
    """Symbols of N coefficients. weights, means, mantissas, shifts: [K, N], the mixture's. base: [N], lower end of
    symbol 0's step. step: binary logarithm of a step. levels: symbols. zero: the symbol that is left out, or NONE;
    share: its share; factor: 2^15 (65536 - symbols) / (65536 - share).
    """

    weights: Integers
    means: Integers
    mantissas: Integers
    shifts: Integers
    base: Integers
    step: Integers
    levels: Integers
    zero: Integers
    share: Integers
    factor: Integers

    def cumulative(self, symbols: Integers) -> Integers:
        """Sum of the frequencies of all smaller symbols, [N]; those behind the one left out count one less."""
        behind = (self.zero != NONE) & (symbols > self.zero)
        below = self.below(symbols + behind) - np.where(behind, self.share, 0)
        inner = symbols + (below * self.factor >> WEIGHT_BITS)
        most = self.levels - (self.zero != NONE)
        return np.where(symbols <= 0, 0, np.where(symbols >= most, TOTAL, inner))

    def below(self, symbols: Integers) -> Integers:
        """Share of all values below symbols [.., N], in 0 .. 65536."""
        edges = (self.base + (symbols << self.step) << GRAY_BITS) - (1 << GRAY_BITS - 1)
        total = np.zeros_like(edges)
        for weight, mean, mantissa, shift in zip(self.weights, self.means, self.mantissas, self.shifts, strict=True):
            distance = np.clip(edges - mean, -REACH, REACH)
            total += weight * sigmoid(distance * mantissa >> shift)
        result: Integers = total >> WEIGHT_BITS
        return result

    def find(self, slots: Integers) -> Integers:
        """The symbols whose intervals hold the slots."""
        low = np.zeros_like(slots)
        for bit in range(7, -1, -1):
            candidate = low + (1 << bit)
            inside = candidate < self.levels - (self.zero != NONE)
            low = np.where(inside & (self.cumulative(candidate) <= slots), candidate, low)
        return low


def make_window(
    outputs: Integers, references: Integers, last: NDArray[np.bool_], coarse_from: int = COARSE_FROM
) -> Window:
    """outputs: [N, 3 K + R]: logits in 1/16 nat, means in 1/64 of a scale, log scales in 1/16 nat, coefficients of
    references in 1/64. references: [R + 1, N], 1/64 of a level, the origin last. last: whether the coefficient is
    not 0. coarse_from: COARSE_FROM or FINE_FROM.
    """
    r = len(references) - 1
    out = outputs.T
    k = (len(out) - r) // 3
    index = np.clip(out[2 * k : 3 * k] + LOG_SCALE_ORIGIN, 0, LOG_SCALES - 1)
    coefficients = np.clip(out[3 * k :], -COEFFICIENT_MAX, COEFFICIENT_MAX)
    offset = np.clip(out[k : 2 * k], -MEAN_MAX, MEAN_MAX) * scale_table()[index] >> OUTPUT_BITS
    means = references[-1] + ((coefficients * references[:-1]).sum(axis=0) >> OUTPUT_BITS) + offset
    weights = mixture_weights(out[:k])
    narrow = np.where(weights >= HEAVY, index, LOG_SCALES).min(axis=0)
    wide = np.where(weights >= NOTABLE, index, 0).max(axis=0)
    step = np.maximum(narrow - coarse_from, 0) // OCTAVE
    levels = np.full_like(step, WINDOWS[-1][1])
    for most, count in reversed(WINDOWS[:-1]):
        levels = np.where(wide - OCTAVE * step <= most, count, levels)
    centre = (weights * means).sum(axis=0) >> WEIGHT_BITS
    base = ((centre + (1 << GRAY_BITS - 1) >> GRAY_BITS + step) - (levels >> 1)) << step
    mantissas, shifts = (table.astype(np.int64)[index] for table in inverse_scale_tables())
    none = np.full_like(step, NONE)
    window = Window(weights, means, mantissas, shifts, base, step, levels, none, none * 0, none * 0)
    zero = np.where(last & (step == 0) & (base < -1) & (base + levels > 2), -base, NONE)
    share = np.where(zero != NONE, np.minimum(window.below(zero + 1) - window.below(zero), ZERO_MOST), 0)
    left = levels - (zero != NONE)
    factor = (TOTAL - left << WEIGHT_BITS) // (TOTAL - share)
    return Window(weights, means, mantissas, shifts, base, step, levels, zero, share, factor)


def last_cumulative(logits: Integers) -> Integers:
    """Cumulative frequencies [N, 66] of last positions, from logits [N, 65] in 1/16 nat."""
    weights = last_weights(logits)
    count = weights.shape[1]
    below = np.concatenate([np.zeros((len(weights), 1), np.int64), np.cumsum(weights, axis=1)], axis=1)
    result: Integers = np.arange(count + 1) + (below * (TOTAL - count) >> WEIGHT_BITS)
    return result


def last_weights(logits: Integers) -> Integers:
    """Softmax: integers that sum to 2^15; the first takes what rounding left."""
    below = np.minimum(logits.max(axis=1, keepdims=True) - logits, 255)
    powers = exponential_table()[below].astype(np.int64)
    reciprocal = (1 << 2 * WEIGHT_BITS) // powers.sum(axis=1, keepdims=True)
    weights = powers * reciprocal >> WEIGHT_BITS
    weights[:, 0] += (1 << WEIGHT_BITS) - weights.sum(axis=1)
    result: Integers = weights
    return result
