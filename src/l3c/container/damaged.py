"""Reading what is left of a damaged file: sections are found by their tags, and believed where their checksums fit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from functools import partial
from itertools import accumulate
from typing import TypeVar
from zlib import crc32

from l3c.container.constants import (
    ADAPTATIONS,
    COLOURS,
    DATA,
    FILE,
    HEAD,
    HISTORY,
    MAX_LENGTH,
    METADATA,
    MODELS,
    NAMED,
    PAGES,
    PALETTE,
    SIGNATURE,
    SOLE,
    TILES,
)
from l3c.container.cursor import Buffer, Cursor, varint
from l3c.container.history import read_history
from l3c.container.mending import MENDED_MAX, mended
from l3c.container.pages import PageEntry, read_index
from l3c.container.palette import read_palette
from l3c.container.read import (
    compact_contents,
    contents_of_sole,
    read_adaptations,
    read_head,
    read_models,
    read_section,
    read_tiles,
    sole_contents,
)
from l3c.container.sole import is_compact
from l3c.container.structure import Adaptation, Animation, Contents, Page, TileEntry
from l3c.errors import ChecksumError, FormatError

T = TypeVar("T")

CHECK_BYTES = 4
"""Of a section's checksum."""

BELIEVED = (COLOURS, MODELS, ADAPTATIONS, TILES)
"""Sections that are read although their checksum does not fit: the tiles' own checksums tell what is wrong, but for
colours of a palette, which are no samples. HEAD and HIST make samples of tiles: wrong ones would not be noticed."""

CHECKED_SHARE = 32
"""Bytes of checksums that may be computed for each byte of a file. Without a bound, tags without end in a file that
somebody made would take the square of its size."""

CHECKED_LEAST = 1 << 16
"""Bytes of checksums that small files may take nevertheless."""

HEAD_MAX = 64
"""Bytes of a section HEAD, with room: what claims to be longer is not read."""


def read_damaged(data: Buffer) -> tuple[Contents, list[str]]:
    """What is left, and what is not: tiles' payloads may be shortened, down to nothing, where the file ends early.

    Raises FormatError where HEAD, PALT, MODL or TILE are missing or damaged, without which nothing can be decoded, or
    SOLE, which is all of a small image.
    """
    view = memoryview(bytes(data))
    lost: list[str] = []
    if is_compact(view):
        return _compact(view, lost), lost
    begin = len(SIGNATURE) + 1 if bytes(view[: len(SIGNATURE)]) == SIGNATURE else 0
    if _is_sole(view, begin):
        contents, end = _small(view, begin, lost)
        return replace(contents, metadata=_metadata(view, begin, end, lost)), lost
    header, start = _find(view, HEAD, 0, read_head, lost)
    if bytes(view[start : start + len(FILE)]) == FILE:
        raise FormatError("the file keeps a JPEG or another file, which is either whole or lost")
    palette, end = _find(view, COLOURS, start, read_palette, lost) if header.layout == PALETTE else (None, start)
    if bytes(view[end : end + len(HISTORY)]) == HISTORY:
        history, end = _find(view, HISTORY, end, partial(read_history, header=header), lost)
        header = replace(header, history=history)
    models, end = _find(view, MODELS, end, read_models, lost)
    adaptations: list[Adaptation] = []
    if bytes(view[end : end + len(ADAPTATIONS)]) == ADAPTATIONS:
        adaptations, end = _find(view, ADAPTATIONS, end, partial(read_adaptations, models=len(models)), lost)
    coders = len(models) + len(adaptations)
    (side, tiles), end = _find(view, TILES, end, lambda cursor: read_tiles(cursor, header, coders), lost)
    payload = _payload(view, end, sum(entry.length for entry in tiles), lost)
    metadata = _metadata(view, start, end, lost)
    entries = list(_clipped(tiles, len(payload)))
    return Contents(header, models, side, entries, payload, metadata, palette, adaptations=adaptations), lost


