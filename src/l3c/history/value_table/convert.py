"""Values that are a table's image (contrast stretches, 8 bits in 16) to their ranks, gray in three channels to one."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

PROBED_ROWS = 24
"""Rows that are looked at first: they tell of most images that all values are used."""

PROBED_COLUMNS = 96
"""Columns of them that are looked at before the whole rows."""

Ranks = NDArray[np.uint16]

STRIP = 1 << 18
"""Samples of the rows that are counted or packed at once: bits as bytes, and indices of 8 bytes, take many times as
much."""

GAP_REACH = 16
"""Values on both sides of one that tell how sparse they are there. By trial."""

GAPPED_SHARE = 0.85
"""8-bit channels are left as they are if they use more of the values between their outer ones. By trial."""

OUTER = 0.01
"""Share of pixels on both ends that do not count there: a few may have any value."""


def is_gray(samples: NDArray[Any]) -> bool:
    """Whether the channels of [height, width, 3] are equal; a few pixels tell of most images."""
    few = _some(samples, 8, 8)
    return all(bool((part[..., :1] == part[..., 1:]).all()) for part in (few, samples))


def gray_share(samples: NDArray[Any]) -> float:
    """Of some pixels of [height, width, 3], those whose channels are equal; exactly 1 only of all pixels."""
    few = _some(samples, PROBED_ROWS, PROBED_COLUMNS)
    share = float((few[..., :1] == few[..., 1:]).all(axis=2).mean())
    return share if share < 1 or is_gray(samples) else float(np.nextafter(1, 0))


def less_green(ranks: Ranks, bits: int) -> list[Ranks]:
    """Of ranks [height, width, 3]: green, and red and blue less green plus half of 2^bits, modulo that. Format 3.4."""
    mask, half = np.uint16((1 << bits) - 1), np.uint16(1 << bits - 1)
    green = ranks[..., 1:2]
    return [np.ascontiguousarray(green), *((ranks[..., c : c + 1] - green + half) & mask for c in (0, 2))]


def with_green(planes: list[NDArray[Any]], bits: int) -> Ranks:
    """The inverse. Format 3.4."""
    mask, half = np.uint16((1 << bits) - 1), np.uint16(1 << bits - 1)
    green, red, blue = (plane.astype(np.uint16) for plane in planes)
    return np.concatenate([(red + green - half) & mask, green, (blue + green - half) & mask], axis=2)


def likely(samples: NDArray[Any], depth: int) -> bool:
    """Whether some pixels, then some rows, leave it open that ranks are worth it: more have no fewer values."""
    rows = _some(samples, PROBED_ROWS, samples.shape[1])
    few = _some(rows, PROBED_ROWS, PROBED_COLUMNS)
    return all(worth_it(counts_of(part, depth), depth) for part in (few, rows))


def _some(samples: NDArray[Any], rows: int, columns: int) -> NDArray[Any]:
    """About so many rows and columns from all over."""
    return samples[:: max(1, len(samples) // rows), :: max(1, samples.shape[1] // columns)]


def counts_of(samples: NDArray[Any], depth: int) -> list[NDArray[np.intp]]:
    """How often each value occurs in each channel of [height, width, channels]."""
    counts = [np.zeros(1 << depth, np.intp) for _ in range(samples.shape[2])]
    for rows in _strips(samples.shape):
        for c, count in enumerate(counts):
            count += np.bincount(samples[rows, :, c].ravel(), minlength=1 << depth)
    return counts


def _strips(shape: tuple[int, ...]) -> Iterator[slice]:
    """Rows of an array [height, ...] that are worked at together."""
    step = max(1, STRIP // math.prod(shape[1:]))
    return (slice(top, top + step) for top in range(0, shape[0], step))


def worth_it(counts: list[NDArray[np.intp]], depth: int) -> bool:
    """Whether ranks take fewer bits than samples, or, at 8 bits, whether some channel has many gaps."""
    if depth > 8:
        return max(int((count > 0).sum()) for count in counts) <= 1 << depth - 1
    return any(_gapped(count) for count in counts)


def _gapped(count: NDArray[np.intp]) -> bool:
    total = np.cumsum(count)
    first, last = np.searchsorted(total, [OUTER * total[-1], (1 - OUTER) * total[-1]])
    return bool((count[first : last + 1] > 0).mean() < GAPPED_SHARE)


def bits_saved(counts: list[NDArray[np.intp]]) -> float:
    """About how many bits ranks save of all samples: of each how sparse the values are about its own.

    A table of values that occur by chance says no less than that, and so saves nothing.
    """
    saved = 0.0
    for count in counts:
        table = np.nonzero(count)[0]
        places = np.arange(len(table))
        low, high = np.maximum(places - GAP_REACH, 0), np.minimum(places + GAP_REACH, len(table) - 1)
        gaps = (table[high] - table[low]) / np.maximum(high - low, 1)
        saved += float((count[table] * np.log2(np.maximum(gaps, 1))).sum())
    return saved


def to_ranks(samples: NDArray[Any], tables: list[NDArray[np.intp]], depth: int) -> Ranks:
    """uint16 [height, width, channels]."""
    out = np.empty(samples.shape, np.uint16)
    for c, table in enumerate(tables):
        ranks = np.zeros(1 << depth, np.uint16)
        ranks[table] = np.arange(len(table))
        out[..., c] = ranks[samples[..., c]]
    return out


def ranked(samples: NDArray[Any], limit: int) -> tuple[Ranks, list[NDArray[Any]]] | None:
    """Ranks, uint16 [height, width, channels], and each channel's values, rising; None for more than `limit`."""
    few = _some(samples, PROBED_ROWS, PROBED_COLUMNS)
    if any(np.unique(few[..., channel]).size > limit for channel in range(samples.shape[2])):
        return None
    ranks, tables = np.empty(samples.shape, np.uint16), []
    for channel in range(samples.shape[2]):
        table, places = np.unique(samples[..., channel], return_inverse=True)
        if len(table) > limit:
            return None
        ranks[..., channel] = places.reshape(samples.shape[:2])
        tables.append(table)
    return ranks, tables


def from_ranks(ranks: Ranks, tables: list[NDArray[Any]], dtype: Any) -> NDArray[Any]:
    """Samples of `dtype`. A rank beyond its table counts as the last."""
    out = np.empty(ranks.shape, dtype)
    for c, table in enumerate(tables):
        out[..., c] = table.astype(dtype)[np.minimum(ranks[..., c], len(table) - 1)]
    return out
