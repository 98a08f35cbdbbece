"""What a JPEG file's markers say (ITU-T T.81, annex B): its frame, its scans, and where their coded
data lie.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypedDict

import numpy as np
from numpy.typing import NDArray

from l3c.errors import FormatError
from l3c.jpeg.standard import LENGTHS, NO_CODE, STANDARD_CODES, Code

BLOCK = 64  # coefficients of a block
SIDE = 8  # samples of a block's side

START = 0xD8  # markers (T.81, table B.1): the start of the image
END = 0xD9  # the end of the image
BASELINE = 0xC0  # frames: baseline
EXTENDED = 0xC1  # extended sequential, Huffman codes
PROGRESSIVE = 0xC2  # progressive, Huffman codes
CODES = 0xC4  # Huffman codes
SCAN = 0xDA  # the header of a scan
STEPS = 0xDB  # quantization tables
LINES = 0xDC  # the number of lines, after the first scan
RESTART = 0xDD  # the restart interval
DHP = 0xDE  # a hierarchical progression
EXPAND = 0xDF  # reference components are enlarged, in hierarchical files
ARITHMETIC_CONDITIONING = 0xCC  # stands among the markers of frames, and is none
# markers of frames: C4, C8 and CC mean something else
FRAMES = frozenset({*range(0xC0, 0xD0)} - {CODES, 0xC8, ARITHMETIC_CONDITIONING})
LENGTH_BYTES = 2  # of a segment's length, which counts itself
NO_MARKER = 0  # in place of a marker: bytes that are no segment
CODED = -1  # in place of a marker: the data of a scan

LONE = frozenset({0x01, START, *range(0xD0, 0xD8)})
"""Markers without a segment."""

ENDS_SCAN = re.compile(rb"\xff[\xc4\xd9-\xdd\xe0-\xef\xfe]|\xff\xd8\xff")
"""Where coded data end: at a marker that may follow a scan. Others in it are damage, and belong to
it.
"""

MARKER = re.compile(rb"\xff[\x01\xc0-\xef\xfe]")
"""What is looked for behind bytes that are no marker."""

# frames that are not taken apart, and why
UNUSUAL_FRAMES = {
    0xC3: "lossless JPEG",
    0xC5: "hierarchical JPEG",
    0xC6: "hierarchical JPEG",
    0xC7: "hierarchical JPEG",
    0xC9: "arithmetic coding",
    0xCA: "arithmetic coding",
    0xCB: "arithmetic coding",
    0xCD: "arithmetic coding",
    0xCE: "arithmetic coding",
    0xCF: "arithmetic coding",
}
MOST_SEGMENTS = 1 << 14
"""64 KB each: a billion bytes of metadata. It bounds the time that small segments and scans take."""

MOST_CODES = 1 << 14
"""Huffman codes in a header: one for each segment. It bounds the time of empty ones, which deflate to nothing."""

MOST_COMPONENTS = 4  # as the standard allows in a scan, and as files have
MOST_SAMPLING = 4  # the standard's own limit
MOST_SHIFT = 13
"""Bits that a progressive scan may leave out."""

MOST_VISITS_A_BYTE = 256
"""Blocks that all scans pass over, for each byte of the file: 8 blocks a byte, and 32 scans of all
of them.
"""

MOST_VISITS_A_BLOCK = 128
"""How often scans pass over a block, in the mean: two scans for each coefficient. Progressive files have some 10 scans
of a component. A blank picture of many scans takes next to no bytes, so that these do not bound the time alone.
"""

FREE_VISITS = 1 << 20
"""Of small files."""


WHOLE = bytes([0, BLOCK - 1, 0])
"""The last bytes of a scan's header: all coefficients, of which no bits are left out."""

AC_CLASS = 0x10
"""Flag of a Huffman code: of all but the first coefficient."""


def marked(marker: int, content: bytes | None = None) -> bytes:
    """A marker, and its segment where it has one (format 9.3)."""
    length = b"" if content is None else (len(content) + LENGTH_BYTES).to_bytes(LENGTH_BYTES, "big")
    return bytes([0xFF, marker]) + length + (content or b"")


