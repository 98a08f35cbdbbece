"""The structure that TIFF files and EXIF blocks share: directories of tags, parsed and written. Bounded and total."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from l3c.errors import InputError
from l3c.images.content import Content, viewed
from l3c.images.description import damaged

SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}
"""Bytes of a value, by type."""

UNITS = {3: 2, 4: 4, 5: 4, 8: 2, 9: 4, 10: 4, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}
"""Bytes that change places with the byte order."""

# types of fields to those of `struct`
FORMATS = {1: "B", 3: "H", 4: "I", 6: "b", 8: "h", 9: "i", 13: "I", 16: "Q", 17: "q", 18: "Q"}
ASCII = 2  # types of fields: text
SHORT = 3  # 16 bits
LONG = 4  # 32 bits
RATIONAL = 5  # two of 32 bits
UNDEFINED = 7  # bytes
IFD = 13  # 32 bits: the place of a directory
LONG8 = 16  # 64 bits, of BigTIFF
IFD8 = 18  # 64 bits: the place of a directory, of BigTIFF
EXIF_TAG = 34665  # tags that hold the place of a directory: EXIF's
GPS_TAG = 34853  # where the picture was taken
INTEROPERABILITY_TAG = 40965  # by which rules the file was made
SUB_DIRECTORIES = 330  # smaller versions of the picture, or other pages
THUMBNAIL = 513  # the place of a JPEG file, JPEGInterchangeFormat
THUMBNAIL_SIZE = 514  # its bytes
POINTERS = {EXIF_TAG, GPS_TAG, INTEROPERABILITY_TAG}
"""Tags whose value is the place of a directory that belongs to the picture's metadata."""

DIRECTORIES_MAX = 65536
"""Pages and sub-directories of a file: more are hardly meant."""


@dataclass(frozen=True)
class Tag:
    """type: of its values. data: as in the file, in its byte order. inner: the directory that it points to."""

    number: int
    type: int
    count: int
    data: bytes
    inner: Directory | None = None


@dataclass
class Directory:
    """order: "<" or ">". offset: its place in the file. below: how many sub-directories with pictures it has.

    repeated: tags whose number was there before, in order; tifffile writes several descriptions so.
    """

    order: str
    offset: int = 0
    tags: dict[int, Tag] = field(default_factory=dict)
    below: int = 0
    repeated: list[Tag] = field(default_factory=list)

    def everything(self) -> list[Tag]:
        """All tags, the repeated ones after the others."""
        return [*self.tags.values(), *self.repeated]

    def numbers(self, tag: int) -> tuple[int, ...]:
        """Values of a tag of integers; none where it is missing."""
        entry = self.tags.get(tag)
        if entry is None:
            return ()
        if entry.type not in FORMATS:
            if entry.type == 7 and entry.count:  # bytes, as some writers have it
                return tuple(entry.data)
            raise damaged(f"its tag {tag} has values of type {entry.type}")
        return struct.unpack(f"{self.order}{entry.count}{FORMATS[entry.type]}", entry.data)

    def number(self, tag: int, default: int) -> int:
        """The first value of a tag."""
        values = self.numbers(tag)
        return values[0] if values else default

    def fraction(self, tag: int) -> tuple[int, int] | None:
        """Numerator and denominator of a tag of one fraction; None where there is none."""
        entry = self.tags.get(tag)
        if entry is None or entry.count != 1 or entry.type != RATIONAL:
            return None
        above, below = struct.unpack(self.order + "II", entry.data)
        return above, below


class Reader:
    """Of a file or a block; the place of a page's directory leads to the next."""

    def __init__(self, data: Content) -> None:
        """Raises InputError where it does not begin like one."""
        self.data = viewed(data)
        self.order = {b"II": "<", b"MM": ">"}.get(bytes(data[:2]), "")
        version = self._unpack("H", 2)[0] if self.order and len(data) >= 8 else 0
        self.big = version == 43
        if version not in (42, 43) or (self.big and len(data) < 16):
            raise damaged("it does not begin as TIFF does")
        self.first = self._unpack("Q" if self.big else "I", 8 if self.big else 4)[0]
        self.end = 16 if self.big else 8
        self._seen: set[int] = set()

    def chain(self, offset: int, below: bool = False) -> Iterator[Directory]:
        """The directories from a place on, each once; below another, some writers let each lead to the next too."""
        while offset and not (below and offset in self._seen):
            directory, offset = self._directory(offset, 0)
            yield directory

    def _directory(self, offset: int, depth: int) -> tuple[Directory, int]:
        if offset in self._seen or len(self._seen) >= DIRECTORIES_MAX:
            raise damaged(f"its directory at byte {offset} is met twice")
        self._seen.add(offset)
        count_format, entry_format, next_format = ("Q", "HHQ8s", "Q") if self.big else ("H", "HHI4s", "I")
        count = self._unpack(count_format, offset)[0]
        at = offset + struct.calcsize(count_format)
        size = struct.calcsize("=" + entry_format)
        if at + count * size + struct.calcsize(next_format) > len(self.data):
            if at + count * size > len(self.data):
                raise damaged(f"its directory at byte {offset} ends after the file")
            following = 0  # some writers leave the last place out
        else:
            following = self._unpack(next_format, at + count * size)[0]
        self.end = max(self.end, min(at + count * size + struct.calcsize(next_format), len(self.data)))
        directory = Directory(self.order, offset)
        for i in range(count):
            number, kind, values, value = self._unpack(entry_format, at + i * size)
            again = number in directory.tags
            if kind not in SIZES or (again and number in POINTERS):
                tag = Tag(number, kind, 0, bytes(value))
            else:
                tag = self._tag(number, kind, values, value, depth)
            if again:
                directory.repeated.append(tag)
            else:
                directory.tags[number] = tag
        return directory, following

    def _tag(self, number: int, kind: int, count: int, value: bytes, depth: int) -> Tag:
        size = SIZES[kind] * count
        if size <= len(value):
            data = bytes(value[:size])
        else:
            place = struct.unpack(self.order + ("Q" if self.big else "I"), value)[0]
            if place + size > len(self.data):
                raise damaged(f"its tag {number} lies at byte {place}, after the file's end")
            data = bytes(self.data[place : place + size])
            self.end = max(self.end, place + size)
        inner = None
        if number in POINTERS and count == 1 and kind in FORMATS and depth < 3:
            place = struct.unpack(self.order + FORMATS[kind], data)[0]
            if place:
                inner = self._directory(place, depth + 1)[0]
        return Tag(number, kind, count, data, inner)

    def _unpack(self, form: str, offset: int) -> tuple[Any, ...]:
        end = offset + struct.calcsize("=" + form)
        if end > len(self.data):
            raise damaged(f"byte {offset} lies after the file's end")
        return struct.unpack(self.order + form, self.data[offset:end])


