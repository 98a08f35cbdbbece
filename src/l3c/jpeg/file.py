"""JPEG files to coefficients and what else it takes to write them again, byte for byte."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from l3c.errors import FormatError, InputError, LimitError, exceeding
from l3c.jpeg.entropy_compiled import read_scan, write_scan
from l3c.jpeg.layout import (
    BLOCK,
    FREE_VISITS,
    MOST_VISITS_A_BLOCK,
    MOST_VISITS_A_BYTE,
    Layout,
    Scan,
    parts,
    planes_of,
    read_layout,
    segments,
)
from l3c.jpeg.lean import full_header

BITS = 8  # of a byte: a block takes a bit at least
BLOCK_BYTES = 2 * BLOCK + 96
"""Memory for a block: its coefficients, and what is noted of it at most while its scan is read."""

FILE_COPIES = 12
"""How many times a file's bytes lie in memory at most while it is parsed or written: 6 times, and
notes of segments' ends, 56 bytes for each 32 of the file, with room to grow and once more in order.
"""

DEFAULT_MAX_MEMORY = 4 << 30  # bytes: as in `codec.decode`
SMALL_NOTES = 1024
"""Bytes of notes that are not worth a thought, in a small file."""

TAIL = -1
"""In place of a segment's number."""

BEGIN = b"\xff\xd8\xff"  # the start of an image, and the first byte of the next marker
FINISH = b"\xff\xd9"  # the end of an image
APPLICATIONS = range(0xE0, 0xF0)  # markers of applications' segments: APP0 to APP15
MOST_INNER = 16
"""Pictures in a file: cameras write up to four."""

MOST_TRIES = 16
"""Places in a segment or the tail where a picture may begin."""


class ReproductionError(InputError):
    """A JPEG file that does not come back exactly, or of a kind that is not supported: it is kept
    as it is.
    """


@dataclass(frozen=True, eq=False)
class JpegFile:
    """A JPEG file, taken apart.

    length: bytes of the file. header: all bytes from its start to the end of the picture but the
    coded data of scans. coefficients: of each component int16 [rows, columns, 64] in zigzag order,
    as `layout` says. notes: of each scan, what coefficients do not tell of its coded data. tail:
    what follows the picture. inner: pictures in the header and the tail. left_out: numbers of
    Huffman codes that are empty in the header, since they follow from the coefficients; none after
    `parse`.
    """

    length: int
    header: bytes
    layout: Layout
    coefficients: list[NDArray[np.int16]]
    notes: list[bytes]
    tail: bytes
    inner: tuple[Inner, ...] = ()
    left_out: tuple[int, ...] = ()

    @property
    def pictures(self) -> list[JpegFile]:
        """The file and those in it: all whose coefficients it takes to write it."""
        return [self, *(inner.file for inner in self.inner)]


@dataclass(frozen=True, eq=False)
class Inner:
    """A JPEG file in another: a thumbnail, or a second picture.

    segment: number of the header's segment that holds it, or TAIL. offset: into its content.
    """

    segment: int
    offset: int
    file: JpegFile


def parse(data: bytes, max_memory: int = DEFAULT_MAX_MEMORY) -> JpegFile:
    """A JPEG file, taken apart and proved to come back. max_memory: bytes.

    Pictures in its header and its tail are taken apart, too, but no further ones in these. Raises
    ReproductionError, with the reason, where the file would not come back.
    """
    data = bytes(data)
    try:
        file = _picture(data, max_memory)
    except (FormatError, LimitError) as error:
        raise ReproductionError(f"this JPEG file cannot be reproduced: {error}") from error
    left = max_memory - memory_needed(file.layout, len(data))
    inner: list[Inner] = []
    for segment, content in _holders(file):
        for offset, found in _pictures_in(content, left, MOST_INNER - len(inner)):
            inner.append(Inner(segment, offset, found))
            left -= memory_needed(found.layout, found.length)
    return replace(file, inner=tuple(inner))


