"""Section PAGE: the pages of a file that holds several pictures."""

from __future__ import annotations

from typing import NamedTuple

from l3c.container.constants import (
    BLEND,
    DISPOSALS,
    MAX_LENGTH,
    PAGE_KINDS,
    PAGES_MAX,
    SIDE_MAX,
)
from l3c.container.cursor import Cursor, varint
from l3c.container.structure import Animation, Frame
from l3c.errors import VersionError

ANIMATED = 1  # flag of the section: it has a canvas (2.11)
COLOURED = 2  # flag of the section: the canvas has a background

NUMBER_MAX = 2**32 - 1  # plays and times: what 32 bits hold
BACKGROUND_BYTES = 4  # red, green, blue, alpha


class PageEntry(NamedTuple):
    """What the section says of a page. length: of its sections, bytes."""

    length: int
    kind: int
    frame: Frame | None


def write_index(entries: list[PageEntry], animation: Animation | None) -> bytes:
    """The section's content."""
    flags = (ANIMATED if animation else 0) | (COLOURED if animation and animation.background else 0)
    rows = [varint(len(entries)), bytes([flags])]
    if animation:
        rows += [varint(animation.width), varint(animation.height), varint(animation.plays), animation.background]
    for entry in entries:
        rows += [varint(entry.length), bytes([entry.kind])]
        if animation:
            frame = entry.frame or Frame()
            rows += [varint(n) for n in (frame.left, frame.top, *frame.duration)]
            rows.append(bytes([frame.disposal + BLEND * frame.blend]))
    return b"".join(rows)


def read_index(cursor: Cursor) -> tuple[list[PageEntry], Animation | None]:
    """Raises VersionError, FormatError."""
    count, flags = cursor.varint(PAGES_MAX, "number of pages"), cursor.integer(1, "flags of pages")
    if flags not in (0, ANIMATED, ANIMATED | COLOURED):
        raise VersionError(f"byte {cursor.offset}: flags {flags} of pages: unknown to this release")
    if not count or count > cursor.left:
        raise cursor.fail(f"{count} pages cannot be listed in {cursor.left} bytes")
    animation = None
    if flags & ANIMATED:
        width, height = cursor.varint(SIDE_MAX, "the canvas' width"), cursor.varint(SIDE_MAX, "the canvas' height")
        plays = cursor.varint(NUMBER_MAX, "number of plays")
        background = bytes(cursor.take(BACKGROUND_BYTES, "the background")) if flags & COLOURED else b""
        animation = Animation(width, height, plays, background)
    entries = [_read_entry(cursor, animation is not None) for _ in range(count)]
    cursor.finish("section PAGE")
    return entries, animation


def _read_entry(cursor: Cursor, animated: bool) -> PageEntry:
    length, kind = cursor.varint(MAX_LENGTH, "a page's length"), cursor.integer(1, "a page's kind")
    if kind >= len(PAGE_KINDS):
        raise VersionError(f"byte {cursor.offset}: pages of kind {kind}: unknown to this release")
    if not animated:
        return PageEntry(length, kind, None)
    left, top = cursor.varint(SIDE_MAX, "a frame's place"), cursor.varint(SIDE_MAX, "a frame's place")
    duration = cursor.varint(NUMBER_MAX, "a frame's duration"), cursor.varint(NUMBER_MAX, "a frame's duration")
    flags = cursor.integer(1, "a frame's flags")
    if flags & ~BLEND >= DISPOSALS:
        raise VersionError(f"byte {cursor.offset}: flags {flags} of a frame: unknown to this release")
    return PageEntry(length, kind, Frame(left, top, duration, flags & ~BLEND, bool(flags & BLEND)))
