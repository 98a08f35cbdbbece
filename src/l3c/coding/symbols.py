"""Definition: arrays of symbols under mixtures over 2 to 256 levels, channels perhaps depending on earlier ones."""

from __future__ import annotations

import numpy as np

from l3c.coding.mixture import Integers, Mixture, edge_argument, make_mixture, sigmoid
from l3c.coding.tables import FREQUENCY_BITS, WEIGHT_BITS

COEFFICIENT_ROWS = ((), (0,), (1, 2))
"""Where the coefficients of a channel for those before it lie: row of channel 1 by 0, of 2 by 0, of 2 by 1."""

LIMIT = 1 << 20
"""Parameters are clipped here, so that sums of means and coefficients stay in int32. A coefficient adds at most
2^16 * 255 / 2^10 < 2^14 to a mean; models are refused whose outputs would lose by it (published.operations)."""


def channel_mixture(parameters: Integers, channels: int, channel: int, known: Integers, joint: bool) -> Mixture:
    """Mixtures of one channel. parameters: [parts * channels * K, N]; known: symbols [channel, N] of those before.
    Format 7.4.
    """
    parts = parameters.clip(-LIMIT, LIMIT).reshape(4 if joint else 3, channels, -1, parameters.shape[1])
    means = parts[1, channel].copy()
    for value, row in zip(known, COEFFICIENT_ROWS[channel] if joint else (), strict=False):
        means += sigmoid(parts[3, row]) * value >> 10
    return make_mixture(parts[0, channel], means, parts[2, channel])


def cumulative(mixture: Mixture, symbols: Integers, levels: int) -> Integers:
    """Sum of the frequencies of all smaller symbols: as `mixture.cumulative`, over any number of levels. Format 4.8."""
    total = (mixture.weights * sigmoid(edge_argument(mixture, symbols))).sum(axis=0)
    inner = symbols + ((total >> WEIGHT_BITS) * ((1 << FREQUENCY_BITS) - levels) >> FREQUENCY_BITS)
    return np.where(symbols <= 0, 0, np.where(symbols >= levels, 1 << FREQUENCY_BITS, inner))
