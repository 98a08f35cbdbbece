"""Chroma under clipped pixels: samples are moved until some luma makes every pixel."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from l3c.history import luma
from l3c.history.photo_cd.convert import (
    BLUE,
    BLUE_ZERO,
    GREEN_BLUE,
    GREEN_RED,
    LUMA,
    RED,
    RED_ZERO,
    SHIFT,
    Ints,
    offsets,
    upsample,
)

REACHES = (2, 4)
"""Samples around wrong pixels that are grown anew: near ones first, then more where that is not enough. By trial."""

ROUNDS = 16
"""Of moves over all samples near wrong pixels. By trial."""

MOVES = 4
"""Tries for each sample in a round. By trial."""

TRIALS = 24
"""Tries for each sample when it is first chosen. By trial."""

CHROMA_MOVES = (-6, -3, -2, -1, -1, 0, 0, 1, 1, 2, 3, 6)
"""Moves of a sample, drawn at random: small ones most often. By trial."""

CLASSES = ((0, 0), (0, 1), (1, 0), (1, 1))
"""Samples of a class are two apart: the pixels that they make do not overlap."""

CENTRE = 4  # of nine pixels around a sample, the one that has it alone
LUMA_STEP = 8
"""Levels that luma is tried around the likely one. By trial."""

Window = list[list[Ints]]


class Half(NamedTuple):
    """A chroma plane of half the size: its samples, int32, and the least and the greatest that each may be."""

    values: Ints
    low: Ints
    high: Ints


def search(pixels: NDArray[np.uint8], blue: Half, red: Half) -> tuple[Ints, Ints]:
    """Both half planes, int32, with as few pixels as can be that no luma makes. The same for the same input.

    pixels: [height, width, 3], without a last row of black.
    """
    planes = np.stack([blue.values, red.values])
    low, high = np.stack([blue.low, red.low]), np.stack([blue.high, red.high])
    free: NDArray[np.bool_] = np.asarray((low < high).any(0))
    task = Task(pixels, low, np.maximum(low, high), free, np.random.default_rng(0))
    for reach in REACHES:
        near = task.free & near_wrong(pixels, planes)
        if not near.any():
            break
        grown = grow(task, planes, task.free & widened(near, reach))
        planes = min(planes, grown, key=lambda halves: int(near_wrong(pixels, halves).sum()))
        improve(task, planes)
    return planes[0], planes[1]


class Task(NamedTuple):
    """pixels: as for `search`. low, high: int32 [2, rows, columns]. free: where those differ. random: of the moves."""

    pixels: NDArray[np.uint8]
    low: Ints
    high: Ints
    free: NDArray[np.bool_]
    random: np.random.Generator


def improve(task: Task, planes: Ints) -> None:
    """Move samples near wrong pixels, as long as that may help."""
    for _ in range(ROUNDS):
        near = task.free & near_wrong(task.pixels, planes)
        for rows, columns in by_class(near):
            _move(task, planes, rows, columns)


def grow(task: Task, planes: Ints, unsure: NDArray[np.bool_]) -> Ints:
    """Planes whose unsure samples are chosen anew, inwards from those that are sure."""
    planes, unsure = planes.copy(), unsure.copy()
    while True:
        edge = unsure & widened(~unsure, 1)
        if not edge.any():
            return planes
        for rows, columns in by_class(edge):
            _settle(task, planes, unsure, rows, columns)
            unsure[rows, columns] = False


def by_class(chosen: NDArray[np.bool_]) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Rows and columns of the samples that are chosen, class by class."""
    for y, x in CLASSES:
        rows, columns = np.nonzero(chosen[y::2, x::2])
        if rows.size:
            yield 2 * rows + y, 2 * columns + x


def widened(mask: NDArray[np.bool_], reach: int) -> NDArray[np.bool_]:
    """True within `reach` samples of any True one."""
    padded = np.pad(mask, reach)
    rows = np.logical_or.reduce([padded[y : y + mask.shape[0]] for y in range(2 * reach + 1)])
    within: NDArray[np.bool_] = np.logical_or.reduce([rows[:, x : x + mask.shape[1]] for x in range(2 * reach + 1)])
    return within


def luma_bounds(pixels: NDArray[np.uint8], blue: Ints, red: Ints) -> tuple[Ints, Ints]:
    """The least and the greatest luma that makes each pixel [..., 3], given its chroma; none where least > greatest."""
    return luma.luma_bounds(pixels, offsets(blue, red), LUMA, SHIFT)


def near_wrong(pixels: NDArray[np.uint8], planes: Ints) -> NDArray[np.bool_]:
    """Half plane: whether no luma makes one of the nine pixels round a sample."""
    size = pixels.shape[:2]
    low, high = luma_bounds(pixels, upsample(planes[0], size), upsample(planes[1], size))
    rows, columns = planes.shape[1:]
    wrong = np.zeros((2 * rows, 2 * columns), bool)
    wrong[: size[0], : size[1]] = low > high
    return widened(wrong, 1)[::2, ::2]


def _move(task: Task, planes: Ints, rows: NDArray[np.intp], columns: NDArray[np.intp]) -> None:
    """Try moves of some samples of one class, and accept those that leave no more pixels wrong."""
    random = task.random
    windows = [_window(plane, rows, columns) for plane in planes]
    around = _pixels_around(task.pixels, rows, columns)
    here, least, most = (values[:, rows, columns] for values in (planes, task.low, task.high))
    wrong = _wrong(around, windows, here)
    for _ in range(MOVES):
        steps = random.choice(CHROMA_MOVES, here.shape).astype(np.int32)
        for moved in (here + steps, _origins(around[0][CENTRE], here, random), _neighbour(windows, random)):
            tried = np.clip(moved, least, most)
            count = _wrong(around, windows, tried)
            better = (count < wrong) | ((count == wrong) & (random.random(count.shape) < 0.5))
            here, wrong = np.where(better, tried, here), np.where(better, count, wrong)
    planes[:, rows, columns] = here


