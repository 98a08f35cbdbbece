"""All of a JPEG file but its coefficients, in few bytes.

Deflated with a dictionary of what headers share: numbers, headers without the Huffman codes that
follow from the coefficients, notes, tails. In place of pictures in headers and tails stand their
own headers and notes.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass, replace

from l3c.container.cursor import Cursor, varint
from l3c.errors import FormatError, LimitError
from l3c.jpeg.file import (
    APPLICATIONS,
    DEFAULT_MAX_MEMORY,
    FILE_COPIES,
    MOST_INNER,
    TAIL,
    Inner,
    JpegFile,
    check_effort,
    memory_needed,
    zeros,
)
from l3c.jpeg.layout import read_layout, segments
from l3c.jpeg.lean import lean_header
from l3c.jpeg.notes import REGULAR
from l3c.jpeg.standard import LENGTHS, dictionary

RAW_DEFLATE = -15
"""The window's size, 32 KB, and no header."""

LEVEL = 9  # zlib's best: headers are small
WHAT = "the header of a JPEG file"  # in messages
MOST_LENGTH = 1 << 40
"""Bytes of a file."""

LEAST_CODE = 1 + LENGTHS
"""Bytes of a Huffman code in a header: its number, and how many symbols have each length."""


@dataclass(frozen=True)
class _Hole:
    """Where a picture is left out: position in header and tail, one behind the other; length of the
    picture's bytes.
    """

    position: int
    length: int


def pack_header(file: JpegFile) -> bytes:
    """All of a file that `parse` gave but the coefficients, its own and those of the files in it (format 9.1)."""
    header, left_out = lean_header(file.header, file.layout, file.coefficients, file.notes, file.length)
    starts = [start for _, start, _ in segments(header, coded=False)]
    holes = [
        _Hole(i.offset + (len(header) if i.segment == TAIL else starts[i.segment]), i.file.length) for i in file.inner
    ]
    parts, at = [varint(file.length), varint(len(holes))], 0
    for hole in holes:
        parts += [varint(hole.position - at), varint(hole.length)]
        at = hole.position + hole.length
    parts += _packed_picture(_without(header, holes), left_out, file.notes)
    for inner in file.inner:
        lean, numbers = lean_header(
            inner.file.header, inner.file.layout, inner.file.coefficients, inner.file.notes, inner.file.length
        )
        parts += _packed_picture(lean, numbers, inner.file.notes)
    parts.append(_without(file.tail, [_Hole(hole.position - len(header), hole.length) for hole in holes]))
    deflate = zlib.compressobj(LEVEL, zlib.DEFLATED, RAW_DEFLATE, zdict=dictionary())
    return deflate.compress(b"".join(parts)) + deflate.flush()


def _without(data: bytes, holes: list[_Hole]) -> bytes:
    """What is not in holes; those that lie outside of the data play no part."""
    out, at = [], 0
    for hole in holes:
        if 0 <= hole.position < len(data):
            out.append(data[at : hole.position])
            at = hole.position + hole.length
    return b"".join([*out, data[at:]])


def _packed_picture(header: bytes, left_out: list[int], notes: list[bytes]) -> list[bytes]:
    parts = [varint(len(left_out))]
    parts += [varint(number - before - 1) for before, number in zip([-1, *left_out], left_out, strict=False)]
    parts += [varint(len(header)), header]
    if all(note == REGULAR for note in notes):
        return [*parts, b"\0"]
    parts.append(b"\1")
    for note in notes:
        parts += [varint(len(note)), note]
    return parts


def unpack_header(data: bytes, max_memory: int = DEFAULT_MAX_MEMORY) -> JpegFile:
    """The file that `pack_header` packed (format 9.1); coefficients are 0, to be filled in. max_memory: bytes.

    Raises FormatError for what it did not pack, LimitError where the file takes more memory.
    """
    cursor = Cursor(memoryview(_inflated(data, max_memory)))
    length = cursor.varint(MOST_LENGTH, WHAT)
    holes = _holes(cursor, length)
    file, outside = _picture(cursor, length, holes, max_memory)
    left, inner = max_memory - memory_needed(file.layout, length), []
    for place, hole in zip(_places(file.header, holes), holes, strict=True):
        inner.append(Inner(*place, _picture(cursor, hole.length, [], left)[0]))
        left -= memory_needed(inner[-1].file.layout, hole.length)
    tail, behind = _with_zeros(bytes(cursor.take(cursor.left, WHAT)), outside, True)
    if behind:
        raise cursor.fail("a picture lies behind the JPEG file's end")
    return replace(file, tail=tail, inner=tuple(inner))


