"""Lists in ancillary sections: metadata of kinds that have no section of their own, and chunks of PNG."""

from __future__ import annotations

from l3c.container.constants import CHUNK_MAX, NAME_MAX, SEEN_CHUNKS
from l3c.container.cursor import Cursor, varint


def pack_named(metadata: dict[str, bytes]) -> bytes:
    """The content of their section, sorted by names, which are ASCII of at most 63 characters."""
    rows = [varint(len(name)) + name.encode() + varint(len(value)) + value for name, value in sorted(metadata.items())]
    return b"".join(rows)


def unpack_named(content: bytes) -> dict[str, bytes]:
    """Names to bytes. Raises FormatError."""
    cursor, metadata = Cursor(memoryview(content)), dict[str, bytes]()
    while cursor.left:
        name = bytes(cursor.take(cursor.varint(NAME_MAX, "a name's length"), "a kind of metadata"))
        if not name or not (name.isascii() and name.decode().isprintable()) or name.decode() in metadata:
            raise cursor.fail("a kind of metadata has no name, a second one, or one that cannot be printed")
        metadata[name.decode()] = bytes(cursor.take(cursor.varint(cursor.left, "a length"), "metadata"))
    return metadata


def check_chunks(content: bytes) -> None:
    """Raises FormatError where section pngc holds what is no metadata of a PNG file."""
    cursor = Cursor(memoryview(content))
    while cursor.left:
        kind = bytes(cursor.take(4, "a chunk's type"))
        if not (kind.isalpha() and kind.isascii() and kind[:1].islower()) or kind in SEEN_CHUNKS:
            raise cursor.fail(f"section pngc holds a chunk {kind!r}, which is no metadata")
        cursor.take(cursor.varint(CHUNK_MAX, "a chunk's length"), "a chunk")