@dataclass(frozen=True)
class Component:
    """A colour channel of the frame (format 9.3.1).

    identifier: 0 .. 255. horizontal, vertical: sampling factors, 1 .. 4. rows, columns: blocks that
    are kept. own_rows, own_columns: blocks that hold samples of the picture, which scans of this
    component alone code.
    """

    identifier: int
    horizontal: int
    vertical: int
    rows: int
    columns: int
    own_rows: int
    own_columns: int
    steps: NDArray[np.uint16] = field(compare=False)
    """[64] in zigzag order: the quantization table at its first scan; ones where the file has none."""


@dataclass(frozen=True)
class Scan:
    """Of the header (format 9.3). components: indices into the frame's. dc, ac: their codes, empty
    where the scan needs none.

    first, last: positions in zigzag order. high, low: bits that earlier scans and this one leave
    out. restart: units between restart markers, or 0. position: offset in the header of the coded
    data, which it does not hold. dc_numbers, ac_numbers: which of the header's codes dc and ac are,
    or -1.
    """

    components: tuple[int, ...]
    dc: tuple[Code, ...]
    ac: tuple[Code, ...]
    first: int
    last: int
    high: int
    low: int
    restart: int
    position: int
    dc_numbers: tuple[int, ...]
    ac_numbers: tuple[int, ...]


@dataclass(frozen=True)
class Layout:
    """Of a header (format 9.3). height, width: pixels. progressive: or sequential. scans: in the file's order."""

    height: int
    width: int
    progressive: bool
    components: tuple[Component, ...]
    scans: tuple[Scan, ...]

    @cached_property
    def blocks(self) -> int:
        """Blocks of all components."""
        return sum(c.rows * c.columns for c in self.components)

    def units(self, scan: Scan) -> tuple[int, int]:
        """Rows and columns of the units (MCU) of a scan: blocks, where it has one component."""
        component = self.components[scan.components[0]]
        if len(scan.components) == 1:
            return component.own_rows, component.own_columns
        return component.rows // component.vertical, component.columns // component.horizontal


class ScanOfPlanes(TypedDict):
    """A scan with the coefficients that it codes (format 9.4).

    planes: of each component its blocks, int16 [rows, columns, 64] in zigzag order; blocks across
    and down in a unit; the codes of its differences and of its other coefficients.
    """

    progressive: bool
    first: int
    last: int
    high: int
    low: int
    restart: int
    unit_rows: int
    unit_columns: int
    planes: list[tuple[NDArray[np.int16], int, int, bytes, bytes]]


def planes_of(layout: Layout, scan: Scan, coefficients: list[NDArray[np.int16]]) -> ScanOfPlanes:
    """A scan together with the coefficients of the file, of each component [rows, columns, 64] (format 9.4)."""
    rows, columns = layout.units(scan)
    planes = []
    for i, dc, ac in zip(scan.components, scan.dc, scan.ac, strict=True):
        component = layout.components[i]
        alone = len(scan.components) == 1
        across, down = (1, 1) if alone else (component.horizontal, component.vertical)
        planes.append((coefficients[i], across, down, dc, ac))
    return {
        "progressive": layout.progressive,
        "first": scan.first,
        "last": scan.last,
        "high": scan.high,
        "low": scan.low,
        "restart": scan.restart,
        "unit_rows": rows,
        "unit_columns": columns,
        "planes": planes,
    }


def parts(data: bytes) -> tuple[bytes, list[tuple[int, int]], int]:
    """A file's header, the ranges of its coded data, and where its tail begins (format 9.3).

    The header is all but coded data up to the end of the picture. Raises FormatError for what is no
    JPEG file.
    """
    if data[:3] != b"\xff\xd8\xff":
        raise FormatError("it does not begin as a JPEG file does")
    ranges: list[tuple[int, int]] = []
    header: list[bytes] = []
    at = begin = 0
    for marker, start, at in segments(data):
        if marker == CODED:
            ranges.append((start, at))
            header.append(data[begin:start])
            begin = at
    header.append(data[begin:at])
    return b"".join(header), ranges, at


