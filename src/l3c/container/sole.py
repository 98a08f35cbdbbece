"""A small image in one section, or in a compact file: each component is one tile, at most one model codes them, and one
check is for all of it (format 2.8.1, 2.8.2).
"""

from __future__ import annotations

from typing import NamedTuple
from zlib import crc32

from l3c.container.constants import COMPACT, FIRST_MODEL, MAX_LENGTH, PALETTE, TILE_SIDE_MAX, TILE_SIDE_MIN
from l3c.container.cursor import Cursor, varint
from l3c.container.mending import mended
from l3c.container.reference import read_reference, write_reference
from l3c.container.structure import ImageHeader, ModelReference, TileEntry
from l3c.errors import ChecksumError, FormatError, VersionError

LENGTH_SHIFT = 2
"""A number holds a payload's length above two bits of its coder."""

WITH_HISTORY = 1
"""Flag below the length of a header: a history follows."""

WITH_MODEL = 2
"""The next flag: a model follows, and of each tile the check of its samples, as in a larger file: what a model decodes
depends on the weights and the processor that a reader has."""

HEAD_SHIFT = 2
"""A number holds a header's length above those flags."""

HISTORY_MAX = 1 << 11
"""Bytes of a history, at most, with room for a table of 256 colours with alpha."""

SOLE_MAX = 1 << 16
"""Bytes of payloads up to which an image is written so: readers of pieces take as many at once, and beyond, the 39
bytes that it saves are 0.06 %."""


CHECK_BYTES = 4
"""Of a compact file's check, a whole CRC-32: nothing else in it has a check."""

COMPACT_MAX = 1 << 15
"""Bytes of payloads up to which a file is compact: with palette and history, all of it is read at once. Beyond, the 11
bytes that it saves are 0.03 %."""

MODEL_MAX = 1 << 12
"""Bytes of payloads with a model's up to which an image is written so: of more, rows of a tile can be salvaged where
sections stand for themselves, and what those take is 1 % of so many bytes."""

COMPACT_FILE_MAX = 1 << 16
"""Bytes of a compact file, with room for a palette or a history: readers of pieces take all of it."""


def sole_side(header: ImageHeader) -> int:
    """The least tile side with which each component is one tile; above TILE_SIDE_MAX where there is none."""
    return max(TILE_SIDE_MIN, *(max(c.height, c.width) for c in header.components))


def is_sole(header: ImageHeader, entries: list[TileEntry], size: int, models: int = 0) -> bool:
    """Whether tiles can be written so, and are worth it. size: of all payloads, bytes. models: how many are listed.

    Those with a long history are not: of its section and of tiles something is left where one is damaged.
    """
    most = MODEL_MAX if models else SOLE_MAX
    each = len(entries) == len(header.components) and all(e.coder < FIRST_MODEL + models for e in entries)
    if not each or models > 1 or size > most or sole_side(header) > TILE_SIDE_MAX:
        return False
    return header.history is None or len(header.history.content()) < HISTORY_MAX


def write_sole(
    head: bytes,
    palette: bytes | None,
    history: bytes | None,
    entries: list[TileEntry],
    data: bytes | memoryview,
    model: ModelReference | None = None,
) -> bytes:
    """The section's content. head, palette, history: contents of the sections that it replaces. data: the payloads.
    model: that codes tiles, which then have checks, if there is one.
    """
    flags = (WITH_HISTORY if history is not None else 0) | (WITH_MODEL if model else 0)
    described = [varint(len(head) << HEAD_SHIFT | flags), head]
    described += [varint(len(part)) + part for part in (palette, history) if part is not None]
    checks = [write_reference(model), *map(_check, entries)] if model else []
    numbers = [varint(entry.length << LENGTH_SHIFT | entry.coder) for entry in entries[:-1]]
    return b"".join([*described, *checks, *numbers, bytes([entries[-1].coder]), data])


def _check(tile: TileEntry) -> bytes:
    if tile.crc is None:
        raise ValueError("a tile beside a model's has a check")
    return tile.crc.to_bytes(CHECK_BYTES, "little")


class Described(NamedTuple):
    """The contents of HEAD, and of PALT and HIST if they are there. by_model: whether a model is named."""

    head: Cursor
    palette: Cursor | None
    history: Cursor | None
    by_model: bool


def split_sole(cursor: Cursor) -> Described:
    """What describes the image; its model and the tiles are left. Raises FormatError."""
    number = cursor.varint(MAX_LENGTH, "the length of a header")
    head = cursor.part(number >> HEAD_SHIFT, "a header")
    layout = head.integer(1, "layout")
    head.rewind()
    palette = _part(cursor, "a palette") if layout == PALETTE else None
    history = _part(cursor, "a history") if number & WITH_HISTORY else None
    return Described(head, palette, history, bool(number & WITH_MODEL))


def _part(cursor: Cursor, what: str) -> Cursor:
    return cursor.part(cursor.varint(MAX_LENGTH, f"the length of {what}"), what)


def read_sole(
    cursor: Cursor, header: ImageHeader, by_model: bool
) -> tuple[list[ModelReference], list[TileEntry], memoryview]:
    """The model, if there is one, the tiles and their payloads, whose lengths may sum to more than there is. Raises
    FormatError.
    """
    if sole_side(header) > TILE_SIDE_MAX:
        raise cursor.fail(f"section SOLE of a component with a side above {TILE_SIDE_MAX}")
    planes = header.components
    models = [read_reference(cursor)] if by_model else []
    checks = [cursor.integer(CHECK_BYTES, "a tile's check") if by_model else None for _ in planes]
    numbers = [cursor.varint(MAX_LENGTH, "a tile's length and coder") for _ in planes[1:]]
    lengths, coders = [n >> LENGTH_SHIFT for n in numbers], [n & (1 << LENGTH_SHIFT) - 1 for n in numbers]
    coders.append(cursor.integer(1, "a tile's coder"))
    lengths.append(max(0, cursor.left - sum(lengths)))
    if max(coders) >= FIRST_MODEL + len(models):
        raise VersionError(f"byte {cursor.offset}: tile coder {max(coders)} is unknown to this release")
    entries = [TileEntry(*tile) for tile in zip(coders, lengths, checks, strict=True)]
    return models, entries, cursor.take(cursor.left, "payloads")


def is_compact(start: bytes | memoryview) -> bool:
    """Whether a file that begins so is compact."""
    return bytes(start[: len(COMPACT)]) == COMPACT


def write_compact(content: bytes) -> bytes:
    """The file. content: of section SOLE."""
    file = COMPACT + content
    return file + crc32(file).to_bytes(CHECK_BYTES, "little")


def read_compact(data: memoryview, mend: bool = False) -> bytes:
    """The content of section SOLE. mend: whether a flipped bit may be put right. Raises FormatError, ChecksumError."""
    if len(data) > COMPACT_FILE_MAX:
        raise FormatError(f"a compact file of {len(data)} bytes, at most {COMPACT_FILE_MAX}")
    if len(data) < len(COMPACT) + CHECK_BYTES:
        raise FormatError(f"a compact file of {len(data)} bytes: it ends early")
    file, stored = bytes(data[:-CHECK_BYTES]), int.from_bytes(data[-CHECK_BYTES:], "little")
    if mend and (crc32(file) ^ stored).bit_count() == 1:  # the check itself is damaged
        return file[len(COMPACT) :]
    if mend:
        content = mended(file[len(COMPACT) :], stored, COMPACT)
        file = file if content is None else COMPACT + content
    if crc32(file) != stored:
        raise ChecksumError("the compact file is damaged: its check differs")
    return file[len(COMPACT) :]
