"""The functions of the integer mixture, as tables.

They are computed with `decimal`, which rounds correctly on every machine, and handed to the engine, so that both sides
of every codec read the same numbers. docs/format/entropy.md (4.5) gives their definitions and checksums.
"""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from functools import cache

import numpy as np
from numpy.typing import NDArray

FREQUENCY_BITS = 16
"""The frequencies of all symbols of one sample sum to 2^16: a word of rANS (rans.WORD_BITS). With WEIGHT_BITS, sums
of weighted shares are at most 2^31, which unsigned 32 bits hold."""

WEIGHT_BITS = 15
"""The weights of a mixture sum to 2^15: a product of two of them, 2^30, fits int32."""

GRAY_BITS = 6
"""Means and sample edges are in 1/64 of a gray level."""

LOG_SCALE_ORIGIN = 56
"""Added to a network's log-scale output, in 1/16: an output of 0 is a scale of exp(56 / 16 - 2.5) = e."""

LOG_SCALES = 128
"""Scales are exp(i / 16 - 2.5) gray levels, i in 0..127: from 0.08, where one symbol has nearly all, to 230, which
is nearly flat over 256."""

SIGMOID_REACH = 12 << 10
"""The logistic function is taken from -12 to 12, its argument in 1/1024. Beyond, 65536 times it rounds to 0 or
65536."""

SIGMOID_STEP_BITS = 6
"""Table entries are 1/16 apart; between them the function is a straight line."""


PRECISION = 45
"""Decimal digits in which the tables are computed."""


def _rounded(value: Decimal) -> int:
    return int(value.to_integral_value(ROUND_HALF_EVEN))


def _powers(first: Decimal, count: int) -> list[Decimal]:
    """exp(first + i / 16), from one exponential and products; 45 digits leave far more right than rounding needs.
    Format 4.5.
    """
    power, ratio = first.exp(), (Decimal(1) / 16).exp()
    return [power := power * ratio if i else power for i in range(count)]


@cache
def sigmoid_table() -> NDArray[np.int32]:
    """int32 [385]: 65536 / (1 + exp(12 - i / 16)). Format 4.5."""
    with localcontext(prec=PRECISION):
        powers = _powers(Decimal(-12), (2 * SIGMOID_REACH >> SIGMOID_STEP_BITS) + 1)
        return np.array([_rounded(65536 / (1 + power)) for power in reversed(powers)], np.int32)


@cache
def exponential_table() -> NDArray[np.int32]:
    """int32 [256]: 32768 exp(-i / 16). Format 4.5."""
    with localcontext(prec=PRECISION):
        return np.array([_rounded(32768 / power) for power in _powers(Decimal(0), 256)], np.int32)


@cache
def inverse_scale_tables() -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """(mantissas, shifts), int32 [128] each: 16 exp(2.5 - i / 16) = mantissa / 2^shift, mantissa in 2048..4095.
    Format 4.5.
    """
    mantissas, shifts = [], []
    with localcontext(prec=PRECISION):
        shift = 0
        for power in _powers(Decimal("-2.5"), LOG_SCALES):
            while 16 * 2**shift < Decimal("2047.5") * power:
                shift += 1
            mantissas.append(_rounded(16 * 2**shift / power))
            shifts.append(shift)
    return np.array(mantissas, np.int32), np.array(shifts, np.int32)


@cache
def scale_bounds() -> NDArray[np.float64]:
    """float64 [127], rising: exp(i / 16 - 2.46875), the least scale that counts as exp((i + 1) / 16 - 2.5)."""
    with localcontext(prec=PRECISION):
        return np.array([float(power) for power in _powers(Decimal("-2.46875"), LOG_SCALES - 1)])
