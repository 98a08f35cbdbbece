"""A file to samples."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import accumulate
from typing import Any, NamedTuple
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from l3c.codec import deflate
from l3c.codec.models import ConditionalModel, DeepModel, MeasuredModel, TileModel, models_of
from l3c.codec.side_information import is_conditional, side_information
from l3c.container.constants import DEFAULT_MAX_MEMORY, DEFLATED, GRAPHICS, STORED, UNSIGNED
from l3c.container.deep import deep_components
from l3c.container.ranges import Payloads
from l3c.container.structure import Contents, ImageHeader, TileEntry
from l3c.container.tiling import Box, tile_count, tiles_of
from l3c.errors import ChecksumError, FormatError, exceeding
from l3c.graphics import compiled as graphics
from l3c.history import registry
from l3c.history.plain import split_deep
from l3c.threads import in_order

Progress = Callable[[float], None]


class Item(NamedTuple):
    """A tile. place: its component and where it lies there. data, span: the payloads, and the part of them that is its
    own. together: channels of both planes that its payload holds,
    0 where it holds the tile alone. lower: of a deep tile, the entry of the lower bits.
    """

    number: int
    entry: TileEntry
    place: tuple[int, Box]
    data: Payloads
    span: tuple[int, int]
    together: int = 0
    lower: TileEntry | None = None

    @property
    def payload(self) -> bytes | memoryview:
        """Read now, where it lies in a file."""
        return self.data[slice(*self.span)]


LANE = 8192
"""Bytes for each row of a tile, with room: a wavefront has a pixel of each row at most, and a model keeps its
inputs, activations and gradients. Part of the format's bound (1.7), so that all decoders refuse the same files."""

WORKSPACE = 8 << 20
"""Bytes of a busy thread: a model's parameters with their gradients and moments, tables, buffers (format 1.7)."""

ADAPTED = 2 << 20
"""Bytes of an adapted model: its parameters once more, quantized and packed (format 1.7)."""

CONDITIONAL = 24
"""Times a tile's bytes, where chroma is coded given luma: luma and what is made of it stand beside the tile, with
room (format 1.7)."""

DEEP = 4
"""Times a tile's bytes, where deep samples are coded as one: both parts beside them (format 1.7)."""

JOINED = 3
"""Arrays of all samples while their bytes become one: planes, the numbers of all planes, the samples."""


def memory_needed(contents: Contents, threads: int, made: ImageHeader | None = None) -> int:
    """Bytes that decoding takes beside the file: all samples; for each busy thread a tile, its payload, its space;
    the adapted models.

    made: of a part, as an image of its own, where only that is decoded.
    """
    made = made or contents.header
    components = contents.header.components
    tile = min(max(c.size for c in components), contents.tile_side**2 * max(c.channels for c in components))
    lanes = min(max(c.height for c in components), contents.tile_side)
    payload = max(entry.length for entry in contents.tiles)
    if any(entry.coder == GRAPHICS for entry in contents.tiles):
        sides = [(min(c.height, contents.tile_side), min(c.width, contents.tile_side)) for c in components]
        tile += max(graphics.memory_needed(*side) for side in sides)
        payload *= 2
    busy = min(threads, len(contents.tiles))
    samples = made.size + joining_needed(made)
    if any(map(is_conditional, components)):
        tile *= CONDITIONAL
    if deep_components(contents.header):
        tile *= DEEP
    return samples + busy * (tile + payload + LANE * lanes + WORKSPACE) + ADAPTED * len(contents.adaptations)


def joining_needed(made: ImageHeader) -> int:
    """Bytes that samples take while they are made of components that are there.

    Bytes that are no samples yet are copied where planes are put together, and to become truth values or signed.
    """
    bits, signed = max(8, made.bits), made.kind != UNSIGNED
    copies = JOINED if made.parts > 1 else int(len(made.planes) > 1) + int(made.depth == 1) + int(signed)
    return registry.memory_needed(made) + copies * made.samples * bits // 8


