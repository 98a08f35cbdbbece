"""Blocks of interpolated chroma that do not give the known pixels: others are tried, among neighbours that stay."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from l3c.history.decoded_jpeg.fit import Floats, Ints
from l3c.history.decoded_jpeg.lattice import nearest
from l3c.history.decoded_jpeg.settle import FREE, Subsampled, bounds_of, sums_of
from l3c.jpeg.idct import SIDE
from l3c.jpeg.inverse import Inverse
from l3c.jpeg.upsample import spread

PART = 64
"""Blocks tried at once, each with its candidates and their surroundings: bounds the memory."""

Places = tuple[NDArray[np.intp], NDArray[np.intp]]


class Wanted(NamedTuple):
    """low, high: int16 [height, width], what each pixel's weighted sum may be. size: of the half plane."""

    low: Ints
    high: Ints
    subsampled: Subsampled
    size: tuple[int, int]


def refine(blocks: Ints, inverse: Inverse, ideas: Floats, weights: Floats, wanted: Wanted) -> None:
    """Change blocks [rows, columns, 64] so that more pixels come out.

    ideas, weights: [blocks, 64], samples and how much they count.
    """
    columns = blocks.shape[1]
    for number in range(4):
        made = inverse.plane(blocks)[: wanted.size[0], : wanted.size[1]].astype(np.int16)
        rows, across = np.nonzero(_wrong(made, wanted, blocks.shape[:2]))
        mine = (rows % 2 == number % 2) & (across % 2 == number // 2 % 2)
        for start in range(0, int(mine.sum()), PART):
            places = rows[mine][start : start + PART], across[mine][start : start + PART]
            flat = places[0] * columns + places[1]
            tried = np.concatenate([blocks[places][:, None], nearest(ideas[flat], weights[flat], inverse)], 1)
            best = _violations(tried, inverse, places, made, wanted).argmin(1)
            blocks[places] = tried[np.arange(len(best)), best]


def wanted_of(plane: NDArray[Any], known: NDArray[np.bool_], subsampled: Subsampled, size: tuple[int, int]) -> Wanted:
    """What the known pixels of a plane want of the half plane of `size`."""
    return Wanted(*bounds_of(plane, known, subsampled), subsampled, size)


def _wrong(made: Ints, wanted: Wanted, grid: tuple[int, ...]) -> NDArray[np.bool_]:
    """[rows, columns]: blocks over which a pixel is."""
    height, width = wanted.low.shape
    sums = sums_of(made, wanted.subsampled)[:height, :width]
    sides = [SIDE << twice for twice in wanted.subsampled]
    off = np.zeros((grid[0] * sides[0], grid[1] * sides[1]), bool)
    off[:height, :width] = (sums < wanted.low) | (sums > wanted.high)
    return np.asarray(off.reshape(grid[0], sides[0], grid[1], sides[1]).any((1, 3)))


def _violations(tried: Ints, inverse: Inverse, places: Places, made: Ints, wanted: Wanted) -> NDArray[np.int64]:
    """[n, tried]: by how much the pixels around each block leave their bounds, squared and summed."""
    samples = inverse.samples(tried.reshape(-1, SIDE * SIDE))
    around = [
        _around(p, *side) for p, side in zip(places, zip(wanted.size, wanted.subsampled, strict=True), strict=True)
    ]
    (rows, own_rows), (columns, own_columns) = around
    context = made[rows[:, :, None], columns[:, None]]
    n, many = tried.shape[:2]
    own = samples.reshape(n, many, SIDE, SIDE)[
        np.arange(n)[:, None, None, None],
        np.arange(many)[:, None, None],
        np.clip(own_rows, 0, SIDE - 1)[:, None, :, None],
        np.clip(own_columns, 0, SIDE - 1)[:, None, None],
    ]
    inside = _inside(own_rows)[:, :, None] & _inside(own_columns)[:, None]
    sums = np.where(inside[:, None], own, context[:, None]).astype(np.int16)
    for axis, twice in enumerate(wanted.subsampled, 2):
        if twice:
            sums = np.take(spread(sums, axis), range(1, 2 * SIDE + 3), axis)
    low, high = (_boxes(b, f, places, wanted.subsampled) for b, f in ((wanted.low, -FREE), (wanted.high, FREE)))
    over = np.maximum(np.maximum(sums - high, low - sums), 0).astype(np.int64)
    return np.asarray((over * over).sum((2, 3)))


def _around(places: NDArray[np.intp], count: int, twice: bool) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Of each block the samples that its pixels are made of: where in the plane, and where in the block."""
    reach = np.arange(-1, SIDE + 1) if twice else np.arange(SIDE)
    inside = np.clip(places[:, None] * SIDE + reach, 0, count - 1)
    return inside, inside - places[:, None] * SIDE


def _inside(own: NDArray[np.intp]) -> NDArray[np.bool_]:
    return (own >= 0) & (own < SIDE)


def _boxes(part: Ints, free: int, places: Places, subsampled: Subsampled) -> Ints:
    """[n, 1, rows, columns]: the bounds around each block."""
    padded = np.pad(part, [(1, 2 * SIDE + 1) if twice else (0, SIDE) for twice in subsampled], constant_values=free)
    reach = [np.arange(2 * SIDE + 2) if twice else np.arange(SIDE) for twice in subsampled]
    rows, columns = (p[:, None] * (SIDE << twice) + r for p, twice, r in zip(places, subsampled, reach, strict=True))
    return np.asarray(padded[rows[:, :, None], columns[:, None]][:, None])
