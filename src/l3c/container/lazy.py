"""Files that are read piece by piece: all that describes the image at once, payloads when a tile is wanted."""

from __future__ import annotations

from typing import Protocol

from l3c.container.constants import DATA, JPEG, MAX_LENGTH, SIGNATURE
from l3c.container.cursor import Cursor
from l3c.container.read import (
    Sections,
    add_section,
    check_lengths,
    check_order,
    check_signature,
    contents_of,
    read_file,
)
from l3c.container.structure import Contents
from l3c.errors import FormatError

FIRST = 1 << 16
"""Bytes that are read at first; most files say all but their pixels in them."""

LONGEST_HEAD = 14
"""Of a section: its tag and a length."""


class Ranges(Protocol):
    """Bytes somewhere. size: how many."""

    size: int

    def read(self, start: int, stop: int) -> bytes:
        """Bytes start .. stop - 1, fewer where they end."""
        ...


class PayloadRanges:
    """The content of section DATA: a slice is read when it is taken."""

    def __init__(self, source: Ranges, start: int, length: int) -> None:
        self._source, self._start, self._length = source, start, length

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, part: slice) -> bytes:
        start, stop, _ = part.indices(self._length)
        return self._source.read(self._start + start, self._start + stop)


Payloads = bytes | memoryview | PayloadRanges
"""The content of section DATA, read or not."""


def read_lazily(source: Ranges) -> tuple[Contents, Payloads]:
    """As `read_file`, and the payloads; a file that keeps a JPEG file is read whole.

    The check sum of section DATA is not tested, since that takes all of it: the tiles have their own.
    """
    first = source.read(0, FIRST)
    check_signature(Cursor(memoryview(first)), first[:256])
    place, tag, payloads = _front(source, first)
    if tag == JPEG:
        contents = read_file(source.read(0, source.size))
        return contents, contents.data
    front = first[:place] if place <= len(first) else source.read(0, place)
    sections = _sections(front)
    check_order(place, DATA, sections.critical)
    contents = contents_of(sections, b"")
    check_lengths(contents.header, contents.tile_side, contents.tiles, len(payloads))
    return contents, payloads


def _front(source: Ranges, first: bytes) -> tuple[int, bytes, PayloadRanges]:
    """Where the last section begins, its tag, and its content."""
    place = len(SIGNATURE) + 1
    while True:
        stop = place + LONGEST_HEAD
        head = Cursor(memoryview(first[place:stop] if stop <= len(first) else source.read(place, stop)), place)
        tag = bytes(head.take(4, "a section's tag"))
        length = head.varint(MAX_LENGTH, "a section's length")
        end = head.offset + length + 4
        if end > source.size:
            raise FormatError(f"byte {place}: a section ends at byte {end}, the file at {source.size}")
        if tag in (DATA, JPEG):
            if end != source.size:
                raise FormatError(f"byte {end}: the file has {source.size - end} bytes too many")
            return place, tag, PayloadRanges(source, head.offset, length)
        place = end


def _sections(front: bytes) -> Sections:
    cursor, sections = Cursor(memoryview(front)), Sections({}, {})
    cursor.take(len(SIGNATURE) + 1, "signature")
    while cursor.left:
        add_section(cursor, sections)
    return sections
