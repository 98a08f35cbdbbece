"""A file to samples."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import accumulate
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from l3c.codec.models import TileModel, model_by_digest
from l3c.codec.threads import in_order
from l3c.container.structure import Contents, TileEntry
from l3c.container.tiling import Box, boxes
from l3c.errors import ChecksumError, FormatError, LimitError

Progress = Callable[[float], None]
Item = tuple[int, TileEntry, Box, bytes | memoryview]
DEFAULT_MAX_MEMORY = 4 << 30
LANE, WORKSPACE = 8192, 8 << 20


def memory_needed(contents: Contents, threads: int) -> int:
    """Bytes that decoding takes beside the file: all samples; for each busy thread a tile, its payload, its space."""
    tile = min(contents.header.samples, contents.tile_side**2 * contents.header.channels)
    lanes = min(contents.header.height, contents.tile_side)
    payload = max(entry.length for entry in contents.tiles)
    busy = min(threads, len(contents.tiles))
    return contents.header.samples + busy * (tile + payload + LANE * lanes + WORKSPACE)


def decode_samples(contents: Contents, threads: int, max_memory: int | None, progress: Progress) -> NDArray[np.uint8]:
    """uint8 [height, width, channels]. max_memory in bytes; None is 4 GiB. Raises LimitError before memory is taken."""
    limit = DEFAULT_MAX_MEMORY if max_memory is None else max_memory
    needed = memory_needed(contents, threads)
    if needed > limit:
        raise LimitError(f"decoding takes {needed} bytes of memory, the limit is {limit}")
    models = [model_by_digest(m.digest, m.name) for m in contents.models]
    header = contents.header
    samples = np.empty((header.height, header.width, header.channels), np.uint8)

    def work(item: Item) -> None:
        number, entry, box, payload = item
        tile = decode_tile(number, entry, box, payload, header.channels, models)
        samples[box.top : box.bottom, box.left : box.right] = tile

    items = list(tile_items(contents))
    for done, _ in enumerate(in_order(work, items, threads), 1):
        progress(done / len(items))
    return samples


def tile_items(contents: Contents) -> Iterator[Item]:
    """Yield (number, entry, box, payload) of all tiles; payloads are views."""
    header = contents.header
    ends = accumulate(entry.length for entry in contents.tiles)
    cut = boxes(header.height, header.width, contents.tile_side)
    for number, (entry, box, end) in enumerate(zip(contents.tiles, cut, ends, strict=True)):
        yield number, entry, box, contents.data[end - entry.length : end]


def decode_tile(
    number: int, entry: TileEntry, box: Box, payload: bytes | memoryview, channels: int, models: list[TileModel]
) -> NDArray[np.uint8]:
    """One tile, its samples checked. Raises FormatError or ChecksumError naming the tile and its place."""
    place = f"tile {number} (rows {box.top}..{box.bottom - 1}, columns {box.left}..{box.right - 1})"
    try:
        if entry.model is None:
            tile = np.frombuffer(payload, np.uint8).reshape(box.height, box.width, channels)
        else:
            tile = decode_with(models[entry.model], payload, box, channels)
    except FormatError as error:
        raise type(error)(f"{place}: {error}") from error
    if crc32(tile.data) != entry.crc:
        raise ChecksumError(f"{place}: the decoded pixels differ from those that were encoded")
    return tile


def decode_with(model: TileModel, payload: bytes | memoryview, box: Box, channels: int) -> NDArray[np.uint8]:
    if model.channels != channels:
        raise FormatError(f"model {model.name!r} has {model.channels} channels, the image {channels}")
    return model.decode(bytes(payload), box.height, box.width)
