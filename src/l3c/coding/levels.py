"""Definition: mixtures over any number of levels up to 256, and integer frequencies from anybody's probabilities."""

from __future__ import annotations

import numpy as np

from l3c.coding.mixture import Integers, Mixture, sigmoid
from l3c.coding.tables import FREQUENCY_BITS, GRAY_BITS, WEIGHT_BITS

TOTAL = 1 << FREQUENCY_BITS


def cumulative(mixture: Mixture, symbols: Integers, levels: int) -> Integers:
    """Sum of the frequencies of smaller symbols, int64 [N]; means are in 1/64 of a level.

    For 256 levels this is `l3c.coding.mixture.cumulative`.
    """
    edge = (symbols << GRAY_BITS) - (1 << (GRAY_BITS - 1))
    arguments = (edge - mixture.means) * mixture.mantissas >> mixture.shifts
    share = (mixture.weights * sigmoid(arguments)).sum(axis=0) >> WEIGHT_BITS
    inner = symbols + (share * (TOTAL - levels) >> FREQUENCY_BITS)
    return np.where(symbols <= 0, 0, np.where(symbols >= levels, TOTAL, inner))


def intervals(mixture: Mixture, symbols: Integers, levels: int) -> tuple[Integers, Integers]:
    """(start, frequency) of each symbol, int64 [N] each."""
    start = cumulative(mixture, symbols, levels)
    return start, cumulative(mixture, symbols + 1, levels) - start