class Writer:
    """Writes directories into a file. Everything in them is of one byte order; big: with places of 8 bytes.

    file: empty, seekable.
    """

    def __init__(self, file: BinaryIO, order: str, big: bool = False) -> None:
        self._file, self.order, self.big = file, order, big
        mark = b"II" if order == "<" else b"MM"
        head = struct.pack(order + "HHHQ", 43, 8, 0, 0) if big else struct.pack(order + "HI", 42, 0)
        self._size = 0
        self.place(mark + head)
        self.link = 8 if big else 4
        """Where the next page's place is written."""

    def place(self, data: bytes) -> int:
        """Append data at an even place, which is returned."""
        if self._size % 2:
            self._file.write(b"\0")
            self._size += 1
        self._file.write(data)
        self._size += len(data)
        return self._size - len(data)

    def directory(self, tags: list[Tag]) -> int:
        """Append one; returns its place, and leaves its link to the next in `link`."""
        place_format = "Q" if self.big else "I"
        room = struct.calcsize(place_format)
        entries = []
        for tag in sorted(tags, key=lambda tag: tag.number):
            kind, data = tag.type, tag.data
            if tag.inner is not None:
                link = self.link
                at = self.directory(tag.inner.everything())
                self.link = link
                kind, data = (
                    (IFD8, struct.pack(self.order + "Q", at)) if self.big else (LONG, struct.pack(self.order + "I", at))
                )
            if len(data) <= room:
                value = data.ljust(room, b"\0")
            else:
                value = struct.pack(self.order + place_format, self.place(data))
            entries.append(struct.pack(self.order + "HH" + place_format, tag.number, kind, tag.count) + value)
        head = struct.pack(self.order + ("Q" if self.big else "H"), len(entries))
        at = self.place(head + b"".join(entries) + bytes(room))
        self.link = self._size - room
        return at

    def page(self, tags: list[Tag]) -> None:
        """Append a directory that the last page, or the head, leads to."""
        before = self.link
        at = self.directory(tags)
        self._file.seek(before)
        self._file.write(struct.pack(self.order + ("Q" if self.big else "I"), at))
        self._file.seek(self._size)


def tag_of(order: str, number: int, kind: int, values: list[int]) -> Tag:
    """Of integers."""
    return Tag(number, kind, len(values), struct.pack(f"{order}{len(values)}{FORMATS[kind]}", *values))


def swapped(tag: Tag, before: str, after: str) -> Tag:
    """In another byte order."""
    if before == after:
        return tag
    unit = UNITS.get(tag.type, 1)
    data = tag.data
    if unit > 1:
        data = b"".join(data[i : i + unit][::-1] for i in range(0, len(data), unit))
    inner = tag.inner
    if inner is not None:
        tags = {n: swapped(t, before, after) for n, t in inner.tags.items()}
        inner = Directory(after, 0, tags, repeated=[swapped(t, before, after) for t in inner.repeated])
    return Tag(tag.number, tag.type, tag.count, data, inner)


def block_of(directory: Directory, left_out: frozenset[int]) -> bytes | None:
    """An EXIF block of a directory's tags, except some; None where no tag is left."""
    tags = [_classic(tag, directory.order) for tag in directory.everything() if tag.number not in left_out]
    if not tags:
        return None
    file = io.BytesIO()
    Writer(file, directory.order).page(tags)
    return file.getvalue()


def canonical(block: bytes) -> bytes:
    """The same for EXIF blocks that say the same, however they are laid out; others as they are."""
    try:
        reader = Reader(block)
        parts = []
        for directory in reader.chain(reader.first):
            parts.append(block_of(directory, frozenset()) or b"")
            start, size = directory.number(THUMBNAIL, 0), directory.number(THUMBNAIL_SIZE, 0)
            parts.append(block[start : start + size])
    except (InputError, struct.error):
        return block
    return b"".join(parts)


def _classic(tag: Tag, order: str) -> Tag:
    """With values of 4 bytes in place of 8, where they have room."""
    if tag.inner is not None:
        tags = {n: _classic(t, order) for n, t in tag.inner.tags.items()}
        repeated = [_classic(t, order) for t in tag.inner.repeated]
        return Tag(tag.number, LONG, 1, tag.data[:4], Directory(order, 0, tags, repeated=repeated))
    if tag.type in (LONG8, IFD8):
        values = struct.unpack(f"{order}{tag.count}Q", tag.data)
        if max(values, default=0) < 2**32:
            return tag_of(order, tag.number, LONG, list(values))
    return tag
