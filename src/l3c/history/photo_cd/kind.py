"""Images that a Photo CD's converter made, to planes and back."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from l3c.container.constants import RGB
from l3c.container.history import PhotoCd
from l3c.container.structure import ImageHeader
from l3c.container.tiling import Box
from l3c.history import corrections
from l3c.history.joint_chroma import planes_of
from l3c.history.part import Part
from l3c.history.photo_cd import convert
from l3c.history.plain import Components

STRIP_BYTES = 160
"""Bytes for each pixel of a strip of rows that is made at a time."""


def undo(pixels: NDArray[Any], header: ImageHeader) -> tuple[ImageHeader, Components] | None:
    """As `registry.undo`."""
    from l3c.history.photo_cd.invert import invert, likely

    if header.layout != RGB or not header.is_plain or not likely(pixels):
        return None
    for rotated in (False, True):
        planes = invert(_turned_back(pixels, rotated))
        if planes is not None:
            components = [plane[..., None] for plane in planes[:3]]
            history = PhotoCd(rotated=rotated, black=planes.black)
            made = _made(components, history)
            corrected = corrections.corrected(pixels, made, header, history)
            return (corrected, components) if corrected else None
    return None


def redo(components: Components, header: ImageHeader, history: PhotoCd) -> NDArray[np.uint8]:
    """As `registry.redo`."""
    return corrections.applied(_made(components, history), header)


def _made(components: Components, history: PhotoCd) -> NDArray[np.uint8]:
    luma, blue, red = planes_of(components)
    pixels = convert.redo(luma, blue, red, history.black)
    return np.ascontiguousarray(np.rot90(pixels)) if history.rotated else pixels


def _turned_back(pixels: NDArray[Any], rotated: bool) -> NDArray[Any]:
    """The image as its source had it."""
    return np.ascontiguousarray(np.rot90(pixels, -1)) if rotated else pixels


def part_around(header: ImageHeader, history: PhotoCd, box: Box) -> Part:
    """Even rows and columns of the source, and two more, since each half of chroma looks at the next."""
    height, width = (header.width, header.height) if history.rotated else (header.height, header.width)
    source = Box(box.left, width - box.bottom, box.right, width - box.top) if history.rotated else box
    top, left = source.top & ~1, source.left & ~1
    source = Box(top, left, min(source.bottom + 2, height), min(source.right + 2, width))
    half = Box(top // 2, left // 2, (source.bottom + 1) // 2, (source.right + 1) // 2)
    outer = Box(width - source.right, source.top, width - source.left, source.bottom) if history.rotated else source
    black = history.black and source.bottom == height
    part = PhotoCd(rotated=history.rotated, black=black, joint_chroma=history.joint_chroma)
    boxes = [source] + [half] * (len(header.components) - 1)
    return Part(replace(header, height=outer.height, width=outer.width, history=part), outer, boxes)


def touched(header: ImageHeader, history: PhotoCd, index: int, box: Box) -> Box:
    """As `registry.touched`: each half of chroma reaches one pixel further up and to the left."""
    height, width = (header.width, header.height) if history.rotated else (header.height, header.width)
    if index:
        top, left = max(0, 2 * box.top - 1), max(0, 2 * box.left - 1)
        box = Box(top, left, min(2 * box.bottom, height), min(2 * box.right, width))
    return Box(width - box.right, box.top, width - box.left, box.bottom) if history.rotated else box


def memory_needed(header: ImageHeader, history: PhotoCd) -> int:
    """As `registry.memory_needed`."""
    width = header.height if history.rotated else header.width
    # the source and the image, which may be turned; a strip at work; places and differences of corrections
    return 2 * header.samples + convert.STRIP * STRIP_BYTES * (width + 1) + corrections.BYTES * history.count
