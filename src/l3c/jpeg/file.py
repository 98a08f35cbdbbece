"""JPEG files to coefficients and what else it takes to write them again, byte for byte."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from l3c.errors import FormatError, InputError
from l3c.jpeg.entropy_compiled import read_scan, write_scan
from l3c.jpeg.layout import BLOCK, FREE_VISITS, MOST_VISITS_A_BYTE, Layout, Scan, ScanOfPlanes, parts, read_layout

BITS = 8
BLOCK_BYTES = 2 * BLOCK
"""Of coefficients, in memory."""

FILE_COPIES = 6
"""How many times a file's bytes lie in memory at most while it is parsed or written."""

DEFAULT_MAX_MEMORY = 4 << 30
SMALL_NOTES = 1024
"""Bytes of notes that are not worth a thought, in a small file."""


class ReproductionError(InputError):
    """A JPEG file that does not come back exactly, or of a kind that is not supported: it is kept
    as it is.
    """


@dataclass(frozen=True, eq=False)
class JpegFile:
    """A JPEG file, taken apart.

    header: all bytes from the start to the end of the picture but the coded data of its scans.
    coefficients: of each component int16 [rows, columns, 64] in zigzag order, as `layout` says.
    notes: what these do not tell of the coded data. tail: what follows the picture.
    """

    header: bytes
    layout: Layout
    coefficients: list[NDArray[np.int16]]
    notes: list[bytes] = field(default_factory=list)
    tail: bytes = b""


def parse(data: bytes, max_memory: int = DEFAULT_MAX_MEMORY) -> JpegFile:
    """A JPEG file, taken apart and proved to come back. max_memory: bytes.

    Raises ReproductionError, with the reason, where it would not.
    """
    try:
        return _parse(bytes(data), max_memory)
    except FormatError as error:
        raise ReproductionError(f"this JPEG file cannot be reproduced: {error}") from error


def _parse(data: bytes, max_memory: int) -> JpegFile:
    header, ranges, end = parts(data)
    layout, until = read_layout(header)
    if until < len(header):
        ranges = ranges[: len(layout.scans)]
        end = until + sum(b - a for a, b in ranges)
    check_effort(layout, len(data), max_memory)
    file = JpegFile(header[:until], layout, zeros(layout), [], data[end:])
    for scan, (start, until) in zip(layout.scans, ranges, strict=True):
        file.notes.append(read_scan(data[start:until], of_planes(file, scan)))
    if sum(map(len, file.notes)) > SMALL_NOTES + len(data) // 2:
        raise FormatError("its coded data are damaged")
    for scan, notes, (start, until) in zip(layout.scans, file.notes, ranges, strict=True):
        if write_scan(notes, until - start, of_planes(file, scan)) != data[start:until]:
            raise FormatError("its coded data say one thing in more than one way")
    return file


def check_effort(layout: Layout, length: int, max_memory: int) -> None:
    """Refuses frames that are too large for a file of `length` bytes or for the memory allowed.
    Raises FormatError.
    """
    if layout.blocks > BITS * length:
        raise FormatError("its frame declares more blocks than the file has bits")
    if (needed := memory_needed(layout, length)) > max_memory:
        raise FormatError(f"it takes {needed} bytes of memory, the limit is {max_memory}")
    visits = sum(_visits(layout, scan) for scan in layout.scans)
    if visits > MOST_VISITS_A_BYTE * length + FREE_VISITS:
        raise FormatError("it has more scans than files need")


def _visits(layout: Layout, scan: Scan) -> int:
    return sum(layout.components[i].rows * layout.components[i].columns for i in scan.components)


def memory_needed(layout: Layout, length: int) -> int:
    """Bytes that a file of `length` bytes takes when it is parsed or written."""
    return BLOCK_BYTES * layout.blocks + FILE_COPIES * length


def zeros(layout: Layout) -> list[NDArray[np.int16]]:
    """Coefficients of each component, 0."""
    return [np.zeros((c.rows, c.columns, BLOCK), np.int16) for c in layout.components]


def of_planes(file: JpegFile, scan: Scan) -> ScanOfPlanes:
    """A scan together with the coefficients that it codes."""
    rows, columns = file.layout.units(scan)
    planes = []
    for i, dc, ac in zip(scan.components, scan.dc, scan.ac, strict=True):
        component = file.layout.components[i]
        alone = len(scan.components) == 1
        across, down = (1, 1) if alone else (component.horizontal, component.vertical)
        planes.append((file.coefficients[i], across, down, dc, ac))
    return {
        "progressive": file.layout.progressive,
        "first": scan.first,
        "last": scan.last,
        "high": scan.high,
        "low": scan.low,
        "restart": scan.restart,
        "unit_rows": rows,
        "unit_columns": columns,
        "planes": planes,
    }


def write(file: JpegFile, limit: int) -> bytes:
    """The JPEG file's bytes, `limit` at most. Raises FormatError."""
    out, at, left = [], 0, limit
    for scan, notes in zip(file.layout.scans, file.notes, strict=True):
        coded = write_scan(notes, left, of_planes(file, scan))
        out += [file.header[at : scan.position], coded]
        left -= len(coded)
        at = scan.position
    whole = b"".join([*out, file.header[at:], file.tail])
    if len(whole) > limit:
        raise FormatError("the JPEG file is longer than it should be")
    return whole
