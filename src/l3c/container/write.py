"""From contents to the bytes of a file."""

from __future__ import annotations

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
from l3c.container.reference import write_reference
from l3c.container.sole import is_sole, sole_side, write_sole
from l3c.container.structure import Adaptation, Contents, ImageHeader, ModelReference, TileEntry


def write_file(contents: Contents) -> bytes:
    """The whole file. The same contents give the same bytes."""
    return b"".join([SIGNATURE, bytes([VERSION]), *_sections(contents)])


def _sections(contents: Contents) -> list[bytes]:
    ancillary = [section(tag, contents.metadata[tag]) for tag in ANCILLARY if tag in contents.metadata]
    if contents.pages:
        return _pages(contents, ancillary)
    sections = [section(HEAD, head(contents.header))] if contents.has_picture else []
    if contents.kept is not None:
        return [*sections, *ancillary, section(FILE, write_file_section(contents.kept))]
    palette = write_palette(contents.palette) if contents.palette else None
    history = write_history(contents.header.history) if contents.header.history else None
    if _is_sole(contents):
        one = write_sole(head(contents.header), palette, contents.tiles, contents.data)
        return [*ancillary, section(SOLE, one)]
    sections += [section(COLOURS, palette)] if palette is not None else []
    sections += [section(HISTORY, history)] if history is not None else []
    sections += [section(MODELS, models(contents.models))]
    sections += [section(ADAPTATIONS, adaptations(contents.adaptations))] if contents.adaptations else []
    sections += ancillary
    sections += [section(TILES, tiles(contents.tile_side, contents.tiles)), section(DATA, contents.data)]
    return sections


def _is_sole(contents: Contents) -> bool:
    """Whether one section holds the image, which lists no model, in the tiles that readers of that section expect."""
    if contents.models or not is_sole(contents.header, contents.tiles, len(contents.data)):
        return False
    return contents.tile_side == sole_side(contents.header)


def _pages(contents: Contents, ancillary: list[bytes]) -> list[bytes]:
    pages = [b"".join(_sections(page.contents)) for page in contents.pages]
    entries = [PageEntry(len(data), p.kind, p.frame) for data, p in zip(pages, contents.pages, strict=True)]
    return [section(PAGES, write_index(entries, contents.animation)), *ancillary, section(DATA, b"".join(pages))]


def section(tag: bytes, content: bytes | memoryview) -> bytes:
    """Tag, length, content, CRC-32 of tag and content."""
    check = crc32(content, crc32(tag))
    return b"".join([tag, varint(len(content)), content, check.to_bytes(4, "little")])


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
    rows = [varint(e.coder) + varint(e.length) + e.crc.to_bytes(4, "little") for e in entries]
    return b"".join([varint(side), *rows])
