"""Files put together section by section, right or wrong, with checksums that fit."""

from __future__ import annotations

from zlib import crc32

from l3c.container.constants import DATA, HEAD, MODELS, RGB, SIGNATURE, STORED, TILES, VERSION
from l3c.container.cursor import varint
from l3c.container.structure import Contents, ImageHeader, TileEntry
from l3c.container.tiling import boxes
from l3c.container.write import head, models, section, tiles
from tests.checks import noise

SIDE = 16
HEADER = ImageHeader(RGB, 20, 33)
PIXELS = noise(HEADER.height, HEADER.width, HEADER.channels)


def stored_contents(metadata: dict[bytes, bytes] | None = None) -> Contents:
    """PIXELS in six stored tiles: a file that needs no model."""
    parts = [PIXELS[b.top : b.bottom, b.left : b.right].tobytes() for b in boxes(HEADER.height, HEADER.width, SIDE)]
    entries = [TileEntry(STORED, len(part), crc32(part)) for part in parts]
    return Contents(HEADER, [], SIDE, entries, b"".join(parts), metadata or {})


def stored_sections() -> dict[bytes, bytes]:
    """The four critical sections of that file, tag to content, in their order."""
    contents = stored_contents()
    return {
        HEAD: head(contents.header),
        MODELS: models([]),
        TILES: tiles(SIDE, contents.tiles),
        DATA: bytes(contents.data[:]),
    }


def assemble(sections: list[tuple[bytes, bytes]], version: int = VERSION) -> bytes:
    """A file of these sections, each with its true length and checksum."""
    return b"".join([SIGNATURE, bytes([version]), *(section(tag, content) for tag, content in sections)])


def with_section(tag: bytes, content: bytes) -> bytes:
    """The stored file with one section's content replaced, or a new section before the tile table."""
    sections = stored_sections()
    if tag in sections:
        return assemble(list({**sections, tag: content}.items()))
    items = list(sections.items())
    return assemble([*items[:2], (tag, content), *items[2:]])


def head_of(width: int, height: int, *, layout: int = RGB, end: bytes = b"\x07") -> bytes:
    """Content of a HEAD section; end: the type of samples, and what follows it."""
    return bytes([layout]) + varint(width) + varint(height) + end
