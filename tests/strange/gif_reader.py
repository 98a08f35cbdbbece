"""What a GIF file means."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.strange.truth import UNASSOCIATED, Page, Truth

DISPOSALS = {0: 0, 1: 0, 2: 1, 3: 2}
"""GIF's numbers to those of APNG, which timings have."""

TRAILING = b"trailing bytes"
Control = tuple[int, int, int | None]
"""(disposal, hundredths of a second, transparent index)."""


def read(data: bytes) -> Truth:
    """Frames as they lie in the file; extensions in their order."""
    width, height, flags = struct.unpack_from("<HHB", data, 6)
    at = 13
    common, at = _palette(data, at, flags)
    control: Control = (0, 0, None)
    pages: list[Page] = []
    extensions, plays = [], 1
    while data[at] != 0x3B:
        if data[at] == 0x21:
            label, (blocks, at) = data[at + 1], blocks_of(data, at + 2)
            if label == 0xF9:
                way, delay, index = struct.unpack("<BHB", blocks[0])
                control = way >> 2 & 7, delay, index if way & 1 else None
            elif label == 0xFF and blocks[0] == b"NETSCAPE2.0":
                count = struct.unpack_from("<H", blocks[1], 1)[0]
                plays = count + 1 if count else 0
            else:
                extensions.append((label, b"".join(blocks)))
            continue
        page, at = _frame(data, at, common, control)
        pages.append(page)
        control = (0, 0, None)
    metadata: dict[str, Any] = {"extensions": tuple(sorted(extensions))} if extensions else {}
    if len(pages) == 1 and pages[0].samples.shape[:2] == (height, width):
        pages = [Page(pages[0].samples, "rgb", pages[0].largest, pages[0].extra, indices=pages[0].indices)]
    else:
        metadata["canvas"] = width, height
    if len(pages) > 1:
        metadata["plays"] = plays
    if data.endswith(TRAILING):
        metadata["trailing bytes"] = TRAILING
    return Truth(tuple(pages), metadata)


def _palette(data: bytes, at: int, flags: int) -> tuple[NDArray[Any] | None, int]:
    if not flags & 128:
        return None, at
    count = 2 << (flags & 7)
    return np.frombuffer(data, np.uint8, 3 * count, at).reshape(-1, 3), at + 3 * count


def blocks_of(data: bytes, at: int) -> tuple[list[bytes], int]:
    blocks = []
    while size := data[at]:
        blocks.append(data[at + 1 : at + 1 + size])
        at += 1 + size
    return blocks, at + 1


def _frame(data: bytes, at: int, common: NDArray[Any] | None, control: Control) -> tuple[Page, int]:
    left, top, width, height, flags = struct.unpack_from("<HHHHB", data, at + 1)
    own, at = _palette(data, at + 10, flags)
    palette = common if own is None else own
    assert palette is not None
    blocks, end = blocks_of(data, at + 1)
    rows = np.array(list(indices_of(b"".join(blocks), data[at]))[: width * height], np.uint8).reshape(height, width)
    if flags & 64:
        order = [row for start, step in ((0, 8), (4, 8), (2, 4), (1, 2)) for row in range(start, height, step)]
        straight = np.empty_like(rows)
        straight[order] = rows
        rows = straight
    disposal, delay, transparent = control
    colours = np.pad(palette, ((0, 256 - len(palette)), (0, 0)))[rows]
    extra: tuple[str, ...] = ()
    if transparent is not None:
        alpha = np.where(rows == transparent, 0, 255).astype(np.uint8)[..., None]
        colours, extra = np.concatenate([colours, alpha], axis=2), (UNASSOCIATED,)
    timing = (left, top, Fraction(delay, 100), DISPOSALS.get(disposal, 0), 1)
    return Page(colours, "rgb", (255,) * colours.shape[2], extra, timing=timing, indices=rows), end


def indices_of(data: bytes, size: int) -> Iterator[int]:
    """LZW of codes that grow."""
    clear = 1 << size
    table = [bytes([index]) for index in range(clear)] + [b"", b""]
    width, before = size + 1, b""
    ones = np.unpackbits(np.frombuffer(data, np.uint8), bitorder="little").astype(np.int64)
    weights, at = 1 << np.arange(12), 0
    while at + width <= ones.size:
        code = int(ones[at : at + width] @ weights[:width])
        at += width
        if code == clear:
            del table[clear + 2 :]
            width, before = size + 1, b""
            continue
        if code == clear + 1:
            return
        entry = table[code] if code < len(table) else before + before[:1]
        yield from entry
        if before and len(table) < 4096:
            table.append(before + entry[:1])
            if len(table) == 1 << width and width < 12:
                width += 1
        before = entry
