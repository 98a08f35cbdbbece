"""From the bytes of a file to its contents, every length checked before it is believed."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from os import PathLike
from typing import NamedTuple
from zlib import crc32

from l3c.container.constants import (
    ADAPTATIONS,
    ANCILLARY,
    COLOURS,
    COMPACT,
    DATA,
    EXTRA_MAX,
    EXTRA_NAMES,
    FILE,
    FIRST_MODEL,
    FLOAT,
    FLOAT_BITS,
    GRAPHICS,
    HEAD,
    HISTORY,
    KEPT_OF_JPEG,
    KIND_SHIFT,
    MAX_LENGTH,
    MODELS,
    NAMED,
    NARROW_BITS_MAX,
    PAGES,
    PALETTE,
    PLANES,
    PNG,
    SIDE_MAX,
    SIGNATURE,
    SIGNED,
    SIGNED_BITS,
    SOLE,
    STORED,
    SYMBOLS_A_BYTE,
    TILE_SIDE_MAX,
    TILE_SIDE_MIN,
    TILES,
    UNSIGNED,
    VERSION,
)
from l3c.container.cursor import Buffer, Cursor
from l3c.container.deep import deep_components
from l3c.container.history import read_history
from l3c.container.kept_file import read_file_section
from l3c.container.named import check_chunks, unpack_named
from l3c.container.pages import PageEntry, read_index
from l3c.container.palette import read_palette
from l3c.container.reference import read_reference
from l3c.container.sole import is_compact, read_compact, read_sole, sole_side, split_sole
from l3c.container.structure import (
    NOTHING,
    Adaptation,
    Contents,
    ImageHeader,
    ModelReference,
    Page,
    Palette,
    TileEntry,
)
from l3c.container.tiling import tile_count, tiles_of
from l3c.container.unknown import is_original
from l3c.errors import ChecksumError, FormatError, InputError, VersionError

ORIGINAL_SEPARATOR = b"\x46\xe2\x84\x92"  # what the original 2019 program writes between its scales
MAX_MODELS = 255  # (1.7): each is found and loaded, so the number is bounded
MAX_ADAPTATIONS = 255  # (1.7): each makes a model in memory
LEAST_ENTRY = 6  # bytes of a tile in TILE: coder and length take 1 at least, the checksum 4
ORDERS = (
    (HEAD, COLOURS, HISTORY, MODELS, ADAPTATIONS, TILES, DATA),
    (SOLE,),
    (HEAD, FILE),
    (PAGES, DATA),
)
"""Of a picture, of a small one, of a file that is kept, of several pictures."""

# sections of an order that may be absent
OPTIONAL = {
    ORDERS[0]: (COLOURS, HISTORY, ADAPTATIONS),
    ORDERS[1]: (),
    ORDERS[2]: (HEAD,),
    ORDERS[3]: (),
}
LAST = (DATA, SOLE, FILE)
"""Sections that end a file."""

# a critical section with another tag is of a later release
KNOWN = frozenset(tag for order in ORDERS for tag in order)


def read_file(data: Buffer) -> Contents:
    """All of a file. Raises FormatError, VersionError, ChecksumError, naming the offset; InputError for a path."""
    if isinstance(data, str | PathLike):
        raise InputError(f"{data!r}: needs the bytes of an l3c file; l3c.open takes paths")
    cursor = Cursor(memoryview(data).cast("B"))
    start = bytes(data[:256])
    if is_compact(start):
        return compact_contents(cursor.take(cursor.left, "the file"))
    check_signature(cursor, start)
    return _contents(cursor)


def _contents(cursor: Cursor) -> Contents:
    """All that is left."""
    sections = read_sections(cursor)
    critical = sections.critical
    if PAGES in critical:
        entries, animation = read_index(critical[PAGES])
        data = critical[DATA]
        check_pages(entries, data.left)
        pages = [_page(data.part(entry.length, "a page"), entry) for entry in entries]
        return Contents.of_pages(pages, animation, sections.ancillary)
    if FILE in critical:
        return kept_of(sections)
    return picture_of(sections)


def _page(cursor: Cursor, entry: PageEntry) -> Page:
    sections = read_sections(cursor)
    check_page(sections, cursor.offset)
    return Page(picture_of(sections), entry.kind, entry.frame, entry.length)


def picture_of(sections: Sections) -> Contents:
    """The contents of a file of pixels, from all its sections."""
    data = sections.critical.get(DATA)
    contents = contents_of(sections, data.take(data.left, "payloads") if data else b"")
    check_lengths(contents.header, contents.tile_side, contents.tiles, len(contents.data))
    return contents


def check_page(sections: Sections, place: int) -> None:
    """A page is a picture: it has no pages, and keeps no file."""
    if not {HEAD, SOLE} & set(sections.critical) or FILE in sections.critical:
        raise VersionError(f"byte {place}: a page that is no plain picture: unknown to this release")


def check_pages(entries: list[PageEntry], available: int) -> None:
    total = sum(entry.length for entry in entries)
    if total != available:
        raise FormatError(f"the pages take {total} bytes, section DATA has {available}")


def kept_of(sections: Sections) -> Contents:
    """The contents of a file that keeps another, from its sections."""
    critical = sections.critical
    header = read_head(critical[HEAD]) if HEAD in critical else NOTHING
    kept = read_file_section(critical[FILE])
    if kept.coder in KEPT_OF_JPEG and HEAD not in critical:
        raise FormatError("section FILE transcodes a JPEG file of whose picture no section HEAD tells")
    return replace(Contents.of_file(header, kept), metadata=sections.ancillary)


def contents_of(sections: Sections, data: bytes | memoryview) -> Contents:
    """The contents of a file of pixels, from its sections. data: the payloads, whose lengths are not checked, but those
    of section SOLE are taken from it.
    """
    critical = sections.critical
    if SOLE in critical:
        return contents_of_sole(critical[SOLE], sections.ancillary)
    header, palette = _described(critical[HEAD], critical.get(COLOURS), critical.get(HISTORY))
    references = read_models(critical[MODELS])
    adaptations = read_adaptations(critical[ADAPTATIONS], len(references)) if ADAPTATIONS in critical else []
    side, entries = read_tiles(critical[TILES], header, len(references) + len(adaptations))
    return Contents(header, references, side, entries, data, sections.ancillary, palette, adaptations=adaptations)


def contents_of_sole(cursor: Cursor, ancillary: dict[bytes, bytes]) -> Contents:
    """The contents of a small image, from section SOLE; lengths are not checked."""
    described = split_sole(cursor)
    header, palette = _described(described.head, described.palette, described.history)
    models, tiles, data = read_sole(cursor, header, described.by_model)
    return Contents(header, models, sole_side(header), tiles, data, ancillary, palette)


def compact_contents(data: memoryview, mend: bool = False) -> Contents:
    """The contents of a compact file. mend: whether a flipped bit may be put right. Raises FormatError."""
    return sole_contents(Cursor(memoryview(read_compact(data, mend)), len(COMPACT)))


def sole_contents(cursor: Cursor) -> Contents:
    """The contents of a small image, from section SOLE, all lengths checked."""
    contents = contents_of_sole(cursor, {})
    check_lengths(contents.header, contents.tile_side, contents.tiles, len(contents.data))
    return contents


def _described(head: Cursor, colours: Cursor | None, history: Cursor | None) -> tuple[ImageHeader, Palette | None]:
    """The header with its history, and the palette, from the contents of HEAD, PALT and HIST."""
    header = read_head(head)
    palette = read_palette(colours) if colours else None
    if (palette is None) == (header.layout == PALETTE):
        raise FormatError("section PALT belongs to images with a palette, and only to them")
    return (replace(header, history=read_history(history, header)) if history else header), palette


def check_signature(cursor: Cursor, start: bytes) -> None:
    if start[:4] == SIGNATURE[:4] and start[4:5] > b"\x7f":
        raise VersionError(f"byte 4: a compact file of version {start[4] - 128}, this release reads version {VERSION}")
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
    while not set(LAST) & set(sections.critical):
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
    if tag in KNOWN:
        check_order(place, tag, critical)
        critical[tag] = content
    elif tag in ANCILLARY:
        ancillary[tag] = bytes(content.take(content.left, "metadata"))
        if tag == NAMED:
            unpack_named(ancillary[tag])
        if tag == PNG:
            check_chunks(ancillary[tag])
    elif tag[:1].isupper():
        raise VersionError(f"byte {place}: section {tag.decode()} is needed to decode, but unknown to this release")


def check_order(place: int, tag: bytes, before: Collection[bytes]) -> None:
    """One of ORDERS, in which some sections may be left out."""
    expected = [_expected(order, tag, before) for order in ORDERS]
    if tag not in expected:
        others = next(wanted for wanted in expected if wanted)
        assert others is not None
        raise FormatError(f"byte {place}: section {tag.decode()} where {others.decode()} belongs")


def _expected(order: tuple[bytes, ...], tag: bytes, before: Collection[bytes]) -> bytes | None:
    """What may follow in an order: `tag`, if it may; None where the sections before are not of this order."""
    if not set(before) <= set(order):
        return None
    left = order[max((order.index(t) + 1 for t in before), default=0) :]
    return next((t for t in left if t not in OPTIONAL[order] or t == tag), None)


def read_section(cursor: Cursor) -> tuple[bytes, Cursor]:
    place = cursor.offset
    tag = bytes(cursor.take(4, "a section's tag"))
    if not (tag.isalpha() and tag.isascii()):
        raise FormatError(f"byte {place}: a section's tag must be four letters")
    content = cursor.part(cursor.varint(MAX_LENGTH, "a section's length"), f"section {tag.decode()}")
    stored = cursor.integer(4, "a section's checksum")
    if stored != crc32(content.take(content.left, "content"), crc32(tag)):
        raise ChecksumError(f"byte {place}: section {tag.decode()} is damaged: its CRC-32 differs")
    content.rewind()
    return tag, content


def read_head(cursor: Cursor) -> ImageHeader:
    layout = cursor.integer(1, "layout")
    width, height = cursor.varint(SIDE_MAX, "width"), cursor.varint(SIDE_MAX, "height")
    packed = cursor.integer(1, "type of samples")
    kind, depth = packed >> KIND_SHIFT, (packed & (1 << KIND_SHIFT) - 1) + 1
    if not (width and height):
        raise cursor.fail(f"an image of {width} x {height} pixels")
    if layout not in PLANES or not _has_type(layout, kind, depth):
        raise VersionError(
            f"byte {cursor.offset}: layout {layout}, samples of kind {kind} and {depth} bits: unknown to this release"
        )
    maximum, extra = _read_details(cursor, kind, depth) if cursor.left else (0, ())
    return ImageHeader(layout, height, width, depth, kind=kind, maximum=maximum, extra=extra)


def _has_type(layout: int, kind: int, depth: int) -> bool:
    if layout == PALETTE:
        return kind == UNSIGNED and depth <= 8
    if kind == UNSIGNED:
        return depth <= NARROW_BITS_MAX or depth == 64
    return depth in {SIGNED: SIGNED_BITS, FLOAT: FLOAT_BITS}.get(kind, ())


def _read_details(cursor: Cursor, kind: int, depth: int) -> tuple[int, tuple[int, ...]]:
    """The maximum, 0 for that of the depth, and the extra planes; not neither."""
    maximum = cursor.varint((1 << depth) - 1, "maximum")
    if maximum and (kind != UNSIGNED or maximum.bit_length() != depth or maximum == (1 << depth) - 1):
        raise cursor.fail(f"a maximum of {maximum} for samples of {depth} bits")
    extra = tuple(cursor.take(cursor.left, "extra planes"))
    if not (maximum or extra):
        raise cursor.fail("details of a header that has none")
    if len(extra) > EXTRA_MAX or any(number >= len(EXTRA_NAMES) for number in extra):
        raise VersionError(f"byte {cursor.offset}: extra planes {extra}: unknown to this release")
    return maximum, extra


def read_models(cursor: Cursor) -> list[ModelReference]:
    references = [read_reference(cursor) for _ in range(cursor.varint(MAX_MODELS, "number of models"))]
    cursor.finish("section MODL")
    return references


def read_adaptations(cursor: Cursor, models: int) -> list[Adaptation]:
    adaptations = [
        read_adaptation(cursor, models) for _ in range(cursor.varint(MAX_ADAPTATIONS, "number of adaptations"))
    ]
    if not adaptations:
        raise cursor.fail("section ADPT without an adaptation")
    cursor.finish("section ADPT")
    return adaptations


def read_adaptation(cursor: Cursor, models: int) -> Adaptation:
    model = cursor.varint(MAX_MODELS, "an adapted model")
    if model >= models:
        raise cursor.fail(f"an adaptation of model {model}, there are {models}")
    return Adaptation(model, bytes(cursor.take(cursor.varint(MAX_LENGTH, "an adaptation's length"), "an adaptation")))


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
    coder = cursor.varint(FIRST_MODEL + MAX_MODELS + MAX_ADAPTATIONS, "a tile's coder")
    if coder >= FIRST_MODEL and not FIRST_MODEL <= coder < FIRST_MODEL + models:
        raise VersionError(f"byte {cursor.offset}: tile coder {coder} is unknown to this release")
    return TileEntry(coder, cursor.varint(MAX_LENGTH, "a tile's length"), cursor.integer(4, "a tile's checksum"))


def check_lengths(header: ImageHeader, side: int, entries: list[TileEntry], available: int) -> None:
    total = sum(entry.length for entry in entries)
    if total != available:
        raise FormatError(f"the tiles' payloads take {total} bytes, section DATA has {available}")
    components, deep = header.components, deep_components(header)
    for number, (entry, (index, box)) in enumerate(zip(entries, tiles_of(header, side), strict=True)):
        if entry.coder == GRAPHICS and not entry.length:
            _check_along(header, number, index, entries)
        symbols = box.height * box.width * components[index].channels
        if entry.coder >= FIRST_MODEL and not entry.length:
            plane = components[index]
            _check_deep(number, entry, entries[number - tile_count(plane.height, plane.width, side)], index - 1 in deep)
        elif entry.coder >= FIRST_MODEL and symbols > SYMBOLS_A_BYTE * entry.length:
            raise FormatError(f"tile {number}: no model codes {symbols} samples in {entry.length} bytes")
        if entry.coder == STORED and entry.length != symbols:
            raise FormatError(f"tile {number} is stored in {entry.length} bytes, which is not its size")


def _check_along(header: ImageHeader, number: int, component: int, entries: list[TileEntry]) -> None:
    """An alpha tile without a payload is in the payload of the colours' tile at the same place."""
    colours = entries[number - len(entries) // 2]
    if not (header.alpha_goes_along and component == 1 and colours.coder == GRAPHICS and colours.length):
        raise FormatError(f"tile {number} has no graphics payload, nor has the tile of the colours before it")


def _check_deep(number: int, entry: TileEntry, upper: TileEntry, is_lower: bool) -> None:
    """A model's tile without a payload holds the lower bits of the samples of the tile before it at the same place."""
    if not (is_lower and upper.coder == entry.coder and upper.length):
        raise FormatError(f"tile {number} has no payload, nor has its model one of the upper bits of its samples")
