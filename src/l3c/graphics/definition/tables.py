"""The tables of binary decisions and the bound of a tile, which the definition and the engine share."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from decimal import Decimal

PIXELS_MAX = 1 << 24
"""Of a tile, which bounds what a few bytes can ask for (format 1.7)."""

STRETCH_REACH = 2047
"""Log odds are in 1/256 and go from -8 to 8, short of a step."""

STRETCH_BITS = 12  # a chance is looked up by its highest bits
COUNT_LIMIT = 80
"""Decisions after which a chance adapts no more slowly."""

PRECISION = 45
"""Decimal digits in which values are computed that float64 leaves in doubt."""

DOUBT = 2.0**-20
"""How near to the middle of two integers a float64 leaves in doubt which is nearer: its logarithms and powers are off
by less than 2^-30 here, on any machine.
"""


def _nearest(values: NDArray[np.float64], exact: Callable[[int], Decimal]) -> NDArray[np.int64]:
    """The nearest integers, of the middle the even one. exact: gives a value, by its index, in PRECISION digits.

    Only values that are in doubt are asked for: thousands of decimal logarithms take longer than a small picture.
    """
    integers = np.rint(values).astype(np.int64)
    doubtful = np.flatnonzero(np.abs(np.abs(values - integers) - 0.5) < DOUBT)
    if len(doubtful):
        from decimal import ROUND_HALF_EVEN, localcontext

        with localcontext(prec=PRECISION):
            for i in doubtful:
                integers[i] = int(exact(int(i)).to_integral_value(ROUND_HALF_EVEN))
    return integers


@cache
def stretch_table() -> NDArray[np.int16]:
    """int16 [4096]: 256 ln(p / (1 - p)) for p = (i + 1/2) / 4096, within the reach. Format 10.2."""
    odd = np.arange(1, 2 << STRETCH_BITS, 2)

    def exact(i: int) -> Decimal:
        from decimal import Decimal

        return 256 * (Decimal(int(odd[i])) / int(odd[-1 - i])).ln()

    return _nearest(256 * np.log(odd / odd[::-1]), exact).clip(-STRETCH_REACH, STRETCH_REACH).astype(np.int16)


@cache
def squash_table() -> NDArray[np.uint16]:
    """uint16 [4095]: 65536 / (1 + exp(-x / 256)) for x = -2047 .. 2047. Format 10.2."""
    x = np.arange(-STRETCH_REACH, STRETCH_REACH + 1)

    def exact(i: int) -> Decimal:
        from decimal import Decimal

        return 65536 / (1 + (-Decimal(int(x[i])) / 256).exp())

    return _nearest(65536 / (1 + np.exp(-x / 256)), exact).astype(np.uint16)


@cache
def rate_table() -> NDArray[np.uint16]:
    """uint16 [81]: 65536 / (n + 1.4) in integers. Format 10.2."""
    return (655360 // (10 * np.arange(COUNT_LIMIT + 1) + 14)).astype(np.uint16)
