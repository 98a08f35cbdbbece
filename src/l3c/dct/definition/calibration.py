"""Definition: how often each symbol came so far, against how often it was expected.

What a network says of a coefficient, or of a last position, is multiplied by ratios of the two. That finds the gaps in
the values of pictures that were JPEG files before, with other steps, and whatever else a file has of its own.

What is expected is a share by the sum over all symbols: ratios then tend to those with which expected frequencies are
the observed ones (iterative proportional fitting).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from l3c.coding.tables import WEIGHT_BITS
from l3c.dct.definition.architecture import BLOCK, LASTS
from l3c.dct.definition.levels import Integers
from l3c.dct.definition.symbols import TOTAL, Window

MAGNITUDES = 1024
"""Magnitudes that are counted: 0 .. 1023. Mean coefficients, which have gaps too, reach them."""

LEAST_REACH = 3
"""Magnitudes that always have ratios: the inner edges of -3 .. 3 are a vector of eight."""

CLASSES_FROM = (3277, 9830, 19661, 32768, 49152, 58982, 63570)
"""Shares of the value 0 from which classes 1 .. 7 begin: 5, 15, 30, 50, 75, 90, 97 %."""

CLASSES = len(CLASSES_FROM) + 1
"""Of coefficients, by how likely 0 is."""

NEAR = 16
"""Magnitudes that have ratios by class, too: 0 .. 15. Of 64, there was no more gain."""

PRIOR = 4 * TOTAL
"""Added to both counts: about so many symbols have to be seen before a ratio moves far."""

NEAR_PRIOR = 8 * TOTAL
"""The same for ratios by class, of which there are more."""

RATIO_BITS = 12
"""Binary logarithm of a ratio of 1."""

COUNT_BITS = 12
"""Bits of counts that are left out of a ratio: 1/16 of a symbol remains."""

RATIO_MIN = 1 << 4
"""1/256: what never came may still come."""

RATIO_MAX = (1 << 15) - 1
"""8, less a step: times a share of 2^16, it fits 31 bits."""

SCALED_BITS = 10
"""Bits of a share times a ratio that are left out. A share of 1 stays 4."""

LOUDEST_BITS = 14
"""Factors of expected shares are at most 2: a sum over all symbols below half the usual one counts as that."""

EXPECTED_MAX = TOTAL - 1
"""Times a ratio, an expected share fits 31 bits."""

FADED = 1 << 14
"""Symbols after which counts fade to half."""

FIRST_DUE = 16
"""Symbols between new ratios, besides 1/16 of those that were counted."""

SURVEY_FIRST = 512
"""So many first coefficients of a position are all counted far."""

SURVEY_PERIOD = 16
"""After them, coefficients of one wavefront in so many are. Others are counted within the reach."""

FAR_FROM = 20
"""What a band of magnitudes has to deviate by to be corrected, in sums of squared deviations by variance: chance alone
reaches a third of it in large bands."""

FAR_BITS = 8
"""The same by coefficient, so that gains below 0.003 bits are not worth the time."""


class Counts:
    """Of `rows` alphabets with `entries` symbols. expected, observed: int64 [rows, entries], in 1/65536. seen: [rows].
    ratios: [rows, entries].
    """

    def __init__(self, rows: int, entries: int, prior: int) -> None:
        self.expected = np.zeros((rows, entries), np.int64)
        self.observed = np.zeros((rows, entries), np.int64)
        self.seen = np.zeros(rows, np.int64)
        self.due = np.full(rows, FIRST_DUE, np.int64)
        self.ratios = np.full((rows, entries), 1 << RATIO_BITS, np.int64)
        self.prior = prior

    def renew(self, row: int) -> bool:
        """After a group of symbols: find new ratios if it is time to."""
        if self.seen[row] < self.due[row]:
            return False
        while self.seen[row] >= FADED:
            self.expected[row] >>= 1
            self.observed[row] >>= 1
            self.seen[row] >>= 1
        self.due[row] = self.seen[row] + (self.seen[row] >> 4) + FIRST_DUE
        observed, expected = (count[row] + self.prior >> COUNT_BITS for count in (self.observed, self.expected))
        self.ratios[row] = np.clip((observed << RATIO_BITS) // expected, RATIO_MIN, RATIO_MAX)
        return True


@dataclass(frozen=True)
class Calibrated:
    """N coefficients of position k. cumulative: their frequencies, [N, levels + 1], 65536 behind a window's end.
    magnitudes: of symbols that are counted, [N, levels]; MAGNITUDES for others. classes: [N]. expected: [N, levels].
    """

    k: int
    cumulative: Integers
    magnitudes: Integers
    classes: Integers
    expected: Integers


class Calibration:
    """Counts of a plane. reach: [64], the largest magnitudes that are corrected."""

    def __init__(self) -> None:
        self.positions = Counts(BLOCK, MAGNITUDES, PRIOR)
        self.near = Counts(BLOCK * CLASSES, NEAR, NEAR_PRIOR)
        self.lasts = Counts(1, LASTS, PRIOR)
        self.reach = np.full(BLOCK, LEAST_REACH, np.int64)

    def calibrate(self, k: int, window: Window, ends: NDArray[np.bool_], survey: bool) -> Calibrated:
        """ends: coefficients that cannot be 0. survey: whether all magnitudes are counted."""
        shares = shares_of(window)
        symbols = np.arange(shares.shape[1])
        values = window.base[:, None] + symbols
        single = (symbols > 0) & (symbols < window.levels[:, None] - 1) & (window.step == 0)[:, None]
        zero = single & (values == 0)
        classes = (np.where(zero, shares, 0).sum(axis=1)[:, None] >= CLASSES_FROM).sum(axis=1)
        shares = np.where(zero & ends[:, None], 0, shares)
        most = MAGNITUDES - 1 if survey or self.positions.seen[k] < SURVEY_FIRST else self.reach[k]
        magnitudes = np.where(single & (np.abs(values) <= most), np.abs(values), MAGNITUDES)
        first, second = self.ratios(k, magnitudes, classes)
        ratios = np.clip(first * second >> RATIO_BITS, RATIO_MIN, RATIO_MAX)
        cumulative, factor = corrected(shares, ratios, window.levels)
        return Calibrated(k, cumulative, magnitudes, classes, expected(shares, factor))

    def ratios(self, k: int, magnitudes: Integers, classes: Integers) -> tuple[Integers, Integers]:
        """Of position k, and of the class at that position; both [N, levels]."""
        inside, near = magnitudes <= self.reach[k], magnitudes < min(NEAR, self.reach[k] + 1)
        first = self.positions.ratios[k, np.where(inside, magnitudes, 0)]
        second = self.near.ratios[(k * CLASSES + classes)[:, None], np.where(near, magnitudes, 0)]
        one = 1 << RATIO_BITS
        return np.where(inside, first, one), np.where(near, second, one)

    def count(self, coded: Calibrated, symbols: Integers) -> None:
        """The coefficients' symbols [N] are known."""
        k = coded.k
        first, second = self.ratios(k, coded.magnitudes, coded.classes)
        counted, near = coded.magnitudes < MAGNITUDES, coded.magnitudes < NEAR
        rows = k * CLASSES + coded.classes
        every = np.broadcast_to(rows[:, None], near.shape)
        own = np.arange(near.shape[1]) == symbols[:, None]
        magnitudes = coded.magnitudes
        np.add.at(self.positions.expected[k], magnitudes[counted], (coded.expected * second >> RATIO_BITS)[counted])
        np.add.at(self.near.expected, (every[near], magnitudes[near]), (coded.expected * first >> RATIO_BITS)[near])
        np.add.at(self.positions.observed[k], magnitudes[own & counted], TOTAL)
        np.add.at(self.near.observed, (every[own & near], magnitudes[own & near]), TOTAL)
        np.add.at(self.near.seen, rows, 1)
        self.positions.seen[k] += len(symbols)
        for row in range(k * CLASSES, (k + 1) * CLASSES):
            self.near.renew(row)
        if self.positions.renew(k):
            self.reach[k] = self.reach_of(k)

    def reach_of(self, k: int) -> int:
        """The top of the highest band of magnitudes whose counts deviate by more than chance."""
        observed, expected = (count[k] >> COUNT_BITS for count in (self.positions.observed, self.positions.expected))
        unit = TOTAL >> COUNT_BITS
        spread = expected + (PRIOR >> COUNT_BITS)
        deviations = (observed - expected) ** 2 // spread - unit * expected // spread
        least = unit * FAR_FROM + (unit * self.positions.seen[k] >> FAR_BITS)
        top = MAGNITUDES - 1
        while top > LEAST_REACH and deviations[(top >> 1) + 1 : top + 1].sum() <= least:
            top >>= 1
        return top

    def calibrate_lasts(self, weights: Integers) -> tuple[Integers, Integers]:
        """Of weights [N, 65] in 1/32768: cumulative frequencies [N, 66], expected shares [N, 65]."""
        shares = 2 * weights + 1
        cumulative, factor = corrected(shares, self.lasts.ratios, np.full(len(shares), LASTS))
        return cumulative, expected(shares, factor)

    def count_lasts(self, expected: Integers, lasts: Integers) -> None:
        """Last positions [N] are known."""
        self.lasts.expected[0] += expected.sum(axis=0)
        np.add.at(self.lasts.observed[0], lasts, TOTAL)
        self.lasts.seen[0] += len(lasts)
        self.lasts.renew(0)


