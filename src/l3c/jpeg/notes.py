"""What coefficients do not tell of a scan's bytes, in few bytes: the definition of what the engine
notes.

A byte of flags; then, where its flag is set, the limit of runs, a list of zero runs, one of breaks,
one of segments' ends. Numbers are varints of at most 32 bits; blocks and segments are given by how
many lie between them and those before.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from l3c.container.cursor import Cursor, varint
from l3c.errors import FormatError

ONES = 1  # flags of the notes of a scan: its padding is ones
WITHOUT_RESTARTS = 2  # the markers that the header asks for are missing
RUN_LIMIT = 4  # runs of ended blocks have a limit of their own
ZERO_RUNS = 8  # some blocks end with runs of zeros
BREAKS = 16  # some runs of ended blocks are broken off
ENDS = 32  # some segments end in an unusual way
APART = 64  # see `Notes.apart`
ALL_FLAGS = 127  # others are refused
MISSING = 1  # flag of a segment's end: blocks are missing
REST = 2  # flag of a segment's end: bytes are left over
MARKER_SHIFT = 2
"""Above the flags of a segment's end stands the marker."""

SCAN_ENDS = 8
"""In place of the number of a restart marker."""

MOST = 0xFFFFFFFF
"""Of any number."""


@dataclass(frozen=True)
class SegmentEnd:
    """The end of a segment, which is the part of a scan between restart markers (format 9.5).

    missing: blocks that are not coded. run_left: blocks that the last run has beyond them. padding:
    the bits that fill up the last byte. rest: bytes that follow as they are. marker: 0 .. 7, the
    restart marker behind them, or SCAN_ENDS.
    """

    segment: int
    missing: int
    run_left: int
    padding: int
    rest: bytes
    marker: int


@dataclass
class Notes:
    """Of a scan (format 9.5). ones: what padding is made of. without_restarts: there are no restart
    markers in spite of the scan's header.

    run_limit: blocks after which a run ends; 0: the rule of libjpeg. apart: a block that holds more
    than its end is a run of its own, as in files of Photoshop. zero_runs: how many runs of 16 zeros
    stand behind the last coefficient coded in a block, by block. breaks: blocks after which a run
    ends, or goes on, against the rule.
    """

    ones: bool = True
    without_restarts: bool = False
    run_limit: int = 0
    apart: bool = False
    zero_runs: dict[int, int] = field(default_factory=dict)
    breaks: list[int] = field(default_factory=list)
    ends: list[SegmentEnd] = field(default_factory=list)


def most_ends(size: int) -> int:
    """How many segments' ends are noted at most, but one, of coded data of so many bytes
    (format 9.5).

    What follows is one segment's rest. It bounds memory; 32 bytes are less than what cameras put
    between restart markers.
    """
    return 64 + size // 32


def pack_notes(notes: Notes) -> bytes:
    """Notes as bytes (format 9.5)."""
    flags = ONES * notes.ones | WITHOUT_RESTARTS * notes.without_restarts | RUN_LIMIT * bool(notes.run_limit)
    flags |= ZERO_RUNS * bool(notes.zero_runs) | BREAKS * bool(notes.breaks) | ENDS * bool(notes.ends)
    flags |= APART * notes.apart
    out = bytearray([flags])
    if notes.run_limit:
        out += varint(notes.run_limit)
    if notes.zero_runs:
        out += varint(len(notes.zero_runs))
        for gap, count in zip(_gaps(list(notes.zero_runs)), notes.zero_runs.values(), strict=True):
            out += gap + varint(count)
    if notes.breaks:
        out += varint(len(notes.breaks)) + b"".join(_gaps(notes.breaks))
    if notes.ends:
        out += varint(len(notes.ends))
        for gap, end in zip(_gaps([end.segment for end in notes.ends]), notes.ends, strict=True):
            missing = bool(end.missing or end.run_left)
            out += gap + bytes([MISSING * missing | REST * bool(end.rest) | end.marker << MARKER_SHIFT, end.padding])
            if missing:
                out += varint(end.missing) + varint(end.run_left)
            if end.rest:
                out += varint(len(end.rest)) + end.rest
    return bytes(out)


def _gaps(indices: list[int]) -> list[bytes]:
    return [varint(index - before - 1) for before, index in zip([-1, *indices], indices, strict=False)]


def unpack_notes(data: bytes, most_ends: int) -> Notes:
    """What `pack_notes` packed, with so many segments' ends at most (format 9.5). Raises FormatError."""
    cursor = Cursor(memoryview(data))
    flags = cursor.integer(1, "the notes of a scan")
    if flags & ~ALL_FLAGS:
        raise FormatError("the notes of a scan are damaged")
    notes = Notes(bool(flags & ONES), bool(flags & WITHOUT_RESTARTS), apart=bool(flags & APART))
    if flags & RUN_LIMIT:
        notes.run_limit = _number(cursor)
    index = -1
    for _ in range(_count(cursor, 2) if flags & ZERO_RUNS else 0):
        index += 1 + _number(cursor)
        notes.zero_runs[index] = _number(cursor)
    index = -1
    for _ in range(_count(cursor, 1) if flags & BREAKS else 0):
        index += 1 + _number(cursor)
        notes.breaks.append(index)
    index = -1
    for _ in range(_count(cursor, 3, most_ends) if flags & ENDS else 0):
        index += 1 + _number(cursor)
        notes.ends.append(_end(cursor, index))
    cursor.finish("the notes of a scan")
    return notes


def _end(cursor: Cursor, segment: int) -> SegmentEnd:
    kind, padding = cursor.take(2, "the notes of a scan")
    missing, run_left = (_number(cursor), _number(cursor)) if kind & MISSING else (0, 0)
    rest = bytes(cursor.take(_number(cursor), "the rest of a segment")) if kind & REST else b""
    if kind >> MARKER_SHIFT > SCAN_ENDS:
        raise FormatError("the notes of a scan are damaged")
    return SegmentEnd(segment, missing, run_left, padding, rest, kind >> MARKER_SHIFT)


def _number(cursor: Cursor) -> int:
    return cursor.varint(MOST, "a number in the notes of a scan")


def _count(cursor: Cursor, bytes_each: int, most: int = MOST) -> int:
    count = cursor.varint(MOST, "a count in the notes of a scan")
    if count > min(most, cursor.left // bytes_each):
        raise FormatError("the notes of a scan are damaged")
    return count


REGULAR = pack_notes(Notes())
"""Of a scan whose coded data follow from its coefficients."""
