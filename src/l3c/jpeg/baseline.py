"""Baseline JPEG files of one scan: written from coefficients, and read again, strictly."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from l3c.container.cursor import Cursor
from l3c.errors import FormatError
from l3c.jpeg.bits import Code
from l3c.jpeg.frame import START
from l3c.jpeg.idct import SIDE, ZIGZAG
from l3c.jpeg.pixels import Coefficients, grid
from l3c.jpeg.scan import BLOCK
from l3c.jpeg.scan_write import write_scan

TABLES = b"\xff\xdb"  # markers (T.81, table B.1): quantization tables
FRAME = b"\xff\xc0"  # a baseline frame
CODES = b"\xff\xc4"  # Huffman codes
SCAN = b"\xff\xda"  # the header of a scan
END = b"\xff\xd9"  # the end of the image
DC = 0x00  # class of a code: of first coefficients
AC = 0x10  # class of a code: of all others

WHOLE = bytes([0, BLOCK - 1, 0])
"""A scan of all coefficients."""


def write_jpeg(image: Coefficients, size: tuple[int, int]) -> bytes:
    """The file of an image of `size` (height, width)."""
    scan, dc, ac = write_scan(_units(image.blocks, image.subsampled), _components(image))
    tables = list(dict.fromkeys(table[ZIGZAG].tobytes() for table in image.tables))
    numbers = [tables.index(table[ZIGZAG].tobytes()) for table in image.tables]
    parts = [START[:2]]
    parts += [_segment(TABLES, bytes([i]) + table) for i, table in enumerate(tables)]
    parts += [_segment(FRAME, _frame(size, numbers, image.subsampled))]
    parts += [_segment(CODES, bytes([kind]) + b"".join(code)) for kind, code in ((DC, dc), (AC, ac))]
    selectors = b"".join(bytes([i + 1, 0]) for i in range(len(numbers)))
    return b"".join([*parts, _segment(SCAN, bytes([len(numbers)]) + selectors + WHOLE), scan, END])


def _segment(marker: bytes, content: bytes) -> bytes:
    return marker + (len(content) + 2).to_bytes(2, "big") + content


def _frame(size: tuple[int, int], numbers: list[int], subsampled: tuple[bool, bool]) -> bytes:
    height, width = size
    sampling = (1 + subsampled[1]) << 4 | 1 + subsampled[0]
    lines = [bytes([i + 1, 0x11 if i else sampling, number]) for i, number in enumerate(numbers)]
    return b"\x08" + height.to_bytes(2, "big") + width.to_bytes(2, "big") + bytes([len(numbers)]) + b"".join(lines)


def _components(image: Coefficients) -> list[int]:
    """Of each block of a unit."""
    return unit(len(image.blocks), image.subsampled)


def unit(components: int, subsampled: tuple[bool, bool]) -> list[int]:
    """The components of the blocks of a unit, in the order of the scan."""
    return [0] * (1 + subsampled[0]) * (1 + subsampled[1]) + list(range(1, components))


def _units(blocks: list[NDArray[np.int16]], subsampled: tuple[bool, bool]) -> NDArray[np.int16]:
    """[units, blocks of a unit, 64], in zigzag order."""
    rows, columns = (n >> half for n, half in zip(blocks[0].shape[:2], subsampled, strict=True))
    shape = rows, 1 + subsampled[0], columns, 1 + subsampled[1], BLOCK
    luma = blocks[0].reshape(shape).transpose(0, 2, 1, 3, 4).reshape(rows * columns, -1, BLOCK)
    return np.concatenate([luma, *(b.reshape(-1, 1, BLOCK) for b in blocks[1:])], axis=1)[..., ZIGZAG]


def _from_units(
    units: NDArray[np.int16], size: tuple[int, int], subsampled: tuple[bool, bool]
) -> list[NDArray[np.int16]]:
    """What `_units` took together."""
    natural = units[..., np.argsort(ZIGZAG)]
    many = (1 + subsampled[0]) * (1 + subsampled[1])
    rows, columns = grid(size, subsampled, 1)
    parts = (
        natural[:, :many].reshape(rows, columns, 1 + subsampled[0], 1 + subsampled[1], BLOCK).transpose(0, 2, 1, 3, 4)
    )
    luma = np.ascontiguousarray(parts).reshape(*grid(size, subsampled, 0), BLOCK)
    return [luma, *(natural[:, i].reshape(rows, columns, BLOCK) for i in range(many, units.shape[1]))]


def read_jpeg(data: bytes, size: tuple[int, int], components: int, subsampled: tuple[bool, bool]) -> Coefficients:
    """The coefficients of a file as `write_jpeg` writes it, of that size and sampling. Raises FormatError."""
    from l3c.jpeg.scan_compiled import read_scan

    cursor = Cursor(memoryview(data))
    if bytes(cursor.take(2, "the JPEG file")) != START[:2]:
        raise FormatError("the coefficients are in no JPEG file")
    tables, codes, numbers = _headers(cursor, size, components, subsampled)
    scan = cursor.take(cursor.left, "the scan")
    body = bytes(scan[: -len(END)])
    if scan[-len(END) :] != END or body.count(b"\xff") != body.count(b"\xff\0"):
        raise FormatError("the JPEG file of the coefficients has markers where none belong")
    rows, columns = grid(size, subsampled, components - 1)
    units = read_scan(body.replace(b"\xff\0", b"\xff"), *codes, unit(components, subsampled), rows * columns)
    return Coefficients(_from_units(units, size, subsampled), [tables[number] for number in numbers], subsampled)


Header = tuple[list[NDArray[np.uint8]], tuple[Code, Code], bytes]


def _headers(cursor: Cursor, size: tuple[int, int], components: int, subsampled: tuple[bool, bool]) -> Header:
    """Tables of steps, the two codes, and the table of each component: all that comes before the scan."""
    tables: list[NDArray[np.uint8]] = []
    codes: list[Code] = []
    marker, content = _next(cursor)
    while marker == TABLES:
        tables.append(_table(content, len(tables)))
        marker, content = _next(cursor)
    numbers = content[8::3]
    if marker != FRAME or content != _frame(size, list(numbers), subsampled) or len(numbers) != components:
        raise FormatError("the JPEG file of the coefficients has another frame than the image")
    for kind in (DC, AC):
        codes.append(_code(*_next(cursor), kind))
    marker, content = _next(cursor)
    selectors = b"".join(bytes([i + 1, 0]) for i in range(components))
    if (marker, content) != (SCAN, bytes([components]) + selectors + WHOLE) or max(numbers) >= len(tables):
        raise FormatError("the JPEG file of the coefficients has another scan than the image needs")
    return tables, (codes[0], codes[1]), numbers


def _next(cursor: Cursor) -> tuple[bytes, bytes]:
    marker = bytes(cursor.take(2, "a marker of the JPEG file"))
    length = int.from_bytes(cursor.take(2, "a length of the JPEG file"), "big")
    return marker, bytes(cursor.take(max(0, length - 2), "a segment of the JPEG file"))


def _table(content: bytes, number: int) -> NDArray[np.uint8]:
    if len(content) != 1 + SIDE * SIDE or content[0] != number or not all(content[1:]):
        raise FormatError("the JPEG file of the coefficients has a wrong table of steps")
    table = np.empty(SIDE * SIDE, np.uint8)
    table[ZIGZAG] = np.frombuffer(content[1:], np.uint8)
    return table


def _code(marker: bytes, content: bytes, kind: int) -> Code:
    counts, symbols = content[1:17], content[17:]
    if marker != CODES or content[:1] != bytes([kind]) or len(counts) != 16 or len(symbols) != sum(counts):
        raise FormatError("the JPEG file of the coefficients has a wrong code")
    if len(symbols) > 256:
        raise FormatError("the JPEG file of the coefficients has a code of too many symbols")
    return counts, symbols
