"""Pixels with a past: to the planes they were made from, and back by doing again what was done."""

from __future__ import annotations

import zlib
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from l3c.container.constants import CORRECTED_SHARE, PHOTO_CD, RGB
from l3c.container.cursor import Cursor, varint
from l3c.container.structure import ImageHeader, Past
from l3c.errors import FormatError
from l3c.history import photo_cd

Components = list[NDArray[np.uint8]]
VARINT_MAX = 10
STRIP_BYTES = 160
"""Bytes for each pixel of a strip of rows that is made at a time."""


def undo(pixels: NDArray[Any], header: ImageHeader) -> tuple[ImageHeader, Components] | None:
    """The header with the past that was found, and the planes; None where there is none, or proof fails."""
    if header.layout != RGB or header.depth != 8:
        return None
    from l3c.history.photo_cd_invert import invert, likely

    if not likely(pixels):
        return None
    for turned in (False, True):
        planes = invert(turn_back(pixels, turned))
        if planes is not None:
            components = [plane[..., None] for plane in planes[:3]]
            found = replace(header, past=Past(PHOTO_CD, turned, planes.black))
            return _corrected(pixels, found, components)
    return None


def redo(components: Components, header: ImageHeader) -> NDArray[np.uint8]:
    """Pixels [height, width, 3] from the planes of a header with a past. Raises FormatError."""
    past = header.past
    assert past is not None
    luma, blue, red = (component[..., 0] for component in components)
    pixels = _turn(photo_cd.redo(luma, blue, red, past.black), past.turned)
    places, differences = unpack(past, header.height * header.width)
    flat = pixels.reshape(-1, 3)
    flat[places] += differences
    return pixels


def memory_needed(header: ImageHeader) -> int:
    """Bytes that `redo` takes, at most."""
    past = header.past
    if past is None:
        return 0
    width = header.height if past.turned else header.width
    return 2 * header.samples + photo_cd.STRIP * STRIP_BYTES * (width + 1) + 16 * past.count


def turn_back(pixels: NDArray[Any], turned: bool) -> NDArray[Any]:
    """The image as its source had it."""
    return np.ascontiguousarray(np.rot90(pixels, -1)) if turned else pixels


def _turn(pixels: NDArray[np.uint8], turned: bool) -> NDArray[np.uint8]:
    return np.ascontiguousarray(np.rot90(pixels)) if turned else pixels


def _corrected(
    pixels: NDArray[Any], header: ImageHeader, components: Components
) -> tuple[ImageHeader, Components] | None:
    """The header with what the planes do not give; None where that is much."""
    made = redo(components, header)
    differences = (pixels - made).reshape(-1, 3)
    places = np.nonzero(differences.any(-1))[0]
    if len(places) * CORRECTED_SHARE > len(differences):
        return None
    assert header.past is not None
    past = replace(header.past, count=len(places), packed=pack(places, differences[places]))
    return replace(header, past=past), components


def pack(places: NDArray[np.intp], differences: NDArray[np.uint8]) -> bytes:
    """Pixels' places in raster order, rising, and what is to be added to their channels [count, 3], modulo 256."""
    if not len(places):
        return b""
    gaps = np.diff(places, prepend=-1) - 1
    return zlib.compress(b"".join(varint(int(gap)) for gap in gaps) + differences.T.tobytes(), 9)


def unpack(past: Past, pixels: int) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
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
