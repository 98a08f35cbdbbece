"""From contents to the bytes of a file."""

from __future__ import annotations

from collections.abc import Sequence
from zlib import crc32

from l3c.container.constants import (
    ADAPTATIONS,
    ANCILLARY,
    COLOURS,
    DATA,
    FILE,
    HEAD,
    HISTORY,
    KIND_SHIFT,
    MODELS,
    PAGES,
    SIGNATURE,
    SOLE,
    TILES,
    VERSION,
)
from l3c.container.cursor import varint
from l3c.container.history import write_history
from l3c.container.kept_file import write_file_section
from l3c.container.pages import PageEntry, write_index
from l3c.container.palette import write_palette
from l3c.container.ranges import Part, Parts
from l3c.container.reference import write_reference
from l3c.container.sole import COMPACT_MAX, is_sole, sole_side, write_compact, write_sole
from l3c.container.structure import Adaptation, Contents, ImageHeader, ModelReference, TileEntry


def write_file(contents: Contents) -> bytes:
    """The whole file. The same contents give the same bytes."""
    return bytes(write_parts(contents))


def write_parts(contents: Contents, payloads: Sequence[Part] | None = None) -> Parts:
    """As `write_file`, not copied together.

    payloads: of the tiles, in the place of `contents.data`.
    """
    data = [contents.data[:]] if payloads is None else payloads
    size = sum(map(len, data))
    plain = not (contents.metadata or contents.pages) and contents.has_picture and contents.kept is None
    if plain and size <= COMPACT_MAX and _is_sole(contents, size):
        return Parts([write_compact(_sole(contents, data))])
    return Parts([SIGNATURE, bytes([VERSION]), *_sections(contents, payloads)])


def _sole(contents: Contents, data: Sequence[Part]) -> bytes:
    """The content of section SOLE. data: the payloads."""
    palette = write_palette(contents.palette) if contents.palette else None
    history = write_history(contents.header.history) if contents.header.history else None
    joined = b"".join(part[:] for part in data)
    model = contents.models[0] if contents.models else None
    return write_sole(head(contents.header), palette, history, contents.tiles, joined, model)


def _sections(contents: Contents, payloads: Sequence[Part] | None = None) -> list[Part]:
    """Their parts, of which the large ones are copied only when all are joined."""
    ancillary = [section(tag, contents.metadata[tag]) for tag in ANCILLARY if tag in contents.metadata]
    if contents.pages:
        return _pages(contents, ancillary)
    sections: list[bytes] = [section(HEAD, head(contents.header))] if contents.has_picture else []
    if contents.kept is not None:
        return [*sections, *ancillary, *section_parts(FILE, write_file_section(contents.kept))]
    palette = write_palette(contents.palette) if contents.palette else None
    history = write_history(contents.header.history) if contents.header.history else None
    data = [contents.data[:]] if payloads is None else payloads
    if _is_sole(contents, sum(map(len, data))):
        return [*ancillary, section(SOLE, _sole(contents, data))]
    sections += [section(COLOURS, palette)] if palette is not None else []
    sections += [section(HISTORY, history)] if history is not None else []
    sections += [section(MODELS, models(contents.models))]
    sections += [section(ADAPTATIONS, adaptations(contents.adaptations))] if contents.adaptations else []
    sections += ancillary
    entries = section(TILES, tiles(contents.tile_side, contents.tiles))
    return [*sections, entries, *section_parts(DATA, *data)]


def _is_sole(contents: Contents, size: int) -> bool:
    """Whether one section holds the image, without adaptations, in the tiles that readers of that section expect.

    size: of all payloads, bytes.
    """
    if contents.adaptations or not is_sole(contents.header, contents.tiles, size, len(contents.models)):
        return False
    return contents.tile_side == sole_side(contents.header)


def _pages(contents: Contents, ancillary: list[bytes]) -> list[Part]:
    pages = [bytes(Parts(_sections(page.contents))) for page in contents.pages]
    entries = [PageEntry(len(data), p.kind, p.frame) for data, p in zip(pages, contents.pages, strict=True)]
    return [section(PAGES, write_index(entries, contents.animation)), *ancillary, section(DATA, b"".join(pages))]


def section(tag: bytes, content: bytes | memoryview) -> bytes:
    """Tag, length, content, CRC-32 of tag and content."""
    return bytes(Parts(section_parts(tag, content)))


def section_parts(tag: bytes, *contents: Part) -> list[Part]:
    """As `section`, of content in parts, not joined."""
    check = crc32(tag)
    for content in contents:
        check = crc32(content[:], check)
    return [tag, varint(sum(map(len, contents))), *contents, check.to_bytes(4, "little")]


def head(header: ImageHeader) -> bytes:
    sizes = varint(header.width) + varint(header.height)
    line = bytes([header.layout]) + sizes + bytes([header.kind << KIND_SHIFT | header.depth - 1])
    more = bytes(header.extra)
    return line + varint(header.maximum) + more if header.maximum or more else line


def models(references: list[ModelReference]) -> bytes:
    return varint(len(references)) + b"".join(map(write_reference, references))


def adaptations(values: list[Adaptation]) -> bytes:
    rows = [varint(t.model) + varint(len(t.data)) + t.data for t in values]
    return b"".join([varint(len(values)), *rows])


def tiles(side: int, entries: list[TileEntry]) -> bytes:
    return b"".join([varint(side), *map(_entry, entries)])


def _entry(tile: TileEntry) -> bytes:
    if tile.crc is None:
        raise ValueError("a tile without a check belongs to a small image")
    return varint(tile.coder) + varint(tile.length) + tile.crc.to_bytes(4, "little")