def _picture(data: bytes, max_memory: int) -> JpegFile:
    header, ranges, end = parts(data)
    layout, until = read_layout(header)
    if until < len(header):
        header, ranges = header[:until], ranges[: len(layout.scans)]
        end = until + sum(b - a for a, b in ranges)
    check_effort(layout, len(data), max_memory)
    file = JpegFile(len(data), header, layout, zeros(layout), [], data[end:])
    coded = [data[a:b] for a, b in ranges]
    for scan, part in zip(layout.scans, coded, strict=True):
        file.notes.append(read_scan(part, planes_of(layout, scan, file.coefficients)))
    if sum(map(len, file.notes)) > SMALL_NOTES + len(data) // 8 * 7:
        raise FormatError("its coded data are damaged")
    for scan, notes, part in zip(layout.scans, file.notes, coded, strict=True):
        if write_scan(notes, len(part), planes_of(layout, scan, file.coefficients)) != part:
            raise FormatError("its coded data say one thing in more than one way")
    return file


def _holders(file: JpegFile) -> Iterator[tuple[int, bytes]]:
    """What may hold pictures: segments of applications, and the tail."""
    for number, (marker, start, end) in enumerate(segments(file.header, coded=False)):
        if marker in APPLICATIONS:
            yield number, file.header[start:end]
    yield TAIL, file.tail


def _pictures_in(data: bytes, max_memory: int, most: int) -> Iterator[tuple[int, JpegFile]]:
    """Offsets and files of JPEG files among other bytes, whole ones only."""
    at, tries = 0, MOST_TRIES
    while most and tries and (at := data.find(BEGIN, at)) >= 0:
        tries -= 1
        with suppress(FormatError, LimitError):
            found = _picture(data[at:], max_memory)
            length = found.length - len(found.tail)
            if found.header.endswith(FINISH) and sum(map(len, found.notes)) <= SMALL_NOTES + length // 8:
                yield at, replace(found, length=length, tail=b"")
                most -= 1
                max_memory -= memory_needed(found.layout, length)
                at += length
                continue
        at += len(BEGIN)


def check_effort(layout: Layout, length: int, max_memory: int) -> None:
    """Refuses frames that are too large for a file of `length` bytes (format 9.3) or for the memory allowed.
    Raises FormatError, LimitError.
    """
    if layout.blocks > BITS * length:
        raise FormatError("its frame declares more blocks than the file has bits")
    if (needed := memory_needed(layout, length)) > max_memory:
        raise exceeding("it takes", needed, max_memory)
    visits = sum(_visits(layout, scan) for scan in layout.scans)
    if visits > min(MOST_VISITS_A_BYTE * length, MOST_VISITS_A_BLOCK * layout.blocks) + FREE_VISITS:
        raise FormatError("it has more scans than files need")


def _visits(layout: Layout, scan: Scan) -> int:
    return sum(layout.components[i].rows * layout.components[i].columns for i in scan.components)


def memory_needed(layout: Layout, length: int) -> int:
    """Bytes that a file of `length` bytes takes when it is parsed or written."""
    return BLOCK_BYTES * layout.blocks + FILE_COPIES * length


def zeros(layout: Layout) -> list[NDArray[np.int16]]:
    """Coefficients of each component, 0."""
    return [np.zeros((c.rows, c.columns, BLOCK), np.int16) for c in layout.components]


def write(file: JpegFile) -> bytes:
    """The JPEG file's bytes (format 9.2). Raises FormatError where its coefficients or notes are not
    what `parse` gave.
    """
    header, tail = _filled(file)
    layout = file.layout
    if file.left_out:
        header = full_header(header, file.left_out, layout, file.coefficients, file.notes, file.length)
        layout, _ = read_layout(header)
    out, at, left = [], 0, file.length
    for scan, notes in zip(layout.scans, file.notes, strict=True):
        coded = write_scan(notes, left, planes_of(layout, scan, file.coefficients))
        out += [header[at : scan.position], coded]
        left -= len(coded)
        at = scan.position
    whole = b"".join([*out, header[at:], tail])
    if len(whole) != file.length:
        raise FormatError(f"the JPEG file has {len(whole)} bytes, not {file.length}")
    return whole


def _filled(file: JpegFile) -> tuple[bytes, bytes]:
    """Header and tail, with the files in them."""
    if not file.inner:
        return file.header, file.tail
    header, tail = bytearray(file.header), bytearray(file.tail)
    starts = [start for _, start, _ in segments(file.header, coded=False)]
    for inner in file.inner:
        start, target = (0, tail) if inner.segment == TAIL else (starts[inner.segment], header)
        begin = start + inner.offset
        target[begin : begin + inner.file.length] = write(inner.file)
    return bytes(header), bytes(tail)
