"""Luma behind pixels whose chroma is known: red, green and blue are clip((luma_step luma + offset) >> shift)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int32]

ROUNDS = 40
"""Of smoothing under clipped pixels: values spread by a pixel each, and most clipped areas are no wider. By trial."""


def luma_bounds(
    pixels: NDArray[np.uint8],
    offsets: tuple[Ints, Ints, Ints],
    step: int,
    shift: int,
    limits: tuple[int, int] = (0, 255),
) -> tuple[Ints, Ints]:
    """The least and the greatest luma within limits that makes each pixel [..., 3]; none where least > greatest.

    offsets: what chroma adds to red, green and blue. step: what a level of luma adds; both before the shift.
    """
    low, high = (np.full(pixels.shape[:-1], limit, np.int32) for limit in limits)
    for c, offset in enumerate(offsets):
        value = pixels[..., c].astype(np.int32)
        from_below = -((offset - (value << shift)) // step)
        to_above = ((value << shift) + (1 << shift) - 1 - offset) // step
        np.maximum(low, np.where(value > 0, from_below, limits[0]), out=low)
        np.minimum(high, np.where(value < 255, to_above, limits[1]), out=high)
    return low, high


def smooth(low: Ints, high: Ints) -> Ints:
    """Values between the bounds that differ little from their neighbours."""
    free = low < high
    sure = low[low == high]
    start = int(np.median(sure)) if sure.size else 128
    most = np.maximum(low, high)
    values: NDArray[Any] = np.clip(start, low, most).astype(np.float32)
    for _ in range(ROUNDS if free.any() else 0):
        around = np.pad(values, 1, "edge")
        mean = (around[:-2, 1:-1] + around[2:, 1:-1] + around[1:-1, :-2] + around[1:-1, 2:]) / 4
        values = np.where(free, np.clip(mean, low, most), values)
    rounded: Ints = np.clip(np.rint(values), 0, 255).astype(np.int32)
    return rounded
