"""Files that are read piece by piece: all that describes the image at once, payloads when a tile is wanted."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple
from zlib import crc32

from l3c.container.constants import DATA, FILE, MAX_LENGTH, PAGES, SIGNATURE, SOLE
from l3c.container.cursor import Cursor, varint
from l3c.container.pages import read_index
from l3c.container.ranges import PIECE, PayloadRanges, Payloads, SizedRanges
from l3c.container.read import (
    LAST,
    Sections,
    add_section,
    check_lengths,
    check_order,
    check_page,
    check_pages,
    check_signature,
    compact_contents,
    contents_of,
    picture_of,
    read_file,
)
from l3c.container.sole import COMPACT_FILE_MAX, is_compact
from l3c.container.structure import Contents, Page
from l3c.errors import ChecksumError, FormatError

FIRST = 1 << 16
"""Bytes that are read at first; most files say all but their pixels in them."""

LONGEST_HEAD = 14
"""Of a section: its tag and a length."""

CHECK_BYTES = 4
"""Of a section's checksum."""


class Lazy(NamedTuple):
    """payloads: of the contents' tiles; pages: those of each page."""

    contents: Contents
    payloads: Payloads
    pages: list[Payloads]


def read_in_pieces(source: SizedRanges) -> Contents:
    """As `read_file`, all checksums tested; the contents' payloads are read when a tile is decoded."""
    contents, payloads, pages = read_lazily(source, whole=True)
    if not contents.pages:
        return replace(contents, data=payloads)
    both = zip(contents.pages, pages, strict=True)
    return replace(contents, pages=[replace(p, contents=replace(p.contents, data=own)) for p, own in both])


def read_lazily(source: SizedRanges, whole: bool = False) -> Lazy:
    """As `read_file`, and the payloads; a file that keeps another is read whole.

    whole: test the checksum of section DATA too, which takes all of it, piece by piece: the tiles have their own.
    """
    first = source.read(0, FIRST)
    if is_compact(first):
        contents = compact_contents(memoryview(_read(source, first, 0, min(source.size, COMPACT_FILE_MAX + 1))))
        return Lazy(contents, contents.data, [])
    check_signature(Cursor(memoryview(first)), first[:256])
    start = len(SIGNATURE) + 1
    front = _front(source, first, start, source.size)
    if whole and front.last == DATA:
        _check_data(source, front.payloads)
    if front.last == FILE:
        contents = read_file(source.read(0, source.size))
        return Lazy(contents, contents.data, [])
    if PAGES in front.sections.critical:
        return _pages(source, first, front)
    contents, payloads = _picture(front)
    return Lazy(contents, payloads, [])


def _check_data(source: SizedRanges, payloads: PayloadRanges) -> None:
    """Raise ChecksumError where section DATA has another checksum than it should have."""
    start, stop, check = payloads.start, payloads.start + len(payloads), crc32(DATA)
    for at in range(start, stop, PIECE):
        check = crc32(source.read(at, min(at + PIECE, stop)), check)
    if source.read(stop, stop + CHECK_BYTES) != check.to_bytes(CHECK_BYTES, "little"):
        place = start - len(varint(len(payloads))) - len(DATA)
        raise ChecksumError(f"byte {place}: section {DATA.decode()} is damaged: its CRC-32 differs")


def _pages(source: SizedRanges, first: bytes, front: _Front) -> Lazy:
    entries, animation = read_index(front.sections.critical[PAGES])
    check_pages(entries, len(front.payloads))
    start, pages, payloads = front.payloads.start, list[Page](), list[Payloads]()
    for entry in entries:
        inner = _front(source, first, start, start + entry.length)
        check_page(inner.sections, start)
        contents, own = _picture(inner)
        pages.append(Page(contents, entry.kind, entry.frame, entry.length))
        payloads.append(own)
        start += entry.length
    return Lazy(Contents.of_pages(pages, animation, front.sections.ancillary), b"", payloads)


def _picture(front: _Front) -> tuple[Contents, Payloads]:
    """What describes the picture, and its payloads, which are read already where they are in section SOLE."""
    if front.last == SOLE:
        contents = picture_of(front.sections)
        return contents, contents.data
    contents = contents_of(front.sections, b"")
    check_lengths(contents.header, contents.tile_side, contents.tiles, len(front.payloads))
    return contents, front.payloads


class _Front(NamedTuple):
    """All sections but the last, unless that is SOLE; the last one's tag, and its content."""

    sections: Sections
    last: bytes
    payloads: PayloadRanges


def _front(source: SizedRanges, first: bytes, start: int, stop: int) -> _Front:
    """Of the sections in bytes start .. stop - 1 of a file, whose first bytes are given."""
    place, sections = start, Sections({}, {})
    while True:
        begin = Cursor(memoryview(_read(source, first, place, min(place + LONGEST_HEAD, stop))), place)
        tag = bytes(begin.take(4, "a section's tag"))
        length = begin.varint(MAX_LENGTH, "a section's length")
        end = begin.offset + length + CHECK_BYTES
        if end > stop:
            raise FormatError(f"byte {place}: a section ends at byte {end}, the file at {stop}")
        if tag in LAST:
            if end != stop:
                raise FormatError(f"byte {end}: the file has {stop - end} bytes too many")
            if tag == SOLE:
                add_section(Cursor(memoryview(_read(source, first, place, end)), place), sections)
            else:
                check_order(place, tag, sections.critical)
            return _Front(sections, tag, PayloadRanges(source, begin.offset, length))
        add_section(Cursor(memoryview(_read(source, first, place, end)), place), sections)
        place = end


def _read(source: SizedRanges, first: bytes, start: int, stop: int) -> bytes:
    return first[start:stop] if stop <= len(first) else source.read(start, stop)
