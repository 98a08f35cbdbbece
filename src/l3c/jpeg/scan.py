"""The entropy-coded scan of a baseline JPEG file (ITU-T T.81) to coefficients, as the engine must read it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from l3c.errors import FormatError

Code = tuple[bytes, bytes]
BLOCK = 64  # coefficients of a block
DC_SIZES = 11  # bits of a difference of first coefficients, in baseline files of 8 bits
AC_SIZES = 10  # bits of another coefficient
LIMIT = 2048  # first coefficients lie in -2048 .. 2047 (format 3.5.1)
RUN = 0xF0
"""16 zeros."""


class Bits:
    """Bits of bytes, the most significant first."""

    def __init__(self, data: bytes) -> None:
        self._bits = np.unpackbits(np.frombuffer(data, np.uint8)).tolist()
        self._at = 0

    @property
    def left(self) -> int:
        return len(self._bits) - self._at

    def take(self) -> int:
        if not self.left:
            raise FormatError("the scan ends early")
        self._at += 1
        return int(self._bits[self._at - 1])

    def number(self, size: int) -> int:
        """Of `size` bits; those whose first bit is 0 stand for negative ones."""
        value = 0
        for _ in range(size):
            value = value << 1 | self.take()
        return value if not size or value >> (size - 1) else value - (1 << size) + 1

    def symbol(self, codes: dict[tuple[int, int], int]) -> int:
        """codes: (length, code) to symbol."""
        value = 0
        for length in range(1, 17):
            value = value << 1 | self.take()
            if (length, value) in codes:
                return codes[length, value]
        raise FormatError("the scan has a wrong code")


def codes_of(code: Code) -> dict[tuple[int, int], int]:
    """(length, code) to symbol: codes of a length follow each other, and the next length's go on after them."""
    by_code, value, symbols = {}, 0, iter(code[1])
    for length, count in enumerate(code[0], 1):
        for _ in range(count):
            by_code[length, value] = next(symbols)
            value += 1
        value <<= 1
    return by_code


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
