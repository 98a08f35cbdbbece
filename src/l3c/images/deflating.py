"""Rows of samples to a deflate stream: in pieces that threads compress at once, each in the way that suits it.

Filtered rows of photographs have hardly any repeats: Huffman codes and runs alone take fewer bytes than a search for
matches, and an eighth of its time. Drawings need the search. A sample of each piece tells.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence

PIECE = 1 << 21
"""Bytes that are compressed at once: no match reaches back over its beginning, which costs 0.1 % or less; what filters
take beside it stays below 64 MB a thread."""

SAMPLE = 1 << 15
"""Bytes of each of SAMPLES pieces that are compressed both ways; as much as deflate's window."""

SAMPLES = 3
"""At the start, the middle and the end, since pictures are often blank at one of these."""

ADLER = 65521
"""The modulus of Adler-32, the largest prime below 2^16 (RFC 1950)."""

HEADER = b"\x78\x9c"
"""Of a zlib stream: deflate with a window of 32 KiB, the usual level."""

MEMORY = 9
"""Of zlib's memory levels the highest: 256 KiB more, for slightly fewer blocks."""


def strategy_of(data: bytes, level: int) -> int:
    """Z_RLE where that takes fewer bytes of a sample than a search for matches, else the usual one."""
    starts = [(len(data) - SAMPLE) * i // (SAMPLES - 1) for i in range(SAMPLES)]
    sample = data if len(data) <= SAMPLE * SAMPLES else b"".join(data[start : start + SAMPLE] for start in starts)
    ways = (zlib.Z_RLE, zlib.Z_DEFAULT_STRATEGY)  # of two equal ones the faster
    return min(ways, key=lambda way: len(raw_deflate(sample, level, way)))


def raw_deflate(data: bytes, level: int, strategy: int, last: bool = True) -> bytes:
    """Without zlib's header and checksum. last: no other piece follows in the stream."""
    deflate = zlib.compressobj(level, zlib.DEFLATED, -zlib.MAX_WBITS, MEMORY, strategy)
    return deflate.compress(data) + deflate.flush(zlib.Z_FINISH if last else zlib.Z_FULL_FLUSH)


def zlib_stream(data: bytes, level: int) -> bytes:
    """One piece, as a stream of its own."""
    packed = raw_deflate(data, level, strategy_of(data, level) if level else zlib.Z_DEFAULT_STRATEGY)
    return b"".join([HEADER, packed, zlib.adler32(data).to_bytes(4, "big")])


def joined_adler(first: int, second: int, length: int) -> int:
    """Adler-32 of two parts in a row; length: of the second, bytes."""
    low = ((first & 0xFFFF) + (second & 0xFFFF) - 1) % ADLER
    high = ((first >> 16) + (second >> 16) + length * ((first & 0xFFFF) - 1)) % ADLER
    return high << 16 | low


def parts_of(count: int, size: int) -> Sequence[range]:
    """Rows of pieces. count: of all rows. size: bytes of a row."""
    step = max(1, PIECE // max(1, size))
    return [range(top, min(top + step, count)) for top in range(0, count, step)]
