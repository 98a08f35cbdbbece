"""Frames that a video decoder made, to planes and back."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from l3c.container.constants import RGB
from l3c.container.history import Video
from l3c.container.structure import ImageHeader
from l3c.container.tiling import Box
from l3c.history import corrections
from l3c.history.joint_chroma import planes_of
from l3c.history.part import Part
from l3c.history.plain import Components
from l3c.history.video import convert

STRIP_BYTES = 80
"""Bytes for each pixel of a strip of rows that is made at a time."""


def undo(pixels: NDArray[Any], header: ImageHeader) -> tuple[ImageHeader, Components] | None:
    """As `registry.undo`."""
    from l3c.history.video.invert import invert

    if header.layout != RGB or not header.is_plain:
        return None
    origin = invert(pixels)
    if origin is None:
        return None
    components = [plane[..., None] for plane in origin[:3]]
    history = Video(subsampled_rows=origin.subsampled_rows, numbers=tuple(origin.converter))
    corrected = corrections.corrected(pixels, _made(components, history), header, history)
    return (corrected, components) if corrected else None


def redo(components: Components, header: ImageHeader, history: Video) -> NDArray[np.uint8]:
    """As `registry.redo`."""
    return corrections.applied(_made(components, history), header)


def _made(components: Components, history: Video) -> NDArray[np.uint8]:
    luma, blue, red = planes_of(components)
    return convert.redo(luma, blue, red, convert.Converter(*history.numbers), history.subsampled_rows)


def part_around(header: ImageHeader, history: Video, box: Box) -> Part:
    """From an even column, and an even row where chroma has half the height."""
    top, left = box.top & ~1 if history.subsampled_rows else box.top, box.left & ~1
    outer = Box(top, left, box.bottom, box.right)
    rows = (top // 2, (box.bottom + 1) // 2) if history.subsampled_rows else (top, box.bottom)
    half = Box(rows[0], left // 2, rows[1], (box.right + 1) // 2)
    history = replace(history, count=0, packed=b"")
    boxes = [outer] + [half] * (len(header.components) - 1)
    return Part(replace(header, height=outer.height, width=outer.width, history=history), outer, boxes)


def touched(header: ImageHeader, history: Video, index: int, box: Box) -> Box:
    """As `registry.touched`."""
    if not index:
        return box
    rows = 2 if history.subsampled_rows else 1
    bottom, right = min(rows * box.bottom, header.height), min(2 * box.right, header.width)
    return Box(rows * box.top, 2 * box.left, bottom, right)


def memory_needed(header: ImageHeader, history: Video) -> int:
    """As `registry.memory_needed`."""
    # the image; a strip at work; places and differences of corrections
    return header.samples + convert.STRIP * STRIP_BYTES * (header.width + 1) + corrections.BYTES * history.count
