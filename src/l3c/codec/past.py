"""Pixels with a past: to the planes they were made from, and back by doing again what was done."""

from __future__ import annotations

import zlib
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from l3c.codec import decoded_jpeg
from l3c.codec.webp import is_drawn
from l3c.container.constants import CORRECTED_SHARE, GRAY, RGB
from l3c.container.cursor import Cursor, varint
from l3c.container.structure import DecodedJpeg, ImageHeader, Levels, PhotoCd
from l3c.container.tiling import Box
from l3c.errors import FormatError
from l3c.history import levels, photo_cd

Components = list[NDArray[np.uint8]]
VARINT_MAX = 10
LEAST_PIXELS = 4096
"""In smaller images tables are not worth their bytes."""

STRIP_BYTES = 160
"""Bytes for each pixel of a strip of rows that is made at a time."""


def undo(samples: NDArray[Any], header: ImageHeader) -> tuple[ImageHeader, Components] | None:
    """The header with the past that was found, and its components; None where there is none, or proof fails."""
    photo = _undo_photo_cd(samples, header) if (header.layout, header.depth) == (RGB, 8) else None
    return photo or (_undo_levels(samples, header) if header.layout in (GRAY, RGB) else None)


def _undo_photo_cd(pixels: NDArray[Any], header: ImageHeader) -> tuple[ImageHeader, Components] | None:
    from l3c.history.photo_cd_invert import invert, likely

    if not likely(pixels):
        return None
    for turned in (False, True):
        planes = invert(turn_back(pixels, turned))
        if planes is not None:
            components = [plane[..., None] for plane in planes[:3]]
            return _corrected(pixels, header, PhotoCd(turned, planes.black), components)
    return None


def _undo_levels(samples: NDArray[Any], header: ImageHeader) -> tuple[ImageHeader, Components] | None:
    if header.depth < 8 or header.height * header.width < LEAST_PIXELS:
        return None
    gray = header.layout == RGB and levels.is_gray(samples)
    if not gray and not levels.likely(samples, header.depth):
        return None
    kept = samples[..., :1] if gray else samples
    counts = levels.counts_of(kept, header.depth)
    if not gray and (not levels.worth_it(counts, header.depth) or (header.depth == 8 and is_drawn(samples))):
        return None
    past = Levels(gray, tuple(tuple(map(int, np.nonzero(count)[0])) for count in counts))
    if gray and past.bits == 16:
        return None
    return replace(header, past=past), levels.split(levels.to_ranks(kept, _tables(past), header.depth), past.bits)


def redo(components: Components, header: ImageHeader) -> NDArray[Any]:
    """Samples [height, width, channels] from the components of a header with a past. Raises FormatError."""
    if isinstance(header.past, PhotoCd):
        return _redo_photo_cd(components, header, header.past)
    if isinstance(header.past, DecodedJpeg):
        return decoded_jpeg.redo(components, header, header.past)
    assert header.past is not None
    dtype = np.uint16 if header.depth > 8 else np.uint8
    samples = levels.from_ranks(levels.join(components, header.past.bits), _tables(header.past), dtype)
    return np.repeat(samples, header.channels, axis=2) if header.past.gray else samples


def _tables(past: Levels) -> list[NDArray[np.intp]]:
    return [np.array(table, np.intp) for table in past.tables]


def _redo_photo_cd(components: Components, header: ImageHeader, past: PhotoCd) -> NDArray[np.uint8]:
    luma, blue, red = (component[..., 0] for component in components)
    pixels = _turn(photo_cd.redo(luma, blue, red, past.black), past.turned)
    correct(pixels, header, Box(0, 0, header.height, header.width))
    return pixels


class Part(NamedTuple):
    """A part of an image that can be made alone. header: of it, as an image of its own.

    box: where it lies in the image. boxes: where its components lie in the image's.
    """

    header: ImageHeader
    box: Box
    boxes: list[Box]


def part_around(header: ImageHeader, box: Box) -> Part:
    """The least part that holds a box of an image with a past."""
    if isinstance(header.past, PhotoCd):
        return _part_of_photo_cd(header, header.past, box)
    if isinstance(header.past, DecodedJpeg):
        whole = Box(0, 0, header.height, header.width)
        return Part(header, whole, [whole])
    assert header.past is not None
    if header.past.bits > 8:  # the low bits of a row are packed
        box = Box(box.top, 0, box.bottom, header.width)
    boxes = [replace(box, right=c.width) if box.width == header.width else box for c in header.components]
    return Part(replace(header, height=box.height, width=box.width), box, boxes)


