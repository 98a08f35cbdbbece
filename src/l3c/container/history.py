"""Section PAST: what was done to the pixels."""

from __future__ import annotations

import zlib
from itertools import accumulate
from typing import Any

from l3c.container.constants import (
    ABOVE,
    BLACK,
    BLOCK_MAX,
    BLOCK_MIN,
    CORRECTED_SHARE,
    CUT_MAX,
    DECODED_JPEG,
    ENLARGED,
    EQUAL,
    FAST,
    GRAY,
    HALVED,
    LEFT,
    LEVELS,
    LEVELS_MAX,
    PAIRED_PHOTO_CD,
    PAIRED_VIDEO,
    PHOTO_CD,
    PLANE,
    PREDICTED,
    REPEATED,
    RGB,
    SAMPLINGS,
    TURNED,
    VIDEO,
    VIDEO_FORMS,
    VIDEO_SHIFT_MAX,
    WIDE_BITS_MIN,
)
from l3c.container.cursor import Cursor, varint
from l3c.container.kept_file import read_jpeg, write_jpeg
from l3c.container.structure import (
    Corrected,
    DecodedJpeg,
    ImageHeader,
    Levels,
    Past,
    PhotoCd,
    Predicted,
    Repeated,
    Video,
)
from l3c.errors import FormatError, VersionError

VARINT_BYTES = 3
"""At most, of numbers up to 65536."""

PREDICTORS = (LEFT, ABOVE, PLANE)

DEFLATE_SHARE = 1040
"""Bytes that one byte of a zlib stream may become, with room."""


def write_past(past: Past) -> bytes:
    """The section's content."""
    if isinstance(past, PhotoCd):
        flags = TURNED * past.turned + BLACK * past.black + PAIRED_PHOTO_CD * past.paired
        return bytes([PHOTO_CD, flags]) + _corrections(past)
    if isinstance(past, Video):
        flags = HALVED * past.halved + PAIRED_VIDEO * past.paired
        return bytes([VIDEO, flags]) + _numbers(past.numbers) + _corrections(past)
    if isinstance(past, Repeated):
        return bytes([ENLARGED, 0]) + varint(past.rows) + varint(past.columns)
    if isinstance(past, Predicted):
        return bytes([PREDICTED, past.predictor]) + varint(past.block)
    if isinstance(past, DecodedJpeg):
        flags = past.sampling + REPEATED * past.repeated + FAST * past.fast
        return bytes([DECODED_JPEG, flags, past.top, past.left]) + write_jpeg(past.file)
    tables = b"".join(varint(len(table)) + b"".join(map(varint, gaps(table))) for table in past.tables)
    return bytes([LEVELS, EQUAL * past.gray]) + zlib.compress(tables, 9)


def _corrections(past: Corrected) -> bytes:
    return varint(past.count) + past.packed


def _numbers(numbers: tuple[int, ...]) -> bytes:
    form, shift, rounded, floored, zero, *steps = numbers
    parts = bytes([form, shift, rounded + 2 * floored, zero])
    return parts + b"".join(step.to_bytes(4, "little", signed=True) for step in steps)


def gaps(table: tuple[int, ...]) -> list[int]:
    """The first value, and of each later one how many are left out before it."""
    return [value - before - 1 for before, value in zip((-1, *table), table, strict=False)]


def read_past(cursor: Cursor, header: ImageHeader) -> Past:
    """Raises VersionError for what is unknown, FormatError for what contradicts itself or the header."""
    kind, flags = cursor.integer(1, "kind of past"), cursor.integer(1, "flags of a past")
    colours = header.layout == RGB and header.is_plain
    if kind == PHOTO_CD and flags < 2 * PAIRED_PHOTO_CD and colours:
        paired = bool(flags & PAIRED_PHOTO_CD)
        turned, black = bool(flags & TURNED), bool(flags & BLACK)
        return PhotoCd(turned=turned, black=black, paired=paired, **_read_corrections(cursor, header))
    if kind == VIDEO and flags < 2 * PAIRED_VIDEO and colours:
        halved, paired = bool(flags & HALVED), bool(flags & PAIRED_VIDEO)
        numbers = _read_numbers(cursor)
        return Video(halved=halved, numbers=numbers, paired=paired, **_read_corrections(cursor, header))
    if kind == LEVELS and flags <= EQUAL * (header.layout == RGB) and _has_tables(header):
        return _read_levels(cursor, header, bool(flags & EQUAL))
    if kind == ENLARGED and not flags:
        return _read_repeated(cursor, header)
    if kind == PREDICTED and flags in PREDICTORS and header.depth >= WIDE_BITS_MIN:
        return _read_predicted(cursor, flags)
    if kind == DECODED_JPEG and flags < 2 * FAST and _fits(header, flags % len(SAMPLINGS)):
        return _read_decoded_jpeg(cursor, flags)
    raise VersionError(f"byte {cursor.offset}: past {kind}, flags {flags}: unknown to this release")


