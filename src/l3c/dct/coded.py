"""Definition: a JPEG file to a packed header and payloads of its coefficients, and back (format 2.10.1)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from l3c.container.coefficients import CodedJpeg
from l3c.container.structure import ModelReference
from l3c.dct.definition.plane import Plane
from l3c.dct.model import DctModel
from l3c.errors import FormatError, L3CError, exceeding
from l3c.jpeg import file as jpeg
from l3c.jpeg.file import JpegFile, ReproductionError
from l3c.jpeg.layout import Layout
from l3c.jpeg.pack import pack_header, unpack_header
from l3c.threads import at_work, in_order

SEGMENT_BLOCKS = 1 << 15
"""Blocks of a segment, about: 1.4 megapixels of 4:2:0. Several threads code a large picture, and a part of it is found
without the rest. Files grow by at most 0.16 %, and some shrink, since models adapt to a part: measured on four files.
Half of it costs 0.2 to 0.4 %.
"""

CODER_BLOCK_BYTES = 132
"""Of each block while it is coded: a copy of its coefficients, and two counts."""

CODER_ROW_BYTES = 4096
"""Of each row of blocks while it is coded: the inputs and activations of one block in a wavefront, with room."""

Progress = Callable[[float], None]
"""Called with the share done, 0 .. 1."""


def quiet(share: float) -> None:
    """Progress that nobody watches."""


class Segment(NamedTuple):
    """Rows of blocks of each component of a picture, which are coded together."""

    picture: int
    rows: tuple[slice, ...]


def segments(layout: Layout, picture: int, unit_rows: int) -> Iterator[Segment]:
    """Those of a picture: `unit_rows` rows of units each, the last one perhaps fewer."""
    for first in range(0, rows_of_units(layout), unit_rows):
        last = first + unit_rows
        yield Segment(
            picture,
            tuple(slice(first * c.vertical, min(last * c.vertical, c.rows)) for c in layout.components),
        )


def rows_of_units(layout: Layout) -> int:
    """A unit (MCU) has as many rows of blocks of a component as its vertical sampling factor says."""
    return max(-(-c.rows // c.vertical) for c in layout.components)


def usual_rows(layout: Layout) -> int:
    """Rows of units that make a segment of the usual size."""
    units = rows_of_units(layout)
    count = max(1, round(layout.blocks / SEGMENT_BLOCKS))
    return -(-units // count)


def pack(data: bytes, model: DctModel, threads: int | None, max_memory: int, progress: Progress) -> CodedJpeg:
    """A JPEG file, proved to be made again from its header and coefficients.

    The payloads are not decoded for proof, which would take as long as coding them did.
    Raises ReproductionError, with the reason, where it would not come back.
    """
    with at_work():
        file = jpeg.parse(data, max_memory)
        _check(file, max_memory, ReproductionError)
        header = pack_header(file)
        prove(file, header, data, max_memory)
    rows = usual_rows(file.layout)
    parts = _parts(file, rows)
    payloads = []
    for payload in in_order(lambda part: model.encode(_planes(file.pictures, part)), parts, threads):
        payloads.append(payload)
        progress(len(payloads) / len(parts))
    return CodedJpeg(ModelReference(model.digest, model.name), header, rows, payloads)


def prove(file: JpegFile, header: bytes, data: bytes, max_memory: int) -> None:
    """Raise ReproductionError unless the packed header and the coefficients give the very bytes."""
    try:
        made = jpeg.write(_filled(unpack_header(header, max_memory), file))
    except FormatError as error:
        raise ReproductionError(f"its header cannot be packed: {error}") from error
    if made != data:
        raise ReproductionError("its header cannot be packed: another file comes back")


def _filled(blank: JpegFile, file: JpegFile) -> JpegFile:
    """The file whose coefficients are those of another."""
    pairs = zip(blank.inner, file.inner, strict=True)
    inner = tuple(replace(a, file=replace(a.file, coefficients=b.file.coefficients)) for a, b in pairs)
    return replace(blank, coefficients=file.coefficients, inner=inner)


def blank_file(coded: CodedJpeg, max_memory: int) -> JpegFile:
    """The JPEG file whose coefficients are still 0. Raises FormatError, LimitError."""
    file = unpack_header(bytes(coded.header), max_memory)
    _check(file, max_memory, FormatError)
    return file


def unpack(coded: CodedJpeg, file: JpegFile, model: DctModel, threads: int | None, progress: Progress) -> bytes:
    """The JPEG file's bytes. file: that of `blank_file`, which is filled in. Raises FormatError."""
    fill(coded, file, model, threads, progress)
    with at_work():
        return jpeg.write(file)


