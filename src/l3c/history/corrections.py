"""Pixels that the planes of a history do not give, one by one."""

from __future__ import annotations

import zlib
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from l3c.container.constants import CORRECTED_SHARE
from l3c.container.cursor import Cursor, varint
from l3c.container.history import Corrected, PhotoCd, Video
from l3c.container.streams import inflate
from l3c.container.structure import ImageHeader
from l3c.container.tiling import Box
from l3c.errors import FormatError

VARINT_MAX = 10  # bytes of a varint of 64 bits, 7 a byte: with three differences, 13 bytes a pixel (format 3.2.1)
BYTES = 16
"""Memory that a correction takes."""


def corrected(
    pixels: NDArray[Any], made: NDArray[Any], header: ImageHeader, history: PhotoCd | Video
) -> ImageHeader | None:
    """The header with this history and the corrections from `made` to the pixels; None where those are many."""
    differences = (pixels - made).reshape(-1, 3)
    places = np.nonzero(differences.any(-1))[0]
    if len(places) * CORRECTED_SHARE > len(differences):
        return None
    return replace(header, history=replace(history, count=len(places), packed=pack(places, differences[places])))


def applied(pixels: NDArray[np.uint8], header: ImageHeader) -> NDArray[np.uint8]:
    """All pixels of the image, corrected in place. Raises FormatError."""
    correct(pixels, header, Box(0, 0, header.height, header.width))
    return pixels


def correct(pixels: NDArray[Any], header: ImageHeader, box: Box) -> None:
    """Add to the pixels of a box of the image what its planes do not give. Raises FormatError."""
    if not isinstance(header.history, Corrected):
        return
    places, differences = unpack(header.history, header.height * header.width)
    rows, columns = np.divmod(places, header.width)
    inside = (rows >= box.top) & (rows < box.bottom) & (columns >= box.left) & (columns < box.right)
    pixels[rows[inside] - box.top, columns[inside] - box.left] += differences[inside]


def pack(places: NDArray[np.intp], differences: NDArray[np.uint8]) -> bytes:
    """Pixels' places in raster order, rising, and what is to be added to their channels [count, 3], modulo 256."""
    if not len(places):
        return b""
    gaps = np.diff(places, prepend=-1) - 1
    return zlib.compress(b"".join(varint(int(gap)) for gap in gaps) + differences.T.tobytes(), 9)


def unpack(history: Corrected, pixels: int) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
    """Places [count] below `pixels`, and differences [count, 3]. Raises FormatError."""
    if not history.count:
        return np.empty(0, np.int64), np.empty((0, 3), np.uint8)
    limit = history.count * (VARINT_MAX + 3)
    raw = inflate(history.packed, limit, "section HIST: the stream of its corrections")
    cursor = Cursor(memoryview(raw), 0)
    gaps = [cursor.varint(pixels, "a gap between corrections") for _ in range(history.count)]
    places = np.cumsum(np.array(gaps, np.int64) + 1) - 1
    differences = np.frombuffer(cursor.take(3 * history.count, "corrections"), np.uint8).reshape(3, history.count)
    cursor.finish("the corrections of section HIST")
    if places[-1] >= pixels:
        raise FormatError("section HIST: a correction lies beyond the image")
    return places, differences.T
