"""Samples of every kind: noise, ramps, few values, flat, extremes."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

SIZES = ((1, 1), (1, 9), (7, 1), (5, 13), (9, 17), (16, 16), (12, 31), (23, 10))
"""(height, width)."""

NANS = (0x7F800001, 0xFFC12345, 0x7F800000, 0xFF800000, 0x80000000, 0x00000001)
"""Bits of float32: NaN with payloads, infinities, minus zero, a subnormal."""


def size(rng: np.random.Generator) -> tuple[int, int]:
    """(height, width)."""
    return SIZES[int(rng.integers(len(SIZES)))]


def integers(rng: np.random.Generator, shape: tuple[int, ...], largest: int, lowest: int = 0) -> NDArray[Any]:
    """int64 from lowest to largest; both occur where there is room."""
    way = rng.integers(5)
    span = largest - lowest
    if way == 0:
        found = rng.integers(lowest, largest, shape, endpoint=True, dtype=np.int64)
    elif way == 1:  # a ramp, with some noise
        ramp = np.add.outer(np.arange(shape[0]), np.arange(shape[1])) / max(1, shape[0] + shape[1] - 2)
        ramp = ramp.reshape(*ramp.shape, *[1] * (len(shape) - 2)) * np.linspace(1, 0.5, shape[-1])
        noise = rng.integers(0, max(1, span // 64), shape, endpoint=True)
        found = np.clip((ramp * span).astype(np.int64) + noise, 0, span) + lowest
    elif way == 2:  # few values
        few = rng.integers(lowest, largest, 3, endpoint=True, dtype=np.int64)
        found = few[rng.integers(0, 3, shape)]
    elif way == 3:  # dark
        found = lowest + rng.integers(0, max(1, span // 16), shape, endpoint=True, dtype=np.int64)
    else:  # the low bits alone
        found = np.int64(lowest + span // 2) + rng.integers(0, min(3, span - span // 2), shape, endpoint=True)
    found = np.minimum(found, largest).astype(np.int64)
    found.flat[0], found.flat[-1] = lowest, largest
    return found


def floats(rng: np.random.Generator, shape: tuple[int, ...], bits: int) -> NDArray[Any]:
    """float16, float32 or float64; NaN, infinities, minus zero and subnormals among them."""
    dtype = np.dtype(f"f{bits // 8}")
    values = rng.normal(0, 1, shape) * 10.0 ** rng.integers(-3, 4)
    if rng.integers(3) == 0:
        values = np.round(values * 100) / 100
    found: NDArray[Any] = values.astype(np.float32).astype(dtype) if bits > 16 else values.astype(dtype)
    flat = found.reshape(-1).view(f"u{bits // 8}")
    if rng.integers(2) and flat.size > len(NANS):
        for place, pattern in enumerate(NANS):
            narrow = {16: pattern >> 16, 32: pattern, 64: pattern << 32 | 5}[bits]
            flat[place] = narrow
    return found
