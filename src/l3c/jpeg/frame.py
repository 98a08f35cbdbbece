"""The picture's description in a JPEG file, from its markers."""

from __future__ import annotations

from dataclasses import dataclass

START = b"\xff\xd8\xff"  # the start of an image, and the first byte of the next marker
FRAMES = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})  # markers of frames: C4, C8 and CC mean something else
ENDS = frozenset({0xD9, 0xDA})  # the end of the image, or a scan: a frame stands before both
LONE = frozenset({0x01, *range(0xD0, 0xD8)})  # markers without a segment: TEM, and restarts
FRAME_BYTES = 6  # depth, height, width, components


@dataclass(frozen=True)
class Frame:
    """height, width: pixels, at least 1. components: 1 .. 255. depth: bits of a sample. process: the marker."""

    height: int
    width: int
    components: int
    depth: int
    process: int


def read_frame(data: bytes | memoryview) -> Frame | None:
    """The first frame header (SOF) before any scan; None where there is none, or one without a height."""
    view = memoryview(data)
    if bytes(view[:3]) != START:
        return None
    at = 2
    while at + 4 <= len(view) and view[at] == 0xFF:
        marker = view[at + 1]
        if marker in ENDS:
            return None
        if marker == 0xFF:
            at += 1
        elif marker in LONE:
            at += 2
        elif marker in FRAMES:
            return _frame(bytes(view[at + 4 : at + 4 + FRAME_BYTES]), marker)
        else:
            at += 2 + int.from_bytes(view[at + 2 : at + 4], "big")
    return None


def _frame(content: bytes, process: int) -> Frame | None:
    if len(content) < FRAME_BYTES:
        return None
    height, width = int.from_bytes(content[1:3], "big"), int.from_bytes(content[3:5], "big")
    depth, components = content[0], content[5]
    return Frame(height, width, components, depth, process) if height and width and components else None