def fill(coded: CodedJpeg, file: JpegFile, model: DctModel, threads: int | None, progress: Progress = quiet) -> None:
    """Decode the coefficients of all pictures into the file of `blank_file`. Raises FormatError."""
    parts = _parts(file, coded.segment_rows)
    _check_count(parts, coded)
    items = list(zip(parts, coded.payloads, strict=True))
    for number, _ in enumerate(in_order(lambda item: fill_segment(model, file, *item), items, threads)):
        progress((number + 1) / len(items))


def fill_rows(coded: CodedJpeg, file: JpegFile, model: DctModel, first: int, last: int, threads: int | None) -> None:
    """As `fill`, of the segments of the file's own picture that hold its rows of units first .. last - 1."""
    parts = _parts(file, coded.segment_rows)
    _check_count(parts, coded)
    start, stop = first // coded.segment_rows, -(-last // coded.segment_rows)
    own = sum(part.picture == 0 for part in parts)
    items = list(zip(parts, coded.payloads, strict=True))[start : min(stop, own)]
    for _ in in_order(lambda item: fill_segment(model, file, *item), items, threads):
        pass


def fill_segment(model: DctModel, file: JpegFile, part: Segment, payload: bytes | memoryview) -> None:
    """Decode the coefficients of one segment. Raises FormatError."""
    planes = _planes(file.pictures, part)
    for plane, values in zip(planes, model.decode(bytes(payload), planes), strict=True):
        plane.coefficients[:] = values


def _check_count(parts: list[Segment], coded: CodedJpeg) -> None:
    if len(parts) != len(coded.payloads):
        raise FormatError(f"a JPEG file of {len(parts)} segments has coefficients of {len(coded.payloads)}")


def _parts(file: JpegFile, rows: int) -> list[Segment]:
    pictures = enumerate(file.pictures)
    return [part for number, picture in pictures for part in segments(picture.layout, number, rows)]


def _planes(pictures: list[JpegFile], part: Segment) -> list[Plane]:
    """Views of the coefficients of a segment, with what the model sees of their components."""
    picture = pictures[part.picture]
    return [
        Plane(_rows(coefficients, rows), component.steps, component.horizontal, component.vertical)
        for coefficients, component, rows in zip(
            picture.coefficients, picture.layout.components, part.rows, strict=True
        )
    ]


def _rows(coefficients: NDArray[np.int16], rows: slice) -> NDArray[np.int16]:
    return coefficients[rows]


def memory_needed(layout: Layout, length: int) -> int:
    """Bytes that a picture of a file of `length` bytes takes while it is coded, whatever the threads."""
    rows = sum(component.rows for component in layout.components)
    return jpeg.memory_needed(layout, length) + CODER_BLOCK_BYTES * layout.blocks + CODER_ROW_BYTES * rows


def _check(file: JpegFile, max_memory: int, error: type[L3CError]) -> None:
    """Raise LimitError where coding takes more memory, and `error` where models do not take the quantization."""
    if any((component.steps == 0).any() for picture in file.pictures for component in picture.layout.components):
        raise error("a quantization step of the JPEG file is 0")
    needed = sum(memory_needed(picture.layout, picture.length) for picture in file.pictures)
    if needed > max_memory:
        raise exceeding("the coefficients of the JPEG file take", needed, max_memory)
