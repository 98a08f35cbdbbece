"""From the bytes of a file to its contents, every length checked before it is believed."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple
from zlib import crc32

from l3c.container.constants import (
    ALPHA_LAYOUTS,
    ANCILLARY,
    COLOURS,
    COLOURS_MAX,
    DATA,
    DEPTH_MAX,
    DIGEST_BYTES,
    FIRST_MODEL,
    HEAD,
    JPEG,
    MAX_LENGTH,
    MODELS,
    PALETTE,
    PAST,
    PLANES,
    SIDE_MAX,
    SIGNATURE,
    STORED,
    TILE_SIDE_MAX,
    TILE_SIDE_MIN,
    TILES,
    TUNINGS,
    VERSION,
    WEBP,
)
from l3c.container.cursor import Buffer, Cursor
from l3c.container.jpeg_file import read_jpeg
from l3c.container.past import read_past
from l3c.container.structure import Contents, ImageHeader, ModelReference, Palette, TileEntry, Tuning
from l3c.container.tiling import tile_count, tiles_of
from l3c.container.unknown import is_original
from l3c.errors import ChecksumError, FormatError, VersionError

ORIGINAL_SEPARATOR = b"\x46\xe2\x84\x92"
MAX_MODELS = MAX_TUNINGS = 255
MAX_NAME = 255
LEAST_ENTRY = 6
ORDER = (HEAD, COLOURS, PAST, MODELS, TUNINGS, TILES, DATA)
OPTIONAL = (COLOURS, PAST, TUNINGS)


def read_file(data: Buffer) -> Contents:
    """All of a file. Raises FormatError, VersionError or ChecksumError, each naming the offset."""
    cursor = Cursor(memoryview(data).cast("B"))
    check_signature(cursor, bytes(data[:256]))
    sections = read_sections(cursor)
    critical = sections.critical
    if JPEG in critical:
        jpeg = Contents.of_jpeg(read_head(critical[HEAD]), read_jpeg(critical[JPEG]))
        return replace(jpeg, metadata=sections.ancillary)
    contents = contents_of(sections, critical[DATA].take(critical[DATA].left, "payloads"))
    check_lengths(contents.header, contents.tile_side, contents.tiles, len(contents.data))
    return contents


def contents_of(sections: Sections, data: bytes | memoryview) -> Contents:
    """What the sections say of pixels. data: the payloads, whose lengths are not checked."""
    critical = sections.critical
    header = read_head(critical[HEAD])
    palette = read_palette(critical[COLOURS]) if COLOURS in critical else None
    if (palette is None) == (header.layout == PALETTE):
        raise FormatError("section PALT belongs to images with a palette, and only to them")
    if PAST in critical:
        header = replace(header, past=read_past(critical[PAST], header))
    references = read_models(critical[MODELS])
    tunings = read_tunings(critical[TUNINGS], len(references)) if TUNINGS in critical else []
    side, entries = read_tiles(critical[TILES], header, len(references) + len(tunings))
    return Contents(header, references, side, entries, data, sections.ancillary, palette, tunings=tunings)


def check_signature(cursor: Cursor, start: bytes) -> None:
    if start[: len(SIGNATURE)] != SIGNATURE:
        raise FormatError(f"byte 0: {describe_stranger(start)}")
    cursor.take(len(SIGNATURE), "signature")
    version = cursor.integer(1, "version")
    if version != VERSION:
        raise VersionError(f"byte 8: format version {version}, this release reads version {VERSION}")


def describe_stranger(start: bytes) -> str:
    """Why a file without the signature is none of ours."""
    if not start:
        return "the file is empty"
    if SIGNATURE.startswith(start):
        return "the file ends inside the signature"
    if start.startswith(SIGNATURE[:4]):
        return "an l3c file whose signature was damaged, as by a transfer in text mode"
    if ORIGINAL_SEPARATOR in start or is_original(start):
        return "a file of the original 2019 program, which only the machine that wrote it can decode"
    return "not an l3c file"


class Sections(NamedTuple):
    """critical: what decoding needs. ancillary: the others that this release knows."""

    critical: dict[bytes, Cursor]
    ancillary: dict[bytes, bytes]


def read_sections(cursor: Cursor) -> Sections:
    sections = Sections({}, {})
    while DATA not in sections.critical and JPEG not in sections.critical:
        add_section(cursor, sections)
    cursor.finish("the file")
    return sections


def add_section(cursor: Cursor, sections: Sections) -> None:
    """Read the next."""
    place = cursor.offset
    tag, content = read_section(cursor)
    critical, ancillary = sections
    if tag in critical or tag in ancillary:
        raise FormatError(f"byte {place}: a second section {tag.decode()}")
    if tag in ORDER or tag == JPEG:
        check_order(place, tag, critical)
        critical[tag] = content
    elif tag in ANCILLARY:
        ancillary[tag] = bytes(content.take(content.left, "metadata"))
    elif tag[:1].isupper():
        raise VersionError(f"byte {place}: section {tag.decode()} is needed to decode, but unknown to this release")


def check_order(place: int, tag: bytes, before: dict[bytes, Cursor]) -> None:
    """PALT, PAST and TUNE may be left out; the others follow each other. JPEG follows HEAD, in place of all others."""
    if tag == JPEG and set(before) == {HEAD}:
        return
    left = ORDER[max((ORDER.index(t) + 1 for t in before), default=0) :]
    expected = next(t for t in left if t not in OPTIONAL or t == tag)
    if tag != expected:
        raise FormatError(f"byte {place}: section {tag.decode()} where {expected.decode()} belongs")


def read_section(cursor: Cursor) -> tuple[bytes, Cursor]:
    place = cursor.offset
    tag = bytes(cursor.take(4, "a section's tag"))
    if not (tag.isalpha() and tag.isascii()):
        raise FormatError(f"byte {place}: a section's tag must be four letters")
    content = cursor.part(cursor.varint(MAX_LENGTH, "a section's length"), f"section {tag.decode()}")
    stored = cursor.integer(4, "a section's check sum")
    if stored != crc32(content.take(content.left, "content"), crc32(tag)):
        raise ChecksumError(f"byte {place}: section {tag.decode()} is damaged: its CRC-32 differs")
    content.rewind()
    return tag, content


def read_head(cursor: Cursor) -> ImageHeader:
    layout = cursor.integer(1, "layout")
    pages, planes = cursor.varint(MAX_LENGTH, "pages"), cursor.varint(MAX_LENGTH, "planes")
    if layout not in PLANES or (pages, planes) != (1, len(PLANES[layout])):
        raise VersionError(
            f"byte {cursor.offset}: layout {layout}, {pages} pages, {planes} planes: unknown to this release"
        )
    headers = {read_plane(cursor, layout, channels) for channels in PLANES[layout]}
    if len(headers) > 1:
        raise VersionError(f"byte {cursor.offset}: planes of different sizes or depths: unknown to this release")
    cursor.finish("section HEAD")
    return headers.pop()


def read_plane(cursor: Cursor, layout: int, expected: int) -> ImageHeader:
    width, height = cursor.varint(SIDE_MAX, "width"), cursor.varint(SIDE_MAX, "height")
    channels, depth = cursor.integer(1, "channels"), cursor.integer(1, "depth")
    if not (width and height):
        raise cursor.fail(f"an image of {width} x {height} pixels")
    if channels != expected or not 1 <= depth <= DEPTH_MAX or (layout == PALETTE and depth > 8):
        raise VersionError(f"byte {cursor.offset}: {channels} channels of {depth} bits: unknown to this release")
    return ImageHeader(layout, height, width, depth)


def read_palette(cursor: Cursor) -> Palette:
    count = cursor.varint(COLOURS_MAX, "number of colours")
    colours = bytes(cursor.take(3 * count, "colours"))
    alphas = bytes(cursor.take(cursor.varint(count, "number of alphas"), "alphas"))
    if not count:
        raise cursor.fail("a palette of no colours")
    cursor.finish("section PALT")
    return Palette(colours, alphas)


def read_models(cursor: Cursor) -> list[ModelReference]:
    references = []
    for _ in range(cursor.varint(MAX_MODELS, "number of models")):
        digest = bytes(cursor.take(DIGEST_BYTES, "a model's digest"))
        name = bytes(cursor.take(cursor.varint(MAX_NAME, "a name's length"), "a model's name"))
        try:
            references.append(ModelReference(digest, name.decode()))
        except UnicodeDecodeError:
            raise cursor.fail("a model's name is not UTF-8") from None
    cursor.finish("section MODL")
    return references


def read_tunings(cursor: Cursor, models: int) -> list[Tuning]:
    found = [read_tuning(cursor, models) for _ in range(cursor.varint(MAX_TUNINGS, "number of tunings"))]
    if not found:
        raise cursor.fail("section TUNE without a tuning")
    cursor.finish("section TUNE")
    return found


def read_tuning(cursor: Cursor, models: int) -> Tuning:
    model = cursor.varint(MAX_MODELS, "a tuned model")
    if model >= models:
        raise cursor.fail(f"a tuning of model {model}, there are {models}")
    return Tuning(model, bytes(cursor.take(cursor.varint(MAX_LENGTH, "a tuning's length"), "a tuning")))


def read_tiles(cursor: Cursor, header: ImageHeader, models: int) -> tuple[int, list[TileEntry]]:
    side = cursor.varint(TILE_SIDE_MAX, "tile side")
    if side < TILE_SIDE_MIN:
        raise cursor.fail(f"tile side {side}, at least {TILE_SIDE_MIN}")
    count = sum(tile_count(c.height, c.width, side) for c in header.components)
    if count > cursor.left // LEAST_ENTRY:
        raise cursor.fail(f"{count} tiles cannot be listed in {cursor.left} bytes")
    entries = [read_entry(cursor, models) for _ in range(count)]
    cursor.finish("section TILE")
    return side, entries


def read_entry(cursor: Cursor, models: int) -> TileEntry:
    coder = cursor.varint(FIRST_MODEL + MAX_MODELS + MAX_TUNINGS, "a tile's coder")
    if coder not in (STORED, WEBP) and not FIRST_MODEL <= coder < FIRST_MODEL + models:
        raise VersionError(f"byte {cursor.offset}: tile coder {coder} is unknown to this release")
    return TileEntry(coder, cursor.varint(MAX_LENGTH, "a tile's length"), cursor.integer(4, "a tile's check sum"))


def check_lengths(header: ImageHeader, side: int, entries: list[TileEntry], available: int) -> None:
    total = sum(entry.length for entry in entries)
    if total != available:
        raise FormatError(f"the tiles' payloads take {total} bytes, section DATA has {available}")
    components = header.components
    for number, (entry, (index, box)) in enumerate(zip(entries, tiles_of(header, side), strict=True)):
        if entry.coder == WEBP and not entry.length:
            _check_along(header, number, index, entries)
        if entry.coder == STORED and entry.length != box.height * box.width * components[index].channels:
            raise FormatError(f"tile {number} is stored in {entry.length} bytes, which is not its size")


def _check_along(header: ImageHeader, number: int, component: int, entries: list[TileEntry]) -> None:
    """An alpha tile without a payload is in the WebP of the colours' tile at the same place."""
    colours = entries[number - len(entries) // 2]
    fits = header.layout in ALPHA_LAYOUTS and header.depth <= 8 and component == 1
    if not (fits and colours.coder == WEBP and colours.length):
        raise FormatError(f"tile {number} has no WebP, nor has the tile of the colours before it")