def segments(data: bytes, coded: bool = True) -> Iterator[tuple[int, int, int]]:
    """(marker, start, end) of the contents of all segments (format 9.3); NO_MARKER is all that is
    left of the data.

    coded: whether data of scans follow their headers; they are a part of their own.
    """
    yield START, 2, 2
    at, left = 2, MOST_SEGMENTS
    while at < len(data):
        left -= 1
        if not left:
            raise FormatError("its header has too many segments")
        match = MARKER.search(data, at)
        if not match or data[match.start() : match.start() + 3] == b"\xff\xd8\xff":
            if not match:
                yield NO_MARKER, at, len(data)
            return
        marker, behind = data[match.start() + 1], match.end()
        if marker == END:
            yield END, behind, behind
            return
        if marker in LONE:
            yield marker, behind, behind
            at = behind
            continue
        length = int.from_bytes(data[behind : behind + 2], "big")
        end = behind + length
        if behind + 2 > len(data) or length < 2 or end > len(data):
            yield NO_MARKER, at, len(data)
            return
        yield marker, behind + 2, end
        at = end
        if marker == SCAN and coded:
            ended = ENDS_SCAN.search(data, end)
            at = ended.start() if ended else len(data)
            yield CODED, end, at


def read_layout(header: bytes) -> tuple[Layout, int]:
    """What the header of a file says, which `parts` gives (format 9.3), and how much of it was read.

    A segment that cannot be understood ends it, where scans precede it. Raises FormatError for what
    is not supported, with the reason.
    """
    reader = _Reader(header)
    return reader.layout(), reader.until


@dataclass(frozen=True)
class _Frame:
    progressive: bool
    height: int
    width: int
    lines: tuple[tuple[int, int, int, int], ...]
    """Of each component: identifier, horizontal and vertical sampling, number of its quantization
    table.
    """


class _Reader:
    """Segments in their order, and what they change."""

    def __init__(self, header: bytes) -> None:
        self._frame: _Frame | None = None
        self._steps: dict[int, NDArray[np.uint16]] = {}
        self._codes = {key: (code, -1) for key, code in STANDARD_CODES.items()}
        self._code_count = 0
        self._restart = 0
        self._scans: list[Scan] = []
        self._latched: dict[int, NDArray[np.uint16]] = {}
        self.until = 0
        for marker, start, end in segments(header, coded=False):
            try:
                self._segment(marker, header[start:end], end)
            except FormatError:
                if not self._scans:
                    raise
                break
            self.until = end

    def _segment(self, marker: int, content: bytes, end: int) -> None:
        if marker == STEPS:
            self._steps |= _steps(content)
        elif marker == CODES:
            for key, code in codes_in(content):
                self._codes[key] = code, self._code_count
                self._code_count += 1
            if self._code_count > MOST_CODES:
                raise FormatError("its header has too many Huffman codes")
        elif marker == RESTART:
            self._restart = int.from_bytes(content[:2], "big")
        elif marker in FRAMES:
            if self._frame is not None:
                raise FormatError("it has two frames")
            self._frame = _frame(marker, content)
        elif marker in (DHP, EXPAND):
            raise FormatError("hierarchical JPEG")
        elif marker == LINES:
            raise FormatError("the number of lines is given behind the picture")
        elif marker == SCAN:
            self._scans.append(self._scan(content, end))

    def _scan(self, content: bytes, position: int) -> Scan:
        frame = self._frame
        if frame is None:
            raise FormatError("a scan precedes the frame")
        count = content[0] if content else 0
        if not 1 <= count <= len(frame.lines) or len(content) != 4 + 2 * count:
            raise FormatError("a scan's header is damaged")
        components = _chosen([line[0] for line in frame.lines], content[1 : 1 + 2 * count : 2])
        for component in components:
            self._latched.setdefault(component, self._steps.get(frame.lines[component][3], np.ones(BLOCK, np.uint16)))
        tables = [(content[2 + 2 * i] >> 4, content[2 + 2 * i] & 15) for i in range(count)]
        first, last, bits = content[-3:]
        high, low = bits >> 4, bits & 15
        if not frame.progressive:
            first, last, high, low = 0, BLOCK - 1, 0, 0
        elif not _is_progressive_scan(count, first, last, high, low):
            raise FormatError("a progressive scan is none that the standard knows")
        dc_used, ac_used = first == 0 and not high, last > 0
        dc, dc_numbers = zip(*(self._code(0, table[0]) if dc_used else (NO_CODE, -1) for table in tables), strict=True)
        ac, ac_numbers = zip(*(self._code(1, table[1]) if ac_used else (NO_CODE, -1) for table in tables), strict=True)
        return Scan(components, dc, ac, first, last, high, low, self._restart, position, dc_numbers, ac_numbers)

    def _code(self, kind: int, number: int) -> tuple[Code, int]:
        code = self._codes.get((kind, number))
        if code is None:
            raise FormatError("a scan's code is missing")
        return code

    def layout(self) -> Layout:
        if self._frame is None or not self._scans:
            raise FormatError("it has no scan")
        frame = self._frame
        together = {i for scan in self._scans if len(scan.components) > 1 for i in scan.components}
        most = [max(line[1 + axis] for line in frame.lines) for axis in range(2)]
        components = []
        for i, (identifier, horizontal, vertical, _) in enumerate(frame.lines):
            own_rows = _quotient(_quotient(frame.height * vertical, most[1]), SIDE)
            own_columns = _quotient(_quotient(frame.width * horizontal, most[0]), SIDE)
            rows, columns = own_rows, own_columns
            if i in together:
                rows = _quotient(frame.height, SIDE * most[1]) * vertical
                columns = _quotient(frame.width, SIDE * most[0]) * horizontal
            steps = self._latched.get(i, np.ones(BLOCK, np.uint16))
            components.append(Component(identifier, horizontal, vertical, rows, columns, own_rows, own_columns, steps))
        return Layout(frame.height, frame.width, frame.progressive, tuple(components), tuple(self._scans))