def _inflated(data: bytes, max_memory: int) -> bytes:
    inflate = zlib.decompressobj(RAW_DEFLATE, zdict=dictionary())
    try:
        out = inflate.decompress(data, max(1, max_memory // FILE_COPIES))
    except zlib.error as error:
        raise FormatError(f"{WHAT} is damaged: {error}") from error
    if inflate.unconsumed_tail:
        raise LimitError(f"{WHAT} takes more memory than the limit, {max_memory} bytes")
    if not inflate.eof or inflate.unused_data:
        raise FormatError(f"{WHAT} is damaged: it ends elsewhere")
    return out


def _holes(cursor: Cursor, length: int) -> list[_Hole]:
    holes, at = [], 0
    for _ in range(cursor.varint(MOST_INNER, WHAT)):
        position = at + cursor.varint(length, WHAT)
        holes.append(_Hole(position, cursor.varint(length - at, WHAT)))
        at = position + holes[-1].length
        if at > length:
            raise cursor.fail("a picture lies behind the JPEG file's end")
    return holes


def _picture(cursor: Cursor, length: int, holes: list[_Hole], max_memory: int) -> tuple[JpegFile, list[_Hole]]:
    """A file without its tail, and the holes that lie in the tail."""
    left_out, before = [], -1
    for _ in range(cursor.varint(cursor.left // LEAST_CODE, WHAT)):
        before += 1 + cursor.varint(length, WHAT)
        left_out.append(before)
    header, outside = _with_zeros(bytes(cursor.take(cursor.varint(cursor.left, WHAT), WHAT)), holes, False)
    layout, until = read_layout(header)
    if until != len(header):
        raise cursor.fail("the header of a JPEG file has bytes too many")
    check_effort(layout, length, max_memory)
    notes = [REGULAR] * len(layout.scans)
    if (noted := cursor.integer(1, WHAT)) > 1:
        raise cursor.fail(f"{WHAT} has notes of a kind that is not known: {noted}")
    if noted:
        notes = [bytes(cursor.take(cursor.varint(cursor.left, WHAT), WHAT)) for _ in notes]
    return JpegFile(length, header, layout, zeros(layout), notes, b"", left_out=tuple(left_out)), outside


def _with_zeros(data: bytes, holes: list[_Hole], at_end: bool) -> tuple[bytes, list[_Hole]]:
    """The data with zeros in their holes, and the holes that lie behind them, as they lie in what
    follows.

    at_end: holes may be at the end of the data.
    """
    out: list[bytes] = []
    at = size = 0
    for i, hole in enumerate(holes):
        take = hole.position - size
        if at + take + (not at_end) > len(data):
            whole = b"".join([*out, data[at:]])
            return whole, [_Hole(hole.position - len(whole), hole.length) for hole in holes[i:]]
        out += [data[at : at + take], bytes(hole.length)]
        at += take
        size = hole.position + hole.length
    return b"".join([*out, data[at:]]), []


def _places(header: bytes, holes: list[_Hole]) -> list[tuple[int, int]]:
    """Segment and offset of each. Raises FormatError where it lies in none that may hold pictures."""
    ranges = [
        (start, end) if marker in APPLICATIONS else (0, 0) for marker, start, end in segments(header, coded=False)
    ]
    places = []
    for hole in holes:
        inside = [i for i, (a, b) in enumerate(ranges) if a <= hole.position and hole.position + hole.length <= b]
        if hole.position >= len(header):
            places.append((TAIL, hole.position - len(header)))
        elif inside:
            places.append((inside[0], hole.position - ranges[inside[0]][0]))
        else:
            raise FormatError("a picture does not lie in a segment of an application of a JPEG file")
    return places
