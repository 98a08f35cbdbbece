"""Where the bytes of a file go: exact for each tile, and estimated within tiles."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from l3c.codec.models import find_model
from l3c.container.structure import Contents
from l3c.container.tiling import tiles_of
from l3c.history import registry
from l3c.threads import in_order

Crop = Callable[[int, int, int, int], NDArray[np.uint8]]  # of x, y, width and height: [height, width, 3], as shown

ESTIMATOR = "wave-fast"
"""The model whose payloads tell how blocks compare: the fastest one."""

SIDE = 32
"""Pixels a side of what is coded of a block, at most: of smaller pieces, the ends of a payload weigh too much."""

ACROSS = 48
"""Blocks of the longer side, at most, so that a map of any picture takes the time of 2.4 megapixels."""

FLOOR = 1.0
"""Bits of a piece that costs no more than a blank one: a tile of such pieces is shared among them alike."""


def cost_map(contents: Contents, crop: Crop, threads: int | None = None) -> NDArray[np.float32]:
    """Bits for each pixel, [rows, columns] of blocks of `block_side` pixels a side.

    The blocks of a tile add up to the bits of its payload, shared as a fast model codes a piece of each alone. What a
    file takes beside payloads is not in it; a file that is kept whole counts as one tile. crop: called from several
    threads. Raises as decoding does.
    """
    height, width = contents.header.height, contents.header.width
    side = block_side(height, width)
    rows, columns = -(-height // side), -(-width // side)
    shares = _shares(height, width, side, crop, threads)
    down, across = _lengths(height, side), _lengths(width, side)
    bits = np.zeros((rows, columns))
    for top, bottom, left, right, size in _parts(contents):
        covered = np.outer(_overlaps(down, side, top, bottom), _overlaps(across, side, left, right))
        weights = covered * shares
        bits += size * weights / weights.sum()
    return (bits / np.outer(down, across)).astype(np.float32)


def block_side(height: int, width: int) -> int:
    """Pixels a side of the blocks of a picture."""
    return max(SIDE, -(-max(height, width) // ACROSS))


def _shares(height: int, width: int, side: int, crop: Crop, threads: int | None) -> NDArray[np.float64]:
    """Bits a pixel of the middle of each block, coded alone, beyond those of a blank one."""
    model = find_model(ESTIMATOR, 3)
    blank = len(model.encode(np.zeros((SIDE, SIDE, 3), np.uint8)))
    places = [(x, y) for y in range(0, height, side) for x in range(0, width, side)]

    def share(place: tuple[int, int]) -> float:
        x, y = (
            start + max(0, min(side, end - start) - SIDE) // 2
            for start, end in zip(place, (width, height), strict=True)
        )
        piece = np.ascontiguousarray(crop(x, y, min(SIDE, width - x), min(SIDE, height - y)))
        return max(FLOOR, 8 * (len(model.encode(piece)) - blank)) / (piece.size // 3)

    return np.array(list(in_order(share, places, threads))).reshape(-(-height // side), -1)


def _parts(contents: Contents) -> list[tuple[int, int, int, int, int]]:
    """Of each payload: first row, row behind the last, the same of columns, and bits."""
    header = contents.header
    if contents.kept is not None:
        return [(0, header.height, 0, header.width, 8 * len(contents.kept.data))]
    parts = []
    for entry, place in zip(contents.tiles, tiles_of(header, contents.tile_side), strict=True):
        rows, columns, _ = registry.touched(header, *place)
        parts.append((rows.start, rows.stop, columns.start, columns.stop, 8 * entry.length))
    return parts


def _lengths(size: int, side: int) -> NDArray[np.int64]:
    """Of each block, along one axis."""
    return _overlaps(np.full(-(-size // side), side), side, 0, size)


def _overlaps(lengths: NDArray[np.int64], side: int, first: int, stop: int) -> NDArray[np.int64]:
    """Of each block with first .. stop - 1, along one axis."""
    starts = side * np.arange(len(lengths))
    overlaps: NDArray[np.int64] = np.minimum(starts + lengths, stop) - np.maximum(starts, first)
    return overlaps.clip(0)
