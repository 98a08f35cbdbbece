"""The integers behind interpolated chroma: samples of the half plane are moved until every known pixel fits."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from l3c.jpeg.upsample import spread

SWEEPS = 4
"""Times that all samples are moved at most; most planes are done in one or two. By trial."""

FREE = 16000
"""What no weighted sum reaches."""

WEIGHTS = (1, 3, 3, 1)
"""Of a sample in the four pixels of a row or column that it has a part in."""

Sums = NDArray[np.int16]
Subsampled = tuple[bool, bool]


def settle(
    half: NDArray[np.float32], plane: NDArray[Any], known: NDArray[np.bool_], subsampled: Subsampled
) -> tuple[NDArray[np.int16], NDArray[np.bool_]]:
    """Samples int16 near `half` that make the known pixels of `plane`, and which of them have part in no wrong one."""
    samples = np.clip(np.rint(half), 0, 255).astype(np.int16)
    pads = [_pads(n, size, twice) for n, size, twice in zip(samples.shape, plane.shape, subsampled, strict=True)]
    low, high = (
        np.pad(bound, pads, constant_values=free)
        for bound, free in zip(bounds_of(plane, known, subsampled), (-FREE, FREE), strict=True)
    )
    sums = np.pad(sums_of(samples, subsampled)[: plane.shape[0], : plane.shape[1]], pads)
    tiles = [_tiling(samples, subsampled, first, (sums, low, high)) for first in _firsts(samples.shape, subsampled)]
    for _ in range(SWEEPS):
        if not sum(_sweep(part) for part in tiles):
            break
    clear = np.empty(samples.shape, bool)
    for first, part in zip(_firsts(samples.shape, subsampled), tiles, strict=True):
        clear[_every(subsampled, first)] = ~part.wrong()
    return samples, clear


def bounds_of(plane: NDArray[Any], known: NDArray[np.bool_], subsampled: Subsampled) -> tuple[Sums, Sums]:
    """The bounds of each pixel's weighted sum before it is rounded."""
    bits = 4 if subsampled[0] else 2
    half, up = 1 << bits - 1, np.zeros(plane.shape[1], np.int16)
    up[bits == 4 :: 2] = 1
    low = (plane.astype(np.int16) << bits) - half + up
    high = low + np.int16(2 * half - 1)
    low[(plane <= 0) | ~known], high[(plane >= 255) | ~known] = -FREE, FREE
    return low, high


def sums_of(samples: Sums, subsampled: Subsampled) -> Sums:
    return spread(spread(samples, 0) if subsampled[0] else samples, 1)


def _pads(count: int, size: int, twice: bool) -> tuple[int, int]:
    """Pixels to add before and after, so that each sample's four are there."""
    return (1, 2 * count + 3 - size) if twice else (0, 0)


def _firsts(shape: tuple[int, ...], subsampled: Subsampled) -> list[tuple[int, int]]:
    """Samples that lie two apart have part in different pixels: where each such set begins."""
    rows, columns = (range(min(n, 1 + twice)) for n, twice in zip(shape, subsampled, strict=True))
    return [(row, column) for row in rows for column in columns]


def _every(subsampled: Subsampled, first: tuple[int, int]) -> tuple[slice, slice]:
    rows, columns = (slice(start, None, 1 + twice) for start, twice in zip(first, subsampled, strict=True))
    return rows, columns


class _Tiles(NamedTuple):
    """Views of samples that lie two apart [rows, columns], and of their pixels [rows, height, columns, width].

    weights: of each sample in its pixels. whole: the pixels again, in rows and columns.
    """

    samples: Sums
    sums: Sums
    low: Sums
    high: Sums
    weights: Sums
    whole: list[Sums]

    def wrong(self) -> NDArray[np.bool_]:
        """Samples one of whose pixels is."""
        sums, low, high = self.whole
        rows, height, columns, width = self.sums.shape
        off = ((sums < low) | (sums > high)).reshape(rows, height, -1).any(1).reshape(rows, columns, width)
        wrong: NDArray[np.bool_] = np.logical_or.reduce([off[..., i] for i in range(width)])
        return wrong


def _tiling(samples: Sums, subsampled: Subsampled, first: tuple[int, int], pixels: tuple[Sums, Sums, Sums]) -> _Tiles:
    chosen = samples[_every(subsampled, first)]
    sides = [4 if twice else 1 for twice in subsampled]
    spans = [
        slice(2 * start, 2 * start + side * n) if twice else slice(None)
        for start, twice, side, n in zip(first, subsampled, sides, chosen.shape, strict=True)
    ]
    shape = chosen.shape[0], sides[0], chosen.shape[1], sides[1]
    rows, columns = (
        _weights(n, twice, start) for n, twice, start in zip(samples.shape, subsampled, first, strict=True)
    )
    whole = [part[spans[0], spans[1]] for part in pixels]
    sums, low, high = (part.reshape(shape) for part in whole)
    return _Tiles(chosen, sums, low, high, rows[:, :, None, None] * columns, whole)


def _weights(count: int, twice: bool, first: int) -> Sums:
    """[samples, pixels of each]; the outermost samples stand for those beyond."""
    if not twice:
        return np.ones((count, 1), np.int16)
    chosen = np.arange(first, count, 2)
    weights = np.tile(np.array(WEIGHTS, np.int16), (len(chosen), 1))
    weights[chosen == 0, 1] += 1
    weights[chosen == count - 1, 2] += 1
    return weights


def _sweep(tiles: _Tiles) -> int:
    """Move samples by one where that brings their pixels nearer to what they should be; how many were moved."""
    rows, columns = np.nonzero(tiles.wrong())
    sums, low, high, weights = (part[rows, :, columns] for part in tiles[1:5])
    here = _violation(sums, low, high)
    moves = np.zeros(len(rows), np.int16)
    for move in (1, -1):
        there = _violation(sums + move * weights, low, high)
        moves[there < here] = move
        here = np.minimum(here, there)
    inside = tiles.samples[rows, columns] + moves
    moves[(inside < 0) | (inside > 255)] = 0
    tiles.samples[rows, columns] += moves
    tiles.sums[rows, :, columns] += moves[:, None, None] * weights
    return int(np.count_nonzero(moves))


def _violation(sums: Sums, low: Sums, high: Sums) -> NDArray[np.int32]:
    over = np.maximum(np.maximum(sums - high, low - sums), 0).astype(np.int32)
    squares: NDArray[np.int32] = (over * over).sum((1, 2))
    return squares
