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


def with_chunks(png: bytes, chunks: list[Chunk], suggested: bytes = b"") -> bytes:
    """A PNG file with more chunks: behind IHDR, or before its data where they must follow the palette.

    suggested: a palette for a picture of colours, none where empty.

    Raises FormatError for chunks that are pixels, which no metadata may be.
    """
    for kind, _ in chunks:
        if not is_ancillary(kind) or kind in PIXELS - {b"tRNS"}:
            raise FormatError(f"png chunks: {kind!r} is no metadata")
    early = b"".join(_bytes(c) for c in chunks if c[0] not in AFTER_PALETTE)
    late = b"".join(_bytes(c) for c in chunks if c[0] in AFTER_PALETTE)
    head = len(SIGNATURE) + 25
    data = head
    while png[data + 4 : data + 8] not in (b"IDAT", b"fcTL", b"acTL"):
        data += 12 + int.from_bytes(png[data : data + 4], "big")
    palette = _bytes((b"PLTE", suggested)) if suggested else b""
    if not (early or palette or late):
        return png
    whole = memoryview(png)
    return b"".join([whole[:head], early, palette, whole[head:data], late, whole[data:]])


def _bytes(chunk: Chunk) -> bytes:
    kind, content = chunk
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