def _chosen(identifiers: list[int], names: bytes) -> tuple[int, ...]:
    """The components that a scan names: of several with one name the next, as libjpeg has it."""
    chosen: list[int] = []
    for name in names:
        free = [i for i, identifier in enumerate(identifiers) if identifier == name and i not in chosen]
        if not free:
            raise FormatError("a scan names components that the frame has not")
        chosen.append(free[0])
    return tuple(chosen)


def _quotient(value: int, divisor: int) -> int:
    """Rounded up."""
    return -(-value // divisor)


def _is_progressive_scan(count: int, first: int, last: int, high: int, low: int) -> bool:
    if low > MOST_SHIFT or (high and high != low + 1):
        return False
    return last == 0 if first == 0 else count == 1 and first <= last < BLOCK


def _frame(marker: int, content: bytes) -> _Frame:
    if marker in UNUSUAL_FRAMES:
        raise FormatError(UNUSUAL_FRAMES[marker])
    count = content[5] if len(content) > 5 else 0
    if not count or len(content) != 6 + 3 * count:
        raise FormatError("the frame's header is damaged")
    if content[0] != SIDE:
        raise FormatError(f"samples of {content[0]} bits")
    height, width = int.from_bytes(content[1:3], "big"), int.from_bytes(content[3:5], "big")
    lines = tuple(
        (content[i], content[i + 1] >> 4, content[i + 1] & 15, content[i + 2]) for i in range(6, len(content), 3)
    )
    if not height or not width:
        raise FormatError("the frame has no size")
    if count > MOST_COMPONENTS:
        raise FormatError(f"{count} components")
    if not all(1 <= factor <= MOST_SAMPLING for line in lines for factor in line[1:3]):
        raise FormatError("the frame has wrong sampling factors")
    return _Frame(marker == PROGRESSIVE, height, width, lines)


def _steps(content: bytes) -> dict[int, NDArray[np.uint16]]:
    """Quantization tables of a segment, of 8 or 16 bits."""
    tables, at = {}, 0
    while at < len(content):
        wide = content[at] >> 4
        size = BLOCK * (1 + bool(wide))
        table = content[at + 1 : at + 1 + size]
        if wide > 1 or len(table) != size:
            raise FormatError("a quantization table is damaged")
        tables[content[at] & 15] = np.frombuffer(table, ">u2" if wide else np.uint8).astype(np.uint16)
        at += 1 + size
    return tables


def codes_in(content: bytes) -> list[tuple[tuple[int, int], Code]]:
    """((class, number), code) of all codes of a segment (format 9.3). Raises FormatError."""
    codes, at = [], 0
    while at < len(content):
        counts = content[at + 1 : at + 17]
        code = counts + content[at + 17 : at + 17 + sum(counts)]
        if len(counts) != LENGTHS or len(code) != LENGTHS + sum(counts) or not is_code(counts) or content[at] >> 4 > 1:
            raise FormatError("a Huffman table is damaged")
        codes.append(((content[at] >> 4, content[at] & 15), code))
        at += 1 + len(code)
    return codes


def is_code(counts: bytes) -> bool:
    """Whether codes of these lengths exist (format 9.3)."""
    left = 1
    for count in counts:
        left = 2 * left - count
        if left < 0:
            return False
    return sum(counts) <= 256
