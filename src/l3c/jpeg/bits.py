"""The bits of coded data in JPEG files, and the codes of their symbols (ITU-T T.81)."""

from __future__ import annotations

import numpy as np

from l3c.errors import FormatError

Code = tuple[bytes, bytes]
"""How many codes there are of 1 .. 16 bits, and their symbols in rising order."""

LENGTH_MAX = 16  # bits of a code


class BitsError(FormatError):
    """Coded data that end too early, or hold bits that are no code."""


class Bits:
    """Bits of bytes, the most significant first; `at` of them are taken. A method that raises BitsError may have."""

    def __init__(self, data: bytes) -> None:
        self._bits = np.unpackbits(np.frombuffer(data, np.uint8)).tolist()
        self.at = 0

    @property
    def left(self) -> int:
        return len(self._bits) - self.at

    def take(self, count: int = 1) -> int:
        if count > self.left:
            raise BitsError("the scan ends early")
        value = 0
        for bit in self._bits[self.at : self.at + count]:
            value = value << 1 | bit
        self.at += count
        return value

    def symbol(self, codes: dict[tuple[int, int], int]) -> int:
        """codes: (length, code) to symbol."""
        value = 0
        for length in range(1, LENGTH_MAX + 1):
            value = value << 1 | self.take()
            if (length, value) in codes:
                return codes[length, value]
        raise BitsError("the scan has a wrong code")

    def number(self, size: int) -> int:
        """Of `size` bits; those whose first bit is 0 stand for negative ones."""
        value = self.take(size)
        return value if not size or value >> (size - 1) else value - (1 << size) + 1


def codes_of(code: Code) -> dict[tuple[int, int], int]:
    """(length, code) to symbol: codes of a length follow each other, and the next length's go on after them."""
    by_code, value, symbols = {}, 0, iter(code[1])
    for length, count in enumerate(code[0], 1):
        for _ in range(count):
            by_code[length, value] = next(symbols)
            value += 1
        value <<= 1
    return by_code