def _settle(
    task: Task, planes: Ints, unsure: NDArray[np.bool_], rows: NDArray[np.intp], columns: NDArray[np.intp]
) -> None:
    """Choose samples of one class by the pixels that sure samples make along with them, then by the mean of those."""
    windows = [_window(plane, rows, columns) for plane in planes]
    doubts = _window(unsure.astype(np.int32) * 4, rows, columns)
    pixels, inside = _pixels_around(task.pixels, rows, columns)
    around = pixels, inside & (_nine(doubts, np.zeros_like(rows, np.int32)) == 0)
    least, most = task.low[:, rows, columns], task.high[:, rows, columns]
    mean = _mean_of_sure(windows, doubts)
    best, lowest = np.clip(mean, least, most), np.full(rows.shape, np.inf)
    for trial in range(TRIALS):
        moved = mean if trial == 0 else _origins(pixels[CENTRE], mean, task.random)
        tried = np.clip(moved, least, most)
        cost = _wrong(around, windows, tried) + np.abs(tried - mean).sum(0) / 1024
        best, lowest = np.where(cost < lowest, tried, best), np.minimum(cost, lowest)
    planes[:, rows, columns] = best


def _mean_of_sure(windows: list[Window], doubts: Window) -> Ints:
    """Chroma [2, samples]."""
    sure = [(y, x) for y in range(3) for x in range(3) if (y, x) != (1, 1)]
    weights = np.stack([doubts[y][x] == 0 for y, x in sure])
    values = np.stack([np.stack([window[y][x] for y, x in sure]) for window in windows])
    mean: Ints = np.rint((values * weights).sum(1) / np.maximum(1, weights.sum(0))).astype(np.int32)
    return mean


def _origins(pixels: NDArray[np.uint8], here: Ints, random: np.random.Generator) -> Ints:
    """Chroma [2, samples] that would make pixels [samples, 3] from a luma near the likely one, by sound channels."""
    r, g, b = (pixels[:, c].astype(np.int32) for c in range(3))
    red_in, green_in, blue_in = ((c > 0) & (c < 255) for c in (r, g, b))
    low, high = luma_bounds(pixels, here[0], here[1])
    likely = np.clip((low + high) >> 1, 0, 255) + random.integers(-LUMA_STEP, LUMA_STEP + 1, low.shape, np.int32)
    level = LUMA * likely
    u = np.where(blue_in, -((level - (b << 16)) // BLUE), here[0] - BLUE_ZERO)
    v = np.where(red_in, -((level - (r << 16)) // RED), here[1] - RED_ZERO)
    rest = level - (g << 16) - 32768
    by_green_u = np.rint((rest - GREEN_RED * (RED * v >> 16)) / GREEN_BLUE * (65536 / BLUE)).astype(np.int32)
    by_green_v = np.rint((rest - GREEN_BLUE * (BLUE * u >> 16)) / GREEN_RED * (65536 / RED)).astype(np.int32)
    u, v = (
        np.where(green_in & red_in & ~blue_in, by_green_u, u),
        np.where(green_in & blue_in & ~red_in, by_green_v, v),
    )
    return np.stack([u + BLUE_ZERO, v + RED_ZERO])


def _neighbour(windows: list[Window], random: np.random.Generator) -> Ints:
    """The chroma [2, samples] of one of the neighbours, the same one for all samples."""
    y, x = random.integers(0, 3, 2)
    return np.stack([window[y][x] for window in windows])


def _window(plane: Ints, rows: NDArray[np.intp], columns: NDArray[np.intp]) -> Window:
    """The 3 x 3 samples round each; beyond the borders the nearest."""
    height, width = plane.shape
    return [
        [plane[np.clip(rows + y, 0, height - 1), np.clip(columns + x, 0, width - 1)] for x in (-1, 0, 1)]
        for y in (-1, 0, 1)
    ]


def _pixels_around(
    pixels: NDArray[np.uint8], rows: NDArray[np.intp], columns: NDArray[np.intp]
) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """The nine pixels round each sample, [9, samples, 3], and whether they are in the image."""
    height, width = pixels.shape[:2]
    y = np.stack([2 * rows + dy for dy in (-1, 0, 1) for _ in range(3)])
    x = np.stack([2 * columns + dx for _ in range(3) for dx in (-1, 0, 1)])
    inside = (y >= 0) & (y < height) & (x >= 0) & (x < width)
    return pixels[np.clip(y, 0, height - 1), np.clip(x, 0, width - 1)], inside


def _wrong(
    around: tuple[NDArray[np.uint8], NDArray[np.bool_]], windows: list[Window], values: Ints
) -> NDArray[np.int64]:
    """How many of the nine pixels no luma makes, for each sample with these values [2, samples]."""
    blue, red = (_nine(window, value) for window, value in zip(windows, values, strict=True))
    low, high = luma_bounds(around[0], blue, red)
    counts: NDArray[np.int64] = ((low > high) & around[1]).sum(0)
    return counts


def _nine(window: Window, value: Ints) -> Ints:
    """Chroma of the nine pixels round a sample, [9, samples]."""
    (a, b, c), (d, _, e), (f, g, h) = window
    two = [(other + value + 1) >> 1 for other in (b, d, e, g)]
    corners = [(a, b, d), (b, c, e), (d, f, g), (e, g, h)]
    four = [(one + other + third + value + 2) >> 2 for one, other, third in corners]
    return np.stack([four[0], two[0], four[1], two[1], value, two[2], four[2], two[3], four[3]])
