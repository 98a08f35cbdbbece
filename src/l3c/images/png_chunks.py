"""The chunks of a PNG file, as bytes: what Pillow does not give whole is taken from them and put back into them."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable

from l3c.container.cursor import Cursor, varint

Chunk = tuple[bytes, bytes]
SIGNATURE = b"\x89PNG\r\n\x1a\n"
COLOUR_TYPE_AT, DEPTH_AT = 25, 24
XMP_KEYWORD = b"XML:com.adobe.xmp\0"
BEFORE_DATA = (b"bKGD", b"hIST")
"""Chunks that must follow the palette."""

PIXELS = {b"tRNS", b"acTL", b"fcTL", b"fdAT"}
ELSEWHERE = {b"iCCP", b"eXIf", b"pHYs"}
"""Ancillary chunks that are pixels, and those that have a section of their own."""

MAX_CHUNK = 2**31 - 1


def chunks_of(data: bytes) -> Iterable[Chunk]:
    """Yield (type, content) up to IEND or the end of what is there."""
    at = len(SIGNATURE)
    while at + 8 <= len(data):
        size, kind = struct.unpack_from(">I4s", data, at)
        yield kind, data[at + 8 : at + 8 + size]
        at += size + 12


def kept_chunks(data: bytes) -> list[Chunk]:
    """The ancillary chunks that are neither pixels nor kept in sections of their own."""
    return [c for c in chunks_of(data) if c[0][:1].islower() and c[0] not in PIXELS | ELSEWHERE and not _is_xmp(c)]


def _is_xmp(chunk: Chunk) -> bool:
    return chunk[0] == b"iTXt" and chunk[1].startswith(XMP_KEYWORD)


def pack(chunks: list[Chunk]) -> bytes:
    """As bytes: of each, type, varint: length, content."""
    return b"".join(kind + varint(len(content)) + content for kind, content in chunks)


def unpack(data: bytes) -> list[Chunk]:
    """Raises FormatError where lengths do not fit."""
    cursor, chunks = Cursor(memoryview(data)), []
    while cursor.left:
        kind = bytes(cursor.take(4, "a chunk's type"))
        chunks.append((kind, bytes(cursor.take(cursor.varint(MAX_CHUNK, "a chunk's length"), "a chunk"))))
    return chunks


def with_chunks(png: bytes, chunks: list[Chunk]) -> bytes:
    """A PNG file with more chunks: behind IHDR, or before IDAT where they must follow the palette."""
    early = b"".join(_bytes(c) for c in chunks if c[0] not in BEFORE_DATA)
    late = b"".join(_bytes(c) for c in chunks if c[0] in BEFORE_DATA)
    head = len(SIGNATURE) + 25
    data = png.index(b"IDAT", head) - 4
    return png[:head] + early + png[head:data] + late + png[data:]


def _bytes(chunk: Chunk) -> bytes:
    kind, content = chunk
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