def check_memory(contents: Contents, threads: int, max_memory: int | None, made: ImageHeader | None = None) -> None:
    """max_memory in bytes; None is 4 GiB. made: as for `memory_needed`. Raises LimitError."""
    _check(memory_needed(contents, threads, made), max_memory)


def _check(needed: int, max_memory: int | None) -> None:
    limit = DEFAULT_MAX_MEMORY if max_memory is None else max_memory
    if needed > limit:
        raise exceeding("decoding takes", needed, limit)


def models_within(
    contents: Contents,
    threads: int,
    max_memory: int | None,
    device: str = "auto",
    made: ImageHeader | None = None,
) -> list[TileModel]:
    """What the tiles are coded with. Raises LimitError where the header, or what the models then say, asks for more
    memory than max_memory; before the models are loaded, or used. The rest as `check_memory` and `models_of`.
    """
    check_memory(contents, threads, max_memory, made)
    models = models_of(contents, device)
    height = min(max(c.height for c in contents.header.components), contents.tile_side)
    width = min(max(c.width for c in contents.header.components), contents.tile_side)
    own = max((model.memory_needed(height, width) for model in models if isinstance(model, MeasuredModel)), default=0)
    _check(memory_needed(contents, threads, made) + min(threads, len(contents.tiles)) * own, max_memory)
    return models


def decode_components(
    contents: Contents, threads: int, max_memory: int | None, progress: Progress, device: str = "auto"
) -> list[NDArray[np.uint8]]:
    """Each uint8 [height, width, channels]. max_memory in bytes; None is 4 GiB.

    Raises LimitError before memory is taken.
    """
    models = models_within(contents, threads, max_memory, device)
    components = [np.empty((c.height, c.width, c.channels), np.uint8) for c in contents.header.components]

    planes, all_items = contents.header.components, list(tile_items(contents))

    def work(item: Item) -> None:
        index, box = item.place
        known = side_information(planes, index, box, components[0])
        for part, tile in decode_item(item, contents.header, models, known):
            components[part][box.top : box.bottom, box.left : box.right] = tile

    done = 0
    for items in in_turn(all_items, contents.header):
        for _ in in_order(work, items, threads):
            done += 1
            progress(done / len(all_items))
    return components


def in_turn(items: list[Item], header: ImageHeader) -> list[list[Item]]:
    """Tiles that may be decoded at once: luma before joint chroma."""
    if not any(map(is_conditional, header.components)):
        return [items]
    return [[item for item in items if (item.place[0] > 0) == guided] for guided in (False, True)]


def decode_samples(
    contents: Contents, threads: int, max_memory: int | None, progress: Progress, device: str = "auto"
) -> NDArray[Any]:
    """The image as one array: [height, width] of one channel, else [height, width, channels]."""
    samples = registry.redo(decode_components(contents, threads, max_memory, progress, device), contents.header)
    return samples[..., 0] if samples.shape[2] == 1 else samples


def tile_items(
    contents: Contents,
    data: Payloads | None = None,
    wanted: Callable[[int, Box], bool] | None = None,
) -> Iterator[Item]:
    """Yield tiles; those of lower bits that another one's payload holds along with that one.

    data: the payloads, if not those of contents. wanted: of component and box; None takes all tiles.
    """
    data = contents.data if data is None else data
    ends = list(accumulate(entry.length for entry in contents.tiles))
    cut, half, entries = tiles_of(contents.header, contents.tile_side), len(ends) // 2, contents.tiles
    deep = deep_components(contents.header)
    for number, (entry, place) in enumerate(zip(contents.tiles, cut, strict=True)):
        plane = contents.header.components[place[0]]
        count = tile_count(plane.height, plane.width, contents.tile_side)
        is_lower = place[0] - 1 in deep and _is_deep(entries[number - count], entry)
        if is_lower or (wanted is not None and not wanted(*place)):
            continue
        owner = number - half if _goes_along(entry) else number
        shared = contents.header.alpha_goes_along and _goes_along(entries[owner % half + half])
        span = ends[owner] - entries[owner].length, ends[owner]
        below = entries[number + count] if place[0] in deep else None
        lower = below if below and _is_deep(entry, below) else None
        yield Item(number, entry, place, data, span, contents.header.channels if shared else 0, lower)


