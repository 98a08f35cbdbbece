"""Section HIST: what was done to the pixels."""

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
    EQUAL,
    FAST,
    GRAY,
    JOINT_PHOTO_CD,
    JOINT_VIDEO,
    LEFT,
    NEAREST,
    PHOTO_CD,
    PLANE,
    RESIDUALS,
    RGB,
    ROTATED,
    SAMPLINGS,
    SUBSAMPLED_ROWS,
    TABLE_VALUES_MAX,
    UPSCALED,
    VALUE_TABLE,
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
    History,
    ImageHeader,
    PhotoCd,
    Residuals,
    Upscaled,
    ValueTable,
    Video,
)
from l3c.errors import FormatError, VersionError

VARINT_BYTES = 3
"""At most, of numbers up to 65536."""

PREDICTORS = (LEFT, ABOVE, PLANE)

DEFLATE_SHARE = 1040
"""Bytes that one byte of a zlib stream may become, with room."""


def write_history(history: History) -> bytes:
    """The section's content."""
    if isinstance(history, PhotoCd):
        flags = ROTATED * history.rotated + BLACK * history.black + JOINT_PHOTO_CD * history.joint_chroma
        return bytes([PHOTO_CD, flags]) + _corrections(history)
    if isinstance(history, Video):
        flags = SUBSAMPLED_ROWS * history.subsampled_rows + JOINT_VIDEO * history.joint_chroma
        return bytes([VIDEO, flags]) + _numbers(history.numbers) + _corrections(history)
    if isinstance(history, Upscaled):
        return bytes([UPSCALED, 0]) + varint(history.rows) + varint(history.columns)
    if isinstance(history, Residuals):
        return bytes([RESIDUALS, history.predictor]) + varint(history.block)
    if isinstance(history, DecodedJpeg):
        flags = history.sampling + NEAREST * history.nearest + FAST * history.fast
        return bytes([DECODED_JPEG, flags, history.top, history.left]) + write_jpeg(history.file)
    tables = b"".join(varint(len(table)) + b"".join(map(varint, gaps(table))) for table in history.tables)
    return bytes([VALUE_TABLE, EQUAL * history.gray]) + zlib.compress(tables, 9)


def _corrections(history: Corrected) -> bytes:
    return varint(history.count) + history.packed


def _numbers(numbers: tuple[int, ...]) -> bytes:
    form, shift, rounded, floored, zero, *steps = numbers
    parts = bytes([form, shift, rounded + 2 * floored, zero])
    return parts + b"".join(step.to_bytes(4, "little", signed=True) for step in steps)


def gaps(table: tuple[int, ...]) -> list[int]:
    """The first value, and of each later one how many are left out before it."""
    return [value - before - 1 for before, value in zip((-1, *table), table, strict=False)]


def read_history(cursor: Cursor, header: ImageHeader) -> History:
    """Raises VersionError for what is unknown, FormatError for what contradicts itself or the header."""
    kind, flags = cursor.integer(1, "kind of history"), cursor.integer(1, "flags of a history")
    colours = header.layout == RGB and header.is_plain
    if kind == PHOTO_CD and flags < 2 * JOINT_PHOTO_CD and colours:
        joint_chroma = bool(flags & JOINT_PHOTO_CD)
        rotated, black = bool(flags & ROTATED), bool(flags & BLACK)
        return PhotoCd(rotated=rotated, black=black, joint_chroma=joint_chroma, **_read_corrections(cursor, header))
    if kind == VIDEO and flags < 2 * JOINT_VIDEO and colours:
        subsampled_rows, joint_chroma = bool(flags & SUBSAMPLED_ROWS), bool(flags & JOINT_VIDEO)
        numbers = _read_numbers(cursor)
        return Video(
            subsampled_rows=subsampled_rows,
            numbers=numbers,
            joint_chroma=joint_chroma,
            **_read_corrections(cursor, header),
        )
    if kind == VALUE_TABLE and flags <= EQUAL * (header.layout == RGB) and _has_tables(header):
        return _read_value_table(cursor, header, bool(flags & EQUAL))
    if kind == UPSCALED and not flags:
        return _read_upscaled(cursor, header)
    if kind == RESIDUALS and flags in PREDICTORS and header.depth >= WIDE_BITS_MIN:
        return _read_residuals(cursor, flags)
    if kind == DECODED_JPEG and flags < 2 * FAST and _fits(header, flags % len(SAMPLINGS)):
        return _read_decoded_jpeg(cursor, flags)
    raise VersionError(f"byte {cursor.offset}: history {kind}, flags {flags}: unknown to this release")


def _read_decoded_jpeg(cursor: Cursor, flags: int) -> DecodedJpeg:
    top, left = cursor.integer(1, "rows cut off"), cursor.integer(1, "columns cut off")
    if max(top, left) > CUT_MAX:
        raise cursor.fail(f"{top} rows and {left} columns were cut off, at most {CUT_MAX}")
    return DecodedJpeg(flags % len(SAMPLINGS), bool(flags & NEAREST), read_jpeg(cursor), top, left, bool(flags & FAST))


def _fits(header: ImageHeader, sampling: int) -> bool:
    """Whether an image is of what a JPEG decoder makes; gray may be in three channels."""
    return header.is_plain and header.layout in ((RGB,) if sampling else (GRAY, RGB))


def _has_tables(header: ImageHeader) -> bool:
    """Whether tables may list an image's values."""
    return header.layout in (GRAY, RGB) and not header.extra


def _read_residuals(cursor: Cursor, predictor: int) -> Residuals:
    block = cursor.varint(BLOCK_MAX, "a block's side")
    if block < BLOCK_MIN:
        raise cursor.fail(f"blocks of {block} pixels, at least {BLOCK_MIN}")
    cursor.finish("section HIST")
    return Residuals(predictor, block)


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
        raise FormatError("section HIST: the sums of a conversion do not fit 32 bits")
    return form, shift, flags & 1, flags >> 1, zero, *steps


def _read_upscaled(cursor: Cursor, header: ImageHeader) -> Upscaled:
    rows, columns = cursor.varint(header.height, "repeats down"), cursor.varint(header.width, "repeats across")
    if rows * columns < 2:
        raise FormatError("section HIST: pixels that are not repeated")
    cursor.finish("section HIST")
    return Upscaled(rows, columns)


def _read_value_table(cursor: Cursor, header: ImageHeader, gray: bool) -> ValueTable:
    channels = 1 if gray else header.channels
    packed = bytes(cursor.take(cursor.left, "tables"))
    most = min(TABLE_VALUES_MAX, 1 << header.depth) * -(-header.depth // 7) + VARINT_BYTES
    try:
        raw = zlib.decompressobj().decompress(packed, min(channels * most, DEFLATE_SHARE * len(packed) + 1))
    except zlib.error as error:
        raise FormatError(f"section HIST: its tables are damaged: {error}") from error
    tables = Cursor(memoryview(raw), 0)
    found = tuple(_read_table(tables, header.depth) for _ in range(channels))
    tables.finish("the tables of section HIST")
    return ValueTable(gray, found)


def _read_table(cursor: Cursor, depth: int) -> tuple[int, ...]:
    count = cursor.varint(min(TABLE_VALUES_MAX, 1 << depth), "number of values")
    found = [cursor.varint(1 << depth, "a gap between values") for _ in range(count)]
    table = tuple(total - 1 for total in accumulate(gap + 1 for gap in found))
    if not table or table[-1] >= 1 << depth:
        raise FormatError("section HIST: a table is empty, or goes beyond the depth")
    return table
