"""From contents to the bytes of a file."""

from __future__ import annotations

from zlib import crc32

from l3c.container.constants import (
    ANCILLARY,
    COLOURS,
    DATA,
    DIGEST_BYTES,
    HEAD,
    JPEG,
    MODELS,
    PAST,
    PLANES,
    SIGNATURE,
    TILES,
    TUNINGS,
    VERSION,
)
from l3c.container.cursor import varint
from l3c.container.jpeg_file import write_jpeg
from l3c.container.past import write_past
from l3c.container.structure import Contents, ImageHeader, JpegFile, ModelReference, Palette, TileEntry, Tuning


def write_file(contents: Contents) -> bytes:
    """The whole file. The same contents give the same bytes."""
    if contents.jpeg is not None:
        return write_kept(contents.header, contents.jpeg)
    sections = [section(HEAD, head(contents.header))]
    sections += [section(COLOURS, palette(contents.palette))] if contents.palette else []
    sections += [section(PAST, write_past(contents.header.past))] if contents.header.past else []
    sections += [section(MODELS, models(contents.models))]
    sections += [section(TUNINGS, tunings(contents.tunings))] if contents.tunings else []
    sections += [section(tag, contents.metadata[tag]) for tag in ANCILLARY if tag in contents.metadata]
    sections += [section(TILES, tiles(contents.tile_side, contents.tiles)), section(DATA, contents.data)]
    return b"".join([SIGNATURE, bytes([VERSION]), *sections])


def write_kept(header: ImageHeader, file: JpegFile) -> bytes:
    """A file that keeps a JPEG file."""
    return b"".join([SIGNATURE, bytes([VERSION]), section(HEAD, head(header)), section(JPEG, write_jpeg(file))])


def section(tag: bytes, content: bytes | memoryview) -> bytes:
    """Tag, length, content, CRC-32 of tag and content."""
    check = crc32(content, crc32(tag))
    return b"".join([tag, varint(len(content)), content, check.to_bytes(4, "little")])


def head(header: ImageHeader) -> bytes:
    one_page, planes = 1, PLANES[header.layout]
    sizes = varint(header.width) + varint(header.height)
    lines = [sizes + bytes([channels, header.depth]) for channels in planes]
    return bytes([header.layout, one_page, len(planes)]) + b"".join(lines)


def palette(found: Palette) -> bytes:
    return varint(len(found.colours) // 3) + found.colours + varint(len(found.alphas)) + found.alphas


def models(references: list[ModelReference]) -> bytes:
    out = varint(len(references))
    for reference in references:
        name = reference.name.encode()
        out += reference.digest[:DIGEST_BYTES] + varint(len(name)) + name
    return out


def tunings(found: list[Tuning]) -> bytes:
    rows = [varint(t.model) + varint(len(t.data)) + t.data for t in found]
    return b"".join([varint(len(found)), *rows])


def tiles(side: int, entries: list[TileEntry]) -> bytes:
    rows = [varint(e.coder) + varint(e.length) + e.crc.to_bytes(4, "little") for e in entries]
    return b"".join([varint(side), *rows])
