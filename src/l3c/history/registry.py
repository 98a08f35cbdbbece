"""Pixels with a history: to the planes they were made from, and back by doing again what was done."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from numpy.typing import NDArray

from l3c.container.structure import DecodedJpeg, ImageHeader, PhotoCd, Residuals, Upscaled, ValueTable, Video
from l3c.container.tiling import Box
from l3c.errors import FormatError
from l3c.history.decoded_jpeg import kind as decoded_jpeg
from l3c.history.part import Part
from l3c.history.photo_cd import kind as photo_cd
from l3c.history.plain import Components, from_components, from_numbers, to_components
from l3c.history.residuals import kind as residuals
from l3c.history.upscaled import kind as upscaled
from l3c.history.value_table import kind as value_table
from l3c.history.video import kind as video

SOUGHT = (upscaled, photo_cd, video, value_table, residuals)
"""Kinds whose components models code, in the order in which they are looked for."""

KINDS: dict[type[Any], Any] = {
    Upscaled: upscaled,
    PhotoCd: photo_cd,
    Video: video,
    ValueTable: value_table,
    DecodedJpeg: decoded_jpeg,
    Residuals: residuals,
}
"""The module of each."""

CONVERTED_BYTES, DECODED_JPEG_BYTES = 108, 64
"""For each pixel of 8-bit RGB that came from video or a Photo CD, and of one that a JPEG decoder made, once that is
found (measured, with room: tests/codec/test_encoding_memory.py)."""

COSTLY = {photo_cd: CONVERTED_BYTES, video: CONVERTED_BYTES}
"""Those that take more memory than encoding does without them, bytes a pixel."""


def undo(numbers: NDArray[Any], header: ImageHeader, limit: int | None = None) -> tuple[ImageHeader, Components] | None:
    """The header with the history that was found, and its components; None where there is none, or proof fails.

    numbers: [height, width, channels]. limit: bytes, None for any; kinds of history that may take more are not looked
    for.
    """
    kinds = [kind for kind in SOUGHT if is_affordable(header, COSTLY.get(kind, 0), limit)]
    return next((found for kind in kinds if (found := kind.undo(numbers, header))), None)


def ways(numbers: NDArray[Any], header: ImageHeader, limit: int) -> list[tuple[ImageHeader, Components]]:
    """As `undo`, with another way to code the image where it may be smaller; none where there is no history."""
    found = undo(numbers, header, limit)
    if found is None:
        return []
    history = found[0].history
    if isinstance(history, ValueTable) and value_table.may_be_larger(header, history):
        return [found, residuals.undo(numbers, header) or (header, to_components(numbers, header))]
    return [found]


def is_affordable(header: ImageHeader, bytes_a_pixel: int, limit: int | None) -> bool:
    """Whether a history that takes so much may be looked for. limit: bytes, None for any."""
    return limit is None or header.height * header.width * bytes_a_pixel <= limit


def redo(components: Components, header: ImageHeader) -> NDArray[Any]:
    """Samples [height, width, channels] from the components of any header. Raises FormatError."""
    if header.history is None:
        numbers = from_components(components, header)
    else:
        numbers = KINDS[type(header.history)].redo(components, header, header.history)
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
    return KINDS[type(header.history)].part_around(header, header.history, box)  # type: ignore[no-any-return]


def touched(header: ImageHeader, index: int, box: Box) -> tuple[slice, slice, slice]:
    """Rows, columns and channels of the samples that depend on a box of a component, or more."""
    first, last = 0, header.channels
    if header.history is None:
        plane = index // header.parts
        first, last = sum(header.planes[:plane]), sum(header.planes[: plane + 1])
    else:
        box = KINDS[type(header.history)].touched(header, header.history, index, box)
    return slice(box.top, box.bottom), slice(box.left, box.right), slice(first, last)


def memory_needed(header: ImageHeader) -> int:
    """Bytes that `redo` takes beside the components, at most."""
    return KINDS[type(header.history)].memory_needed(header, header.history) if header.history else 0