def _read_decoded_jpeg(cursor: Cursor, flags: int) -> DecodedJpeg:
    top, left = cursor.integer(1, "rows cut off"), cursor.integer(1, "columns cut off")
    if max(top, left) > CUT_MAX:
        raise cursor.fail(f"{top} rows and {left} columns were cut off, at most {CUT_MAX}")
    return DecodedJpeg(flags % len(SAMPLINGS), bool(flags & REPEATED), read_jpeg(cursor), top, left, bool(flags & FAST))


def _fits(header: ImageHeader, sampling: int) -> bool:
    """Whether an image is of what a JPEG decoder makes; gray may be in three channels."""
    return header.is_plain and header.layout in ((RGB,) if sampling else (GRAY, RGB))


def _has_tables(header: ImageHeader) -> bool:
    """Whether tables may list an image's values."""
    return header.layout in (GRAY, RGB) and not header.extra


def _read_predicted(cursor: Cursor, predictor: int) -> Predicted:
    block = cursor.varint(BLOCK_MAX, "a block's side")
    if block < BLOCK_MIN:
        raise cursor.fail(f"blocks of {block} pixels, at least {BLOCK_MIN}")
    cursor.finish("section PAST")
    return Predicted(predictor, block)


def _read_corrections(cursor: Cursor, header: ImageHeader) -> dict[str, Any]:
    count = cursor.varint(header.height * header.width // CORRECTED_SHARE, "number of corrections")
    return {"count": count, "packed": bytes(cursor.take(cursor.left, "corrections"))}


def _read_numbers(cursor: Cursor) -> tuple[int, ...]:
    """Those of a video frame's conversion, none of whose sums leaves 32 bits."""
    form, shift, flags, zero = (cursor.integer(1, "a conversion's number") for _ in range(4))
    if form >= VIDEO_FORMS or shift > VIDEO_SHIFT_MAX or flags > 3:
        raise VersionError(f"byte {cursor.offset}: conversion {form}, {shift}, {flags}: unknown to this release")
    steps = [int.from_bytes(cursor.take(4, "a conversion's step"), "little", signed=True) for _ in range(5)]
    if 255 * abs(steps[0]) + 128 * sum(map(abs, steps[1:])) + (4 << shift) >= 1 << 31:
        raise FormatError("section PAST: the sums of a conversion do not fit 32 bits")
    return form, shift, flags & 1, flags >> 1, zero, *steps


def _read_repeated(cursor: Cursor, header: ImageHeader) -> Repeated:
    rows, columns = cursor.varint(header.height, "repeats down"), cursor.varint(header.width, "repeats across")
    if rows * columns < 2:
        raise FormatError("section PAST: pixels that are not repeated")
    cursor.finish("section PAST")
    return Repeated(rows, columns)


def _read_levels(cursor: Cursor, header: ImageHeader, gray: bool) -> Levels:
    channels = 1 if gray else header.channels
    packed = bytes(cursor.take(cursor.left, "tables"))
    most = min(LEVELS_MAX, 1 << header.depth) * -(-header.depth // 7) + VARINT_BYTES
    try:
        raw = zlib.decompressobj().decompress(packed, min(channels * most, DEFLATE_SHARE * len(packed) + 1))
    except zlib.error as error:
        raise FormatError(f"section PAST: its tables are damaged: {error}") from error
    tables = Cursor(memoryview(raw), 0)
    found = tuple(_read_table(tables, header.depth) for _ in range(channels))
    tables.finish("the tables of section PAST")
    return Levels(gray, found)


def _read_table(cursor: Cursor, depth: int) -> tuple[int, ...]:
    count = cursor.varint(min(LEVELS_MAX, 1 << depth), "number of values")
    found = [cursor.varint(1 << depth, "a gap between values") for _ in range(count)]
    table = tuple(total - 1 for total in accumulate(gap + 1 for gap in found))
    if not table or table[-1] >= 1 << depth:
        raise FormatError("section PAST: a table is empty, or goes beyond the depth")
    return table
