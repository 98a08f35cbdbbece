"""A JPEG file as a packed header and payloads of its coefficients (format 2.10.1)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from l3c.container.cursor import Cursor, varint
from l3c.container.reference import read_reference, write_reference
from l3c.container.structure import ModelReference

UNIT_ROWS_MAX = 1 << 13
"""Rows of units in a picture: 65,535 lines, of at least 8 each."""


@dataclass(frozen=True)
class CodedJpeg:
    """model: that of coefficients. header: as `jpeg.pack` packs it. segment_rows: rows of units (MCU) of a segment.

    payloads: of each segment of each picture, in order.
    """

    model: ModelReference
    header: bytes | memoryview
    segment_rows: int
    payloads: Sequence[bytes | memoryview]


def write_coded(coded: CodedJpeg) -> bytes:
    """What a kept file holds of it."""
    lengths = b"".join(varint(len(payload)) for payload in coded.payloads)
    parts = [write_reference(coded.model), varint(len(coded.header)), coded.header, varint(coded.segment_rows)]
    return b"".join([*parts, varint(len(coded.payloads)), lengths, *coded.payloads])


def read_coded(data: bytes | memoryview, origin: int = 0) -> CodedJpeg:
    """origin: where the data lie, for messages. Raises FormatError."""
    cursor = Cursor(memoryview(data), origin)
    model = read_reference(cursor)
    header = cursor.take(cursor.varint(cursor.left, "the length of a JPEG file's header"), "a JPEG file's header")
    rows = cursor.varint(UNIT_ROWS_MAX, "the rows of a segment")
    if not rows:
        raise cursor.fail("a segment of no rows")
    count = cursor.varint(cursor.left, "the number of segments")
    lengths = [cursor.varint(cursor.left, "the length of a segment") for _ in range(count)]
    payloads = [cursor.take(length, "the coefficients of a segment") for length in lengths]
    cursor.finish("the coefficients of a JPEG file")
    return CodedJpeg(model, header, rows, payloads)
