"""Deflate streams inside files, read within a bound and to their very end."""

from __future__ import annotations

import zlib

from l3c.errors import FormatError

ZLIB = 15
"""A window of 2^15 bytes, with zlib's header and checksum (RFC 1950)."""

RAW = -ZLIB
"""zlib's sign for the stream alone (RFC 1951), where something else is its checksum."""


def inflate(data: bytes | memoryview, limit: int, what: str, window: int = ZLIB) -> bytes:
    """At most `limit` bytes. window: ZLIB or RAW. what: names the stream in messages.

    Raises FormatError where the stream is damaged, gives more, does not end, or is followed by anything: a file that
    is read by one program and refused by another is worth less than one that both refuse.
    """
    unpacker = zlib.decompressobj(window)
    try:
        raw = unpacker.decompress(data, limit + 1)
    except zlib.error as error:
        raise FormatError(f"{what} is damaged: {error}") from error
    if len(raw) > limit:
        raise FormatError(f"{what} gives more than {limit} bytes")
    if not unpacker.eof or unpacker.unused_data:
        raise FormatError(f"{what} does not end where it should")
    return raw