def _compact(view: memoryview, lost: list[str]) -> Contents:
    """The contents of a compact file, with one bit mended if need be."""
    with suppress(ChecksumError):
        return compact_contents(view)
    with suppress(ChecksumError):
        contents = compact_contents(view, mend=True)
        lost.append("the compact file is damaged: one bit of it was mended")
        return contents
    raise FormatError("the compact file is damaged, and is too small for a part of it to be salvaged")


def _small(view: memoryview, begin: int, lost: list[str]) -> tuple[Contents, int]:
    """The contents of a small image, and where its section ends. One that is damaged or cut is read nevertheless where
    its tiles have checks of their own, which tell whether what was read is right.
    """
    with suppress(FormatError):
        return _find(view, SOLE, begin, sole_contents, lost)
    for place in _places(view, SOLE, begin):
        with suppress(FormatError):
            cursor = Cursor(view[place + len(SOLE) :], place + len(SOLE))
            length = cursor.varint(MAX_LENGTH, "a section's length")
            contents = contents_of_sole(cursor.part(min(length, cursor.left), "a section"), {})
            if contents.models:
                lost.append("section SOLE is damaged: the checks of its tiles tell what is wrong")
                return replace(contents, tiles=list(_clipped(contents.tiles, len(contents.data)))), place
    raise FormatError("section SOLE is missing or damaged, without which nothing can be salvaged")


def _is_sole(view: memoryview, begin: int) -> bool:
    """Whether the first section that is no metadata is SOLE; if that cannot be known, whether no other is there."""
    cursor = Cursor(view[begin:], begin)
    with suppress(FormatError):
        while cursor.left:
            tag = bytes(view[cursor.offset : cursor.offset + len(SOLE)])
            if tag in (SOLE, HEAD, FILE, PAGES):
                return tag == SOLE
            with suppress(ChecksumError):
                read_section(cursor)
    first, other = (next(_places(view, tag, begin), None) for tag in (SOLE, HEAD))
    return first is not None and other is None


def read_damaged_pages(data: Buffer) -> tuple[Contents, list[str]] | None:
    """As `read_damaged` of a file of several pages, whose pages are read each for itself; None of other files.

    Where the index is lost, pages are found by their heads, and what it said of them is lost. Pages of which nothing is
    left are left out, and named. Raises FormatError where that is all of them.
    """
    view, lost = memoryview(bytes(data)), list[str]()
    heads = list(_heads(view))
    index = _index(view, heads[0] if heads else len(view), lost)
    if index is None and len(heads) < 2:
        return None
    if index is None:
        lost.append("section PAGE is lost: pages were found by their heads, how they are shown is not known")
        entries, animation, starts = [PageEntry(0, 0, None)] * len(heads), None, [*heads, len(view)]
        metadata = {}
    else:
        entries, animation, end = index
        place = next(_places(view, DATA, end), end)
        starts, metadata = _starts(place, entries), _metadata(view, end, place, lost)
    pages = []
    for number, (entry, start, stop) in enumerate(zip(entries, starts, starts[1:], strict=False)):
        try:
            contents, reasons = read_damaged(view[start:stop])
        except FormatError as error:
            lost.append(f"page {number}: {error}")
            continue
        lost += [f"page {number}: {reason}" for reason in reasons]
        pages.append(Page(contents, entry.kind, entry.frame, stop - start))
    if not pages:
        raise FormatError("no page has anything that can be salvaged")
    return Contents.of_pages(pages, animation, metadata), lost


def _index(view: memoryview, before: int, lost: list[str]) -> tuple[list[PageEntry], Animation | None, int] | None:
    """The index in section PAGE, and where it ends, if that is before the first page."""
    try:
        (entries, animation), end = _find(view, PAGES, 0, read_index, lost)
    except FormatError:
        return None
    return (entries, animation, end) if end <= before else None


def _starts(place: int, entries: list[PageEntry]) -> list[int]:
    """Where the pages begin, and the last one ends, by the lengths that the index says. place: of section DATA."""
    first = place + len(DATA) + len(varint(sum(entry.length for entry in entries)))
    return [*accumulate((entry.length for entry in entries), initial=first)]


