"""The entropy-coded scan of a baseline JPEG file (ITU-T T.81) to coefficients, as the engine must read it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from l3c.errors import FormatError
from l3c.jpeg.bits import Bits, Code, codes_of

BLOCK = 64  # coefficients of a block
DC_SIZES = 11  # bits of a difference of first coefficients, in baseline files of 8 bits
AC_SIZES = 10  # bits of another coefficient
LIMIT = 2048  # first coefficients lie in -2048 .. 2047 (format 3.5.1)
RUN = 0xF0
"""16 zeros."""


def read_scan(data: bytes, dc: Code, ac: Code, components: list[int], units: int) -> NDArray[np.int16]:
    """Blocks [units, len(components), 64] in zigzag order.

    data: the scan without stuffed bytes. components: that of each block of a unit, 0 .. 2. Raises FormatError.
    """
    out = np.zeros((units, len(components), BLOCK), np.int16)
    bits, codes, before = Bits(data), (codes_of(dc), codes_of(ac)), [0] * 3
    for blocks in out:
        for component, block in zip(components, blocks, strict=True):
            before[component] += _difference(bits, codes[0])
            if not -LIMIT <= before[component] < LIMIT:
                raise FormatError("the scan has a coefficient out of range")
            block[0] = before[component]
            for place, value in _others(bits, codes[1]):
                block[place] = value
    if bits.left >= 8:
        raise FormatError("the scan is too long")
    return out


def _difference(bits: Bits, codes: dict[tuple[int, int], int]) -> int:
    size = bits.symbol(codes)
    if size > DC_SIZES:
        raise FormatError("the scan has a wrong code")
    return bits.number(size)


def _others(bits: Bits, codes: dict[tuple[int, int], int]) -> Iterator[tuple[int, int]]:
    """Place and value of a block's coefficients but the first."""
    place = 1
    while place < BLOCK:
        symbol = bits.symbol(codes)
        if not symbol:
            return
        size = symbol & 15
        if size > AC_SIZES or (not size and symbol != RUN):
            raise FormatError("the scan has a wrong code")
        place += symbol >> 4
        if place >= BLOCK:
            raise FormatError("the scan has a block of too many coefficients")
        yield place, bits.number(size)
        place += 1
