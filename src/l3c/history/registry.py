"""Pixels with a history: to the planes that they were made from, and back by repeating the conversion."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple, Protocol

from numpy.typing import NDArray

from l3c.container.history import ColourTable, DecodedJpeg, PhotoCd, Residuals, Upscaled, ValueTable, Video
from l3c.container.structure import ImageHeader
from l3c.container.tiling import Box
from l3c.errors import FormatError
from l3c.history.colour_table import kind as colour_table
from l3c.history.decoded_jpeg import kind as decoded_jpeg
from l3c.history.part import Part
from l3c.history.photo_cd import kind as photo_cd
from l3c.history.plain import Components, from_components, from_numbers
from l3c.history.residuals import kind as residuals
from l3c.history.upscaled import kind as upscaled
from l3c.history.value_table import kind as value_table
from l3c.history.video import kind as video


class Kind(Protocol):
    """The module of a kind of history."""

    def undo(self, numbers: NDArray[Any], header: ImageHeader) -> tuple[ImageHeader, Components] | None:
        """The header with the history and its components; None where it is not found, or its proof fails."""
        ...

    def redo(self, components: Components, header: ImageHeader, history: Any) -> NDArray[Any]:
        """Numbers [height, width, channels]. Raises FormatError."""
        ...

    def part_around(self, header: ImageHeader, history: Any, box: Box) -> Part:
        """The least part that holds a box."""
        ...

    def touched(self, header: ImageHeader, history: Any, index: int, box: Box) -> Box:
        """Pixels that depend on a box of a component, or more."""
        ...

    def memory_needed(self, header: ImageHeader, history: Any) -> int:
        """Bytes that `redo` takes beside the components, at most."""
        ...


class Row(NamedTuple):
    """search_bytes: that looking for it takes for each pixel of 8-bit RGB, where that is more than encoding takes.

    They are measured, with room: tests/codec/test_encoding_memory.py. components: whether `undo` looks for it; the
    others are candidates beside what that finds. drawings: whether pictures have it of which nearly all pixels repeat a
    neighbour.
    """

    module: Kind
    search_bytes: int = 0
    components: bool = True
    drawings: bool = True


KINDS: dict[type[Any], Row] = {
    Upscaled: Row(upscaled),
    PhotoCd: Row(photo_cd, search_bytes=108, drawings=False),  # scans of film
    Video: Row(video, search_bytes=108),
    ValueTable: Row(value_table),
    Residuals: Row(residuals),
    ColourTable: Row(colour_table, components=False),
    DecodedJpeg: Row(decoded_jpeg, search_bytes=64, components=False),
}
"""Every kind, in the order in which they are looked for."""


def undo(
    numbers: NDArray[Any], header: ImageHeader, limit: int | None = None, drawing: bool = False
) -> tuple[ImageHeader, Components] | None:
    """The header with the history that was found, and its components; None where there is none, or proof fails.

    numbers: [height, width, channels]. limit: bytes, None for any; kinds of history that may take more are not looked
    for. drawing: whether nearly all pixels repeat a neighbour; kinds that drawings do not have are not looked for.
    """
    kinds = [kind for kind, row in KINDS.items() if row.components and (row.drawings or not drawing)]
    sought = [kind for kind in kinds if is_affordable(kind, header, limit)]
    return next((undone for kind in sought if (undone := KINDS[kind].module.undo(numbers, header))), None)


def is_affordable(kind: type[Any], header: ImageHeader, limit: int | None) -> bool:
    """Whether a kind may be looked for in an image. limit: bytes, None for any."""
    return limit is None or header.height * header.width * KINDS[kind].search_bytes <= limit


def redo(components: Components, header: ImageHeader) -> NDArray[Any]:
    """Samples [height, width, channels] from the components of any header. Raises FormatError."""
    if header.history is None:
        numbers = from_components(components, header)
    else:
        numbers = KINDS[type(header.history)].module.redo(components, header, header.history)
    _check_range(numbers, header)
    return from_numbers(numbers, header)


def _check_range(numbers: NDArray[Any], header: ImageHeader) -> None:
    """Raise FormatError where a sample exceeds what its depth, or the maximum, allows."""
    if not header.maximum and header.depth in (1, header.bits):
        return
    limit = header.maximum or (1 << header.depth) - 1
    if int(numbers.max()) > limit:
        raise FormatError(f"a sample of {int(numbers.max())}, where the header allows at most {limit}")


def part_around(header: ImageHeader, box: Box) -> Part:
    """The least part that holds a box of an image."""
    if header.history is None:
        part = replace(header, height=box.height, width=box.width)
        return Part(part, box, [box] * len(header.components))
    return KINDS[type(header.history)].module.part_around(header, header.history, box)


def touched(header: ImageHeader, index: int, box: Box) -> tuple[slice, slice, slice]:
    """Rows, columns and channels of the samples that depend on a box of a component, or more."""
    first, last = 0, header.channels
    if header.history is None:
        plane = index // header.parts
        first, last = sum(header.planes[:plane]), sum(header.planes[: plane + 1])
    else:
        box = KINDS[type(header.history)].module.touched(header, header.history, index, box)
    return slice(box.top, box.bottom), slice(box.left, box.right), slice(first, last)


def memory_needed(header: ImageHeader) -> int:
    """Bytes that `redo` takes beside the components, at most."""
    return KINDS[type(header.history)].module.memory_needed(header, header.history) if header.history else 0