def _heads(view: memoryview) -> Iterator[int]:
    """Places of the sections HEAD and SOLE whose checksums fit, in order."""
    found = []
    for tag in (HEAD, SOLE):
        for place in _places(view, tag, 0):
            with suppress(FormatError):
                read_section(Cursor(view[place : place + HEAD_MAX] if tag == HEAD else view[place:], place))
                found.append(place)
    yield from sorted(found)


def _find(view: memoryview, tag: bytes, start: int, read: Callable[[Cursor], T], lost: list[str]) -> tuple[T, int]:
    """The first section whose checksum fits, else one with a flipped bit, else, if BELIEVED, the first that makes
    sense; and where it ends.
    """
    places = list(_places(view, tag, start))
    for place in places:
        cursor = Cursor(view[place:], place)
        with suppress(FormatError):
            return read(read_section(cursor)[1]), cursor.offset
    for place in places:
        with suppress(FormatError):
            content, end = _unchecked(view, place)
            mended = _mended(view, place, content, end)
            if mended is None and tag not in BELIEVED:
                continue
            section = read(mended or content)
            what = "one bit of it was mended" if mended else "what follows may be wrong"
            lost.append(f"section {tag.decode()} is damaged: {what}")
            return section, end
    raise FormatError(f"section {tag.decode()} is missing or damaged, without which nothing can be salvaged")


def _mended(view: memoryview, place: int, content: Cursor, end: int) -> Cursor | None:
    """The content as it was, if one bit of it, or of its checksum, has been flipped."""
    raw, tag = bytes(content.take(content.left, "a section")), bytes(view[place : place + len(HEAD)])
    content.rewind()
    stored = int.from_bytes(view[end - CHECK_BYTES : end], "little")
    if len(view[end - CHECK_BYTES : end]) < CHECK_BYTES:
        return None
    if len(raw) <= MENDED_MAX and (crc32(tag + raw) ^ stored).bit_count() == 1:
        return content
    whole = mended(raw, stored, tag)
    return None if whole is None else Cursor(memoryview(whole), end - CHECK_BYTES - len(raw))


def _places(view: memoryview, tag: bytes, start: int) -> Iterator[int]:
    """Where a tag stands, as long as all that may follow can be checked in time that a file of this size deserves."""
    data = bytes(view)
    left = CHECKED_SHARE * len(data) + CHECKED_LEAST
    place = data.find(tag, start)
    while place >= 0 and left > 0:
        yield place
        with suppress(FormatError):
            left -= _unchecked(view, place)[0].left
        left -= len(tag)
        place = data.find(tag, place + 1)


def _unchecked(view: memoryview, place: int) -> tuple[Cursor, int]:
    cursor = Cursor(view[place + 4 :], place + 4)
    content = cursor.part(cursor.varint(cursor.left, "a section's length"), "a section")
    return content, cursor.offset + CHECK_BYTES


def _payload(view: memoryview, end: int, total: int, lost: list[str]) -> memoryview:
    """Section DATA by the length that the tiles add up to, whatever its own head says."""
    place = next(_places(view, DATA, end), end)
    start = place + len(DATA) + len(varint(total))
    payload = view[start : start + total]
    if len(payload) < total:
        lost.append(f"the last {total - len(payload)} bytes of the tiles are missing")
    return payload


def _clipped(tiles: list[TileEntry], available: int) -> Iterator[TileEntry]:
    """The same entries, with the lengths that are there."""
    for entry in tiles:
        length = min(entry.length, available)
        available -= length
        yield replace(entry, length=length)


def _metadata(view: memoryview, start: int, end: int, lost: list[str]) -> dict[bytes, bytes]:
    """Metadata sections between HEAD and the end of TILE, up to one whose length cannot be believed."""
    cursor = Cursor(view[start:end], start)
    metadata: dict[bytes, bytes] = {}
    while cursor.left:
        try:
            tag, content = read_section(cursor)
        except ChecksumError as error:
            lost.append(str(error))
            continue
        except FormatError as error:
            lost.append(str(error))
            return metadata
        if tag in METADATA or tag == NAMED:
            metadata[tag] = bytes(content.take(content.left, "metadata"))
    return metadata
