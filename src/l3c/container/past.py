"""Section PAST: what was done to the pixels."""

from __future__ import annotations

import zlib
from itertools import accumulate

from l3c.container.constants import (
    BLACK,
    CORRECTED_SHARE,
    CUT_MAX,
    DECODED_JPEG,
    EQUAL,
    GRAY,
    LEVELS,
    PHOTO_CD,
    REPEATED,
    RGB,
    SAMPLINGS,
    TURNED,
)
from l3c.container.cursor import Cursor, varint
from l3c.container.jpeg_file import read_jpeg, write_jpeg
from l3c.container.structure import DecodedJpeg, ImageHeader, Levels, Past, PhotoCd
from l3c.errors import FormatError, VersionError

VARINT_BYTES = 3
"""At most, of numbers up to 65536."""


def write_past(past: Past) -> bytes:
    """The section's content."""
    if isinstance(past, PhotoCd):
        flags = TURNED * past.turned + BLACK * past.black
        return bytes([PHOTO_CD, flags]) + varint(past.count) + past.packed
    if isinstance(past, DecodedJpeg):
        flags = past.sampling + REPEATED * past.repeated
        return bytes([DECODED_JPEG, flags, past.top, past.left]) + write_jpeg(past.file)
    tables = b"".join(varint(len(table)) + b"".join(map(varint, gaps(table))) for table in past.tables)
    return bytes([LEVELS, EQUAL * past.gray]) + zlib.compress(tables, 9)


def gaps(table: tuple[int, ...]) -> list[int]:
    """The first value, and of each later one how many are left out before it."""
    return [value - before - 1 for before, value in zip((-1, *table), table, strict=False)]


def read_past(cursor: Cursor, header: ImageHeader) -> Past:
    """Raises VersionError for what is unknown, FormatError for what contradicts itself or the header."""
    kind, flags = cursor.integer(1, "kind of past"), cursor.integer(1, "flags of a past")
    if kind == PHOTO_CD and flags < 2 * BLACK and (header.layout, header.depth) == (RGB, 8):
        return _read_photo_cd(cursor, header, flags)
    if kind == LEVELS and flags <= EQUAL * (header.layout == RGB) and header.layout in (GRAY, RGB):
        return _read_levels(cursor, header, bool(flags & EQUAL))
    if kind == DECODED_JPEG and flags < 2 * REPEATED and _fits(header, flags % len(SAMPLINGS)):
        return _read_decoded_jpeg(cursor, flags)
    raise VersionError(f"byte {cursor.offset}: past {kind}, flags {flags}: unknown to this release")


def _read_decoded_jpeg(cursor: Cursor, flags: int) -> DecodedJpeg:
    top, left = cursor.integer(1, "rows cut off"), cursor.integer(1, "columns cut off")
    if max(top, left) > CUT_MAX:
        raise cursor.fail(f"{top} rows and {left} columns were cut off, at most {CUT_MAX}")
    return DecodedJpeg(flags % len(SAMPLINGS), bool(flags & REPEATED), read_jpeg(cursor), top, left)


def _fits(header: ImageHeader, sampling: int) -> bool:
    """Whether an image is of what a JPEG decoder makes; gray may be in three channels."""
    return header.depth == 8 and header.layout in ((RGB,) if sampling else (GRAY, RGB))


def _read_photo_cd(cursor: Cursor, header: ImageHeader, flags: int) -> PhotoCd:
    count = cursor.varint(header.height * header.width // CORRECTED_SHARE, "number of corrections")
    packed = bytes(cursor.take(cursor.left, "corrections"))
    return PhotoCd(bool(flags & TURNED), bool(flags & BLACK), count, packed)


def _read_levels(cursor: Cursor, header: ImageHeader, gray: bool) -> Levels:
    channels = 1 if gray else header.channels
    limit = channels * (VARINT_BYTES << header.depth) + VARINT_BYTES * channels
    try:
        raw = zlib.decompressobj().decompress(bytes(cursor.take(cursor.left, "tables")), limit)
    except zlib.error as error:
        raise FormatError(f"section PAST: its tables are damaged: {error}") from error
    tables = Cursor(memoryview(raw), 0)
    found = tuple(_read_table(tables, header.depth) for _ in range(channels))
    tables.finish("the tables of section PAST")
    return Levels(gray, found)


def _read_table(cursor: Cursor, depth: int) -> tuple[int, ...]:
    count = cursor.varint(1 << depth, "number of values")
    found = [cursor.varint(1 << depth, "a gap between values") for _ in range(count)]
    table = tuple(total - 1 for total in accumulate(gap + 1 for gap in found))
    if not table or table[-1] >= 1 << depth:
        raise FormatError("section PAST: a table is empty, or goes beyond the depth")
    return table
