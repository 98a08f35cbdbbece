"""Huffman codes that follow from a file's own symbols, as encoders that optimize choose them."""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING

from l3c.jpeg.standard import LENGTHS, Code

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

RESERVED = 256
"""A symbol that takes the code of ones alone, which JPEG forbids."""

LONGEST = 32
"""Bits of a code before codes are shortened; libjpeg gives up beyond."""


def optimal_code(counts: NDArray[np.uint32]) -> Code | None:
    """The code that libjpeg makes for symbols that occur so often, [256] (format 9.7); None: for none,
    or none it can make.

    Huffman's: the two rarest are put together, of equals those of higher number. Codes of more than
    16 bits are shortened as ITU-T T.81, figure K.3, has it.
    """
    symbols = {s: int(count) for s, count in enumerate(counts.tolist()) if count}
    heap = [(count, -symbol) for symbol, count in (*symbols.items(), (RESERVED, 1))]
    if len(heap) == 1:
        return None
    heapq.heapify(heap)
    members = {symbol: [symbol] for symbol in (*symbols, RESERVED)}
    length = dict.fromkeys(members, 0)
    while len(heap) > 1:
        (few, first), (more, second) = heapq.heappop(heap), heapq.heappop(heap)
        members[-first] += members.pop(-second)
        for symbol in members[-first]:
            length[symbol] += 1
        heapq.heappush(heap, (few + more, first))
    if max(length.values()) > LONGEST:
        return None
    many = [0] * (LONGEST + 1)
    for bits in length.values():
        many[bits] += 1
    order = sorted(symbols, key=lambda symbol: (length[symbol], symbol))
    return bytes(_shortened(many)[1 : LENGTHS + 1]) + bytes(order)


def _shortened(many: list[int]) -> list[int]:
    """How many codes of each length, none longer than 16 bits, without the reserved one."""
    for bits in range(LONGEST, LENGTHS, -1):
        while many[bits]:
            shorter = bits - 2
            while not many[shorter]:
                shorter -= 1
            many[bits] -= 2
            many[bits - 1] += 1
            many[shorter + 1] += 2
            many[shorter] -= 1
    last = max(bits for bits in range(LENGTHS + 1) if many[bits])
    many[last] -= 1
    return many
