"""Definition: a mixture of discretized logistics in integers.

All arrays are int64 here, so that the widths the engine uses can be checked; no value leaves the range of an int32
but the products noted as unsigned 32 bits.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from l3c.coding.tables import (
    FREQUENCY_BITS,
    GRAY_BITS,
    LOG_SCALE_ORIGIN,
    LOG_SCALES,
    SIGMOID_REACH,
    SIGMOID_STEP_BITS,
    WEIGHT_BITS,
    exponential_table,
    inverse_scale_tables,
    sigmoid_table,
)

Integers = NDArray[np.int64]
MEAN_RANGE = (-128 << GRAY_BITS, 384 << GRAY_BITS)
"""Means are clipped to half a range of 256 levels beyond it on both sides (4.6). An edge less a mean is then below
2^15 in 1/64 level, a mantissa below 2^12: the argument of a logistic stays below 2^27, far inside int32."""

SYMBOLS = 256  # samples of 8 bits


@dataclass(frozen=True)
class Mixture:
    """K components for each of N samples; every field int64 [K, N]. Format 4.6.

    weights: sum to 2^15 over K. means: 1/64 gray level. mantissas, shifts: inverse scales.
    """

    weights: Integers
    means: Integers
    mantissas: Integers
    shifts: Integers


def mixture_weights(logits: Integers) -> Integers:
    """Softmax of logits [K, N] in 1/16 nat: integers that sum to 2^15; the first component takes what rounding left.
    Format 4.6.
    """
    below = np.minimum(logits.max(axis=0) - logits, 255)  # the table's end: 2^15 exp(-255 / 16) rounds to 0
    powers = exponential_table()[below].astype(np.int64)
    reciprocal = (1 << 2 * WEIGHT_BITS) // powers.sum(axis=0)
    # the largest logit's power is 2^15, so a reciprocal is at most 2^15, and a product at most 2^30
    weights: Integers = (powers * reciprocal) >> WEIGHT_BITS
    weights[0] += (1 << WEIGHT_BITS) - weights.sum(axis=0)
    return weights


def make_mixture(logits: Integers, means: Integers, log_scales: Integers) -> Mixture:
    """From network outputs [K, N]: logits and log scales in 1/16 nat, means in 1/64 gray level. Format 4.6."""
    mantissas, shifts = inverse_scale_tables()
    scale = np.clip(log_scales + LOG_SCALE_ORIGIN, 0, LOG_SCALES - 1)
    return Mixture(
        mixture_weights(logits),
        np.clip(means, *MEAN_RANGE),
        mantissas[scale].astype(np.int64),
        shifts[scale].astype(np.int64),
    )


def sigmoid(argument: Integers) -> Integers:
    """65536 times the logistic function of argument / 1024. Format 4.6."""
    table = sigmoid_table().astype(np.int64)
    place = np.clip(argument, -SIGMOID_REACH, SIGMOID_REACH - 1) + SIGMOID_REACH
    # entries differ by at most 65536 / 16 / 4 = 2^10, so the product with 6 bits stays below 2^16
    at, rest = place >> SIGMOID_STEP_BITS, place & ((1 << SIGMOID_STEP_BITS) - 1)
    value: Integers = table[at] + ((table[at + 1] - table[at]) * rest >> SIGMOID_STEP_BITS)
    return value


def edge_argument(mixture: Mixture, symbols: Integers) -> Integers:
    """Arguments of the logistic functions at the lower edges of symbols [N], in 1/1024: [K, N]. Format 4.6."""
    return _arguments(mixture, (symbols << GRAY_BITS) - (1 << (GRAY_BITS - 1)))


def _arguments(mixture: Mixture, edges: Integers) -> Integers:
    return (edges - mixture.means) * mixture.mantissas >> mixture.shifts


def mass_below(mixture: Mixture, edges: Integers) -> Integers:
    """65536 times the mass below edges [N], 1/64 of a level. Format 4.6."""
    total: Integers = (mixture.weights * sigmoid(_arguments(mixture, edges))).sum(axis=0)  # at most 2^31: unsigned
    return total >> WEIGHT_BITS


def cumulative(mixture: Mixture, symbols: Integers) -> Integers:
    """Sum of the frequencies of all smaller symbols: 0 for symbol 0, 65536 for 256, rising by at least 1 each time.
    Format 4.6, 4.7.

    symbols: int64 [N], 0..256.
    """
    share = mass_below(mixture, (symbols << GRAY_BITS) - (1 << (GRAY_BITS - 1)))
    inner = symbols + share - ((share + 255) >> 8)  # floor(share * 255 / 256), and 1 for each smaller symbol
    return np.where(symbols <= 0, 0, np.where(symbols >= SYMBOLS, 1 << FREQUENCY_BITS, inner))


def intervals(mixture: Mixture, symbols: Integers) -> tuple[Integers, Integers]:
    """(start, frequency) of each symbol, int64 [N] each. Format 4.7."""
    start = cumulative(mixture, symbols)
    return start, cumulative(mixture, symbols + 1) - start


def find_symbols(mixture: Mixture, slots: Integers) -> Integers:
    """The symbols whose intervals hold the slots, int64 [N], by bisection. Format 4.7."""
    low = np.zeros_like(slots)
    for bit in range(7, -1, -1):
        candidate = low + (1 << bit)
        low = np.where(cumulative(mixture, candidate) <= slots, candidate, low)
    return low
