"""The chunks of a PNG file, as bytes: what Pillow does not give whole is taken from them and put back into them."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable

from l3c.container.constants import CHUNK_MAX
from l3c.container.cursor import Cursor, varint
from l3c.errors import FormatError

Chunk = tuple[bytes, bytes]
SIGNATURE = b"\x89PNG\r\n\x1a\n"  # the first eight bytes of a PNG file
XMP_KEYWORD = b"XML:com.adobe.xmp\0"  # of the text that holds XMP
AFTER_PALETTE = (b"bKGD", b"hIST", b"tRNS")
"""Chunks that must follow the palette."""

PIXELS = {b"tRNS", b"acTL", b"fcTL", b"fdAT"}
"""Ancillary chunks that are pixels."""


def chunks_of(data: bytes) -> Iterable[Chunk]:
    """Yield (type, content) up to IEND or the end of what is there."""
    at = len(SIGNATURE)
    while at + 8 <= len(data):
        size, kind = struct.unpack_from(">I4s", data, at)
        yield kind, data[at + 8 : at + 8 + size]
        at += size + 12


def is_ancillary(kind: bytes) -> bool:
    """Whether readers may pass over chunks of a type."""
    return len(kind) == 4 and kind.isalpha() and kind.isascii() and kind[:1].islower()


def pack(chunks: list[Chunk]) -> bytes:
    """As bytes: of each, type, varint: length, content."""
    return b"".join(kind + varint(len(content)) + content for kind, content in chunks)


def unpack(data: bytes) -> list[Chunk]:
    """Raises FormatError where lengths do not fit."""
    cursor, chunks = Cursor(memoryview(data)), []
    while cursor.left:
        kind = bytes(cursor.take(4, "a chunk's type"))
        chunks.append((kind, bytes(cursor.take(cursor.varint(CHUNK_MAX, "a chunk's length"), "a chunk"))))
    return chunks


def parted(chunks: list[Chunk]) -> tuple[list[Chunk], list[Chunk]]:
    """Chunks of metadata that stand behind IHDR, and those that must follow the palette, before the data.

    Raises FormatError for chunks that are pixels, which no metadata may be.
    """
    for kind, _ in chunks:
        if not is_ancillary(kind) or kind in PIXELS - {b"tRNS"}:
            raise FormatError(f"png chunks: {kind!r} is no metadata")
    early = [c for c in chunks if c[0] not in AFTER_PALETTE]
    return early, [c for c in chunks if c[0] in AFTER_PALETTE]


def chunk(kind: bytes, content: bytes) -> bytes:
    """As it stands in a file: length, type, content, checksum."""
    check = zlib.crc32(content, zlib.crc32(kind))
    return b"".join([struct.pack(">I", len(content)), kind, content, struct.pack(">I", check)])
