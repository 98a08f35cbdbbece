"""Some rows of a JPEG file's picture as a JPEG file of its own, which any reader decodes to the same pixels.

Its scans are sequential, one for each component, whatever those of the file are: only coefficients, quantization and
what tells of colours matter to pixels.
"""

from __future__ import annotations

import numpy as np

from l3c.jpeg.entropy_compiled import write_scan
from l3c.jpeg.file import APPLICATIONS, FINISH, JpegFile
from l3c.jpeg.layout import (
    AC_CLASS,
    BLOCK,
    CODES,
    END,
    EXTENDED,
    SCAN,
    SIDE,
    START,
    STEPS,
    WHOLE,
    marked,
    planes_of,
    read_layout,
    segments,
)
from l3c.jpeg.notes import APART, BREAKS, ONES, REGULAR, RUN_LIMIT, ZERO_RUNS

ABOUT_COLOURS = (b"JFIF\0", b"Adobe")
"""How segments begin that tell readers what the components are."""

DC_SIZES = 16
"""Symbols of differences: sizes of 0 .. 15 bits."""

DC_LENGTH = 5
"""Bits of each code for differences: 16 codes of the 32, since the last one must stay free."""

AC_LENGTH = 9
"""Bits of each code for other coefficients: 256 of the 512."""

WIDE = 0x10
"""Flag of a quantization table: 16 bits an entry."""

SYMBOL_BYTES = 7
"""Of each coefficient in its scan, at most: 10 bits of a code and 15 of the value are 25 bits, and each byte may be
stuffed with another."""

HARMLESS = ONES | RUN_LIMIT | ZERO_RUNS | BREAKS | APART
"""Flags of notes that tell how coefficients are coded, not what a reader makes of them."""

UNKNOWN = 99
"""In place of the bits that are left out of a coefficient that no scan has."""

OVERHEAD = 64
"""Bytes of a scan of few coefficients."""


def is_cuttable(file: JpegFile) -> bool:
    """Whether the pixels follow from the coefficients, so that those of a part are those of the whole.

    Readers fill in what damaged coded data lack, smooth what a progressive file leaves out, and give up at an early
    end, each in its own way.
    """
    if not file.header.endswith(FINISH) or any(not notes or notes[0] & ~HARMLESS for notes in file.notes):
        return False
    known = np.full((len(file.layout.components), BLOCK), UNKNOWN)
    for scan in file.layout.scans:
        positions = list(scan.components), slice(scan.first, scan.last + 1)
        if not (known[positions] == (scan.high or UNKNOWN)).all():
            return False
        known[positions] = scan.low
    return not known.any()


def unit_height(file: JpegFile) -> int:
    """Lines of a row of units."""
    return SIDE * max(component.vertical for component in file.layout.components)


def part_of(file: JpegFile, first: int, last: int) -> bytes:
    """The JPEG file of the rows of units first .. last - 1, which begins at line first * unit_height."""
    height = min(file.layout.height, last * unit_height(file)) - first * unit_height(file)
    start = _header(file, height)
    lone = [marked(SCAN, bytes([1, c.identifier, 0]) + WHOLE) for c in file.layout.components]
    layout, _ = read_layout(b"".join([start, *lone, marked(END)]))
    rows = [slice(first * c.vertical, None) for c in file.layout.components]
    coefficients = [
        np.ascontiguousarray(plane[part][: c.rows, : c.columns])
        for plane, part, c in zip(file.coefficients, rows, layout.components, strict=True)
    ]
    out = [start]
    for header, scan in zip(lone, layout.scans, strict=True):
        limit = OVERHEAD + SYMBOL_BYTES * coefficients[scan.components[0]].size
        out += [header, write_scan(REGULAR, limit, planes_of(layout, scan, coefficients))]
    return b"".join([*out, marked(END)])


def _header(file: JpegFile, height: int) -> bytes:
    """All before the first scan."""
    layout = file.layout
    out = [marked(START)]
    for marker, start, end in segments(file.header, coded=False):
        if marker == SCAN:  # readers know the colours by now
            break
        content = file.header[start:end]
        if marker in APPLICATIONS and content.startswith(ABOUT_COLOURS):
            out.append(marked(marker, content))
    for number, component in enumerate(layout.components):
        out.append(marked(STEPS, bytes([WIDE | number]) + component.steps.astype(">u2").tobytes()))
    lines = [
        bytes([c.identifier, c.horizontal << 4 | c.vertical, number]) for number, c in enumerate(layout.components)
    ]
    sizes = height.to_bytes(2, "big") + layout.width.to_bytes(2, "big")
    out.append(marked(EXTENDED, bytes([SIDE]) + sizes + bytes([len(lines)]) + b"".join(lines)))
    out += [marked(CODES, b"\0" + _even_code(DC_SIZES, DC_LENGTH))]
    out += [marked(CODES, bytes([AC_CLASS]) + _even_code(256, AC_LENGTH))]
    return b"".join(out)


def _even_code(symbols: int, length: int) -> bytes:
    """Codes of one length for the symbols 0 .. symbols - 1."""
    counts = bytearray(16)
    if symbols > 255:  # a count is a byte: the last symbol takes one bit more
        counts[length - 1], counts[length] = 255, symbols - 255
    else:
        counts[length - 1] = symbols
    return bytes(counts) + bytes(range(symbols))
