"""Coefficients to the entropy-coded scan of a baseline JPEG file, with codes of one length.

Such scans only carry coefficients to libjxl, which keeps the symbols and not their codes.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from l3c.jpeg.bits import Code
from l3c.jpeg.scan import BLOCK, RUN

Ints = NDArray[np.int32]
PART = 1 << 16
"""Events whose bits are put together at a time."""


class Events(NamedTuple):
    """order: by which they are sorted. symbol: a byte. size, extra: bits that follow its code, how many and which."""

    order: NDArray[np.int64]
    symbol: Ints
    size: Ints
    extra: Ints


def write_scan(blocks: NDArray[np.int16], components: list[int]) -> tuple[bytes, Code, Code]:
    """The scan, bytes stuffed, and the codes of its differences and of other coefficients.

    blocks: [units, len(components), 64] in zigzag order, AC within -1023 .. 1023, DC within -1024 .. 1023.
    """
    flat = blocks.reshape(-1, BLOCK)
    dc, ac = _differences(blocks, components), _others(flat)
    codes = _code(dc.symbol), _code(ac.symbol)
    parts = [_coded(events, code) for events, code in zip((dc, ac), codes, strict=True)]
    order, lengths, values = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    sorting = np.argsort(order, kind="stable")
    return _packed(lengths[sorting], values[sorting]).replace(b"\xff", b"\xff\0"), *codes


def _differences(blocks: NDArray[np.int16], components: list[int]) -> Events:
    """DC of each block less that of the component's one before."""
    values = blocks[..., 0].astype(np.int32)
    out = np.empty_like(values)
    for component in set(components):
        mine = np.array(components) == component
        out[:, mine] = np.diff(values[:, mine].ravel(), prepend=0).reshape(len(values), -1)
    return _sized(np.arange(out.size) * 2 * BLOCK, np.zeros(out.size, np.int32), out.ravel())


def _sized(order: NDArray[np.int64], runs: Ints, values: Ints) -> Events:
    size = np.frexp(np.abs(values))[1]
    return Events(order, runs << 4 | size, size, np.where(values < 0, values + (1 << size) - 1, values))


def _others(flat: NDArray[np.int16]) -> Events:
    """Coefficients that are not 0, long runs before them, and the ends of blocks whose last ones are 0."""
    block, place = np.nonzero(flat[:, 1:])
    place += 1
    first = np.diff(block, prepend=-1) > 0
    zeros = place - np.where(first, 0, np.roll(place, 1)) - 1
    values = _sized((block * BLOCK + place) * 2 + 1, (zeros & 15).astype(np.int32), flat[block, place].astype(np.int32))
    runs = _lone(np.repeat((block * BLOCK + place) * 2, zeros >> 4), RUN)
    last = np.zeros(len(flat), np.int64)
    last[block] = place
    ends = _lone((np.nonzero(last < BLOCK - 1)[0] + 1) * 2 * BLOCK - 1, 0)
    return Events(*(np.concatenate([part[i] for part in (runs, values, ends)]) for i in range(4)))


def _lone(order: NDArray[np.int64], symbol: int) -> Events:
    zeros = np.zeros(len(order), np.int32)
    return Events(order, zeros + symbol, zeros, zeros)


def _code(symbols: Ints) -> Code:
    """Those that occur, all of the fewest bits that leave one code over, as JPEG wants it."""
    used = np.unique(symbols)
    counts = bytearray(16)
    counts[len(used).bit_length() - 1] = len(used)
    return bytes(counts), used.astype(np.uint8).tobytes()


def _coded(events: Events, code: Code) -> tuple[NDArray[np.int64], Ints, Ints]:
    """Orders, lengths and values of code and extra bits together."""
    ranks = np.zeros(256, np.int32)
    ranks[np.frombuffer(code[1], np.uint8)] = np.arange(len(code[1]))
    length = len(code[1]).bit_length() + events.size
    return events.order, length, ranks[events.symbol] << events.size | events.extra


def _packed(lengths: Ints, values: Ints) -> bytes:
    """Bits one after another, filled up with ones to whole bytes. Each value lies in one or two words of 32 bits."""
    starts = np.cumsum(lengths) - lengths
    total = int(starts[-1] + lengths[-1])
    words = np.zeros(total // 32 + 2, np.uint64)
    for part in (slice(start, start + PART) for start in range(0, len(lengths), PART)):
        first = int(starts[part.start]) >> 5
        word, inside = (starts[part] >> 5) - first, starts[part] & 31
        shifted = values[part].astype(np.uint64) << (64 - inside - lengths[part]).astype(np.uint64)
        count = int(word[-1]) + 2
        sums = np.bincount(word, shifted >> np.uint64(32), count)
        sums += np.bincount(word + 1, shifted & np.uint64(0xFFFFFFFF), count)
        words[first : first + count] += sums.astype(np.uint64)
    packed = words.astype(">u4").tobytes()[: -(-total // 8)]
    return packed[:-1] + bytes([packed[-1] | (1 << -total % 8) - 1])
