"""The picture's description in a JPEG file, from its markers."""

from __future__ import annotations

from dataclasses import dataclass

from l3c.errors import FormatError
from l3c.jpeg.layout import FRAMES, SCAN, segments

START = b"\xff\xd8\xff"  # the start of an image, and the first byte of the next marker
FRAME_BYTES = 6  # depth, height, width, components
DEPTHS = range(2, 17)
"""Bits of a sample that the standard knows (T.81, table B.2): those of lossless files."""


@dataclass(frozen=True)
class Frame:
    """height, width: pixels, at least 1. components: 1 .. 255. depth: bits of a sample. process: the marker."""

    height: int
    width: int
    components: int
    depth: int
    process: int


def read_frame(data: bytes) -> Frame | None:
    """The first frame header (SOF) before any scan, found as `layout.segments` finds it, whatever lies between.

    None where there is none, or one whose height or depth no picture has.
    """
    if data[:3] != START:
        return None
    try:
        for marker, start, end in segments(data):
            if marker == SCAN:
                return None
            if marker in FRAMES:
                return _frame(data[start:end], marker)
    except FormatError:  # more segments than a file has
        return None
    return None


def _frame(content: bytes, process: int) -> Frame | None:
    if len(content) < FRAME_BYTES:
        return None
    height, width = int.from_bytes(content[1:3], "big"), int.from_bytes(content[3:5], "big")
    depth, components = content[0], content[5]
    exists = height and width and components and depth in DEPTHS
    return Frame(height, width, components, depth, process) if exists else None