def _is_deep(upper: TileEntry, lower: TileEntry) -> bool:
    """Whether the payload of the upper bits holds the lower ones too."""
    return lower.model is not None and lower.coder == upper.coder and not lower.length


def _goes_along(entry: TileEntry) -> bool:
    """Whether a tile is alpha in the payload of the colours' tile."""
    return entry.coder == GRAPHICS and not entry.length


def place_of(number: int, box: Box) -> str:
    """For messages."""
    return f"tile {number} (rows {box.top}..{box.bottom - 1}, columns {box.left}..{box.right - 1})"


def decode_item(
    item: Item, header: ImageHeader, models: list[TileModel], known: NDArray[np.uint8] | None = None
) -> list[tuple[int, NDArray[np.uint8]]]:
    """(component, tile) of one tile, or of both parts of a deep one. The rest as `decode_tile`."""
    index, box = item.place
    channels = header.components[index].channels
    if item.lower is None:
        return [(index, decode_tile(item, channels, models, known))]
    assert item.entry.model is not None
    depth, place = deep_components(header)[index], place_of(item.number, box)
    try:
        upper, lower = decode_deep(models[item.entry.model], item.payload, depth, box, channels)
    except FormatError as error:
        raise type(error)(f"{place}: {error}") from error
    if (crc32(upper.data), crc32(lower.data)) != (item.entry.crc, item.lower.crc):
        raise ChecksumError(f"{place}: the decoded pixels differ from those that were encoded")
    return [(index, upper), (index + 1, lower)]


def decode_deep(
    model: TileModel, payload: bytes | memoryview, depth: int, box: Box, channels: int
) -> list[NDArray[np.uint8]]:
    """Both parts of deep samples."""
    check_channels(model, channels)
    if not isinstance(model, DeepModel):
        raise FormatError(f"model {model.name!r} codes no samples of {depth} bits")
    return split_deep(model.decode_deep(bytes(payload), depth, box.height, box.width), depth)


def decode_tile(
    item: Item, channels: int, models: list[TileModel], known: NDArray[np.uint8] | None = None
) -> NDArray[np.uint8]:
    """One tile, its samples checked. known: its side information.

    Raises FormatError or ChecksumError naming the tile and its place.
    """
    entry, (_, box), payload, together = item.entry, item.place, item.payload, item.together
    place = place_of(item.number, box)
    try:
        if entry.coder == STORED:
            tile = np.frombuffer(payload, np.uint8).reshape(box.height, box.width, channels)
        elif entry.coder == DEFLATED:
            tile = deflate.decode(payload, box, channels)
        elif entry.model is None:
            both = graphics.decode(payload, box.height, box.width, together or channels)
            tile = np.ascontiguousarray(both[..., :channels] if entry.length else both[..., -channels:])
        else:
            tile = decode_with(models[entry.model], payload, box, channels, known)
    except FormatError as error:
        raise type(error)(f"{place}: {error}") from error
    if entry.crc is not None and crc32(tile.data) != entry.crc:
        raise ChecksumError(f"{place}: the decoded pixels differ from those that were encoded")
    return tile


def decode_with(
    model: TileModel, payload: bytes | memoryview, box: Box, channels: int, known: NDArray[np.uint8] | None
) -> NDArray[np.uint8]:
    check_channels(model, channels)
    if known is not None and isinstance(model, ConditionalModel):
        return model.decode_conditional(bytes(payload), known)
    return model.decode(bytes(payload), box.height, box.width)


def check_channels(model: TileModel, channels: int) -> None:
    """Raises FormatError for a model of other channels."""
    if model.channels != channels:
        raise FormatError(f"model {model.name!r} has {model.channels} channels, the image {channels}")