def corrected(shares: Integers, ratios: Integers, levels: Integers) -> tuple[Integers, Integers]:
    """Cumulative frequencies [N, symbols + 1] of `levels` symbols each, 65536 behind them, and the factors [N]."""
    symbols = np.arange(shares.shape[1] + 1)
    scaled = np.where(symbols[:-1] < levels[:, None], (shares * ratios >> SCALED_BITS) + 1, 0)
    below = np.concatenate([np.zeros((len(shares), 1), np.int64), np.cumsum(scaled, axis=1)], axis=1)
    factor = (TOTAL - levels << WEIGHT_BITS) // below[:, -1]
    cumulative = symbols + (below * factor[:, None] >> WEIGHT_BITS)
    return np.where(symbols < levels[:, None], cumulative, TOTAL), factor


def expected(shares: Integers, factor: Integers) -> Integers:
    """Shares by the sum over all symbols, in 1/65536: what a ratio is multiplied by to give a frequency."""
    quiet = np.minimum(factor, 1 << LOUDEST_BITS)[:, None]
    result: Integers = np.minimum(shares * quiet >> LOUDEST_BITS - 1, EXPECTED_MAX)
    return result


def shares_of(window: Window) -> Integers:
    """[N, levels], in 1/65536: of each symbol, the outer ones with all beyond."""
    levels = int(window.levels.max())
    symbols = np.arange(levels + 1)
    below = window.below(np.broadcast_to(symbols[:, None], (levels + 1, len(window.base)))).T
    below = np.where(symbols == 0, 0, np.where(symbols < window.levels[:, None], below, TOTAL))
    shares: Integers = np.diff(below, axis=1)
    return shares