def _part_of_photo_cd(header: ImageHeader, past: PhotoCd, box: Box) -> Part:
    """Even rows and columns of the source, and two more, since each half of chroma looks at the next."""
    height, width = (header.width, header.height) if past.turned else (header.height, header.width)
    source = Box(box.left, width - box.bottom, box.right, width - box.top) if past.turned else box
    top, left = source.top & ~1, source.left & ~1
    source = Box(top, left, min(source.bottom + 2, height), min(source.right + 2, width))
    half = Box(top // 2, left // 2, (source.bottom + 1) // 2, (source.right + 1) // 2)
    outer = Box(width - source.right, source.top, width - source.left, source.bottom) if past.turned else source
    past = PhotoCd(past.turned, past.black and source.bottom == height)
    return Part(replace(header, height=outer.height, width=outer.width, past=past), outer, [source, half, half])


def correct(pixels: NDArray[Any], header: ImageHeader, box: Box) -> None:
    """Add to the pixels of a box of the image what its planes do not give. Raises FormatError."""
    if not isinstance(header.past, PhotoCd):
        return
    places, differences = unpack(header.past, header.height * header.width)
    rows, columns = np.divmod(places, header.width)
    inside = (rows >= box.top) & (rows < box.bottom) & (columns >= box.left) & (columns < box.right)
    pixels[rows[inside] - box.top, columns[inside] - box.left] += differences[inside]


def memory_needed(header: ImageHeader) -> int:
    """Bytes that `redo` takes, at most."""
    past = header.past
    if isinstance(past, PhotoCd):
        width = header.height if past.turned else header.width
        return 2 * header.samples + photo_cd.STRIP * STRIP_BYTES * (width + 1) + 16 * past.count
    if isinstance(past, DecodedJpeg):
        return decoded_jpeg.memory_needed(header, past)
    return 0 if past is None else (8 if past.bits <= 8 else 64) * header.samples


def turn_back(pixels: NDArray[Any], turned: bool) -> NDArray[Any]:
    """The image as its source had it."""
    return np.ascontiguousarray(np.rot90(pixels, -1)) if turned else pixels


def _turn(pixels: NDArray[np.uint8], turned: bool) -> NDArray[np.uint8]:
    return np.ascontiguousarray(np.rot90(pixels)) if turned else pixels


def _corrected(
    pixels: NDArray[Any], header: ImageHeader, past: PhotoCd, components: Components
) -> tuple[ImageHeader, Components] | None:
    """The header with what the planes do not give; None where that is much."""
    made = redo(components, replace(header, past=past))
    differences = (pixels - made).reshape(-1, 3)
    places = np.nonzero(differences.any(-1))[0]
    if len(places) * CORRECTED_SHARE > len(differences):
        return None
    past = replace(past, count=len(places), packed=pack(places, differences[places]))
    return replace(header, past=past), components


def pack(places: NDArray[np.intp], differences: NDArray[np.uint8]) -> bytes:
    """Pixels' places in raster order, rising, and what is to be added to their channels [count, 3], modulo 256."""
    if not len(places):
        return b""
    gaps = np.diff(places, prepend=-1) - 1
    return zlib.compress(b"".join(varint(int(gap)) for gap in gaps) + differences.T.tobytes(), 9)


def unpack(past: PhotoCd, pixels: int) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
    """Places [count] below `pixels`, and differences [count, 3]. Raises FormatError."""
    if not past.count:
        return np.empty(0, np.int64), np.empty((0, 3), np.uint8)
    limit = past.count * (VARINT_MAX + 3)
    try:
        raw = zlib.decompressobj().decompress(past.packed, limit)
    except zlib.error as error:
        raise FormatError(f"section PAST: its corrections are damaged: {error}") from error
    cursor = Cursor(memoryview(raw), 0)
    gaps = [cursor.varint(pixels, "a gap between corrections") for _ in range(past.count)]
    places = np.cumsum(np.array(gaps, np.int64) + 1) - 1
    differences = np.frombuffer(cursor.take(3 * past.count, "corrections"), np.uint8).reshape(3, past.count)
    cursor.finish("the corrections of section PAST")
    if places[-1] >= pixels:
        raise FormatError("section PAST: a correction lies beyond the image")
    return places, differences.T
