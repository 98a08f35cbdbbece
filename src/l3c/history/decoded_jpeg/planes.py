"""Planes of samples, known or bounded, to blocks of coefficients."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from l3c.history.decoded_jpeg.fit import Bounds, Floats, Ints, quantize, to_blocks
from l3c.history.decoded_jpeg.repair import repair
from l3c.jpeg.idct import SIDE
from l3c.jpeg.inverse import Inverse

Planes = tuple[Ints, Ints]
"""The least and the greatest that each sample may be."""

FREE = 4096
"""A bound that nothing reaches."""

SAMPLED = 1500
"""Blocks of a plane by which its steps are judged: more say the same, by trial."""


def sampled(plane: NDArray[Any], known: NDArray[np.bool_], most: int = SAMPLED) -> Floats:
    """Some of the blocks all of whose samples are known, float32 [n, 64]."""
    rows, columns = plane.shape[0] // SIDE * SIDE, plane.shape[1] // SIDE * SIDE
    usable = to_blocks(known[:rows, :columns]).all(1)
    chosen = np.nonzero(usable)[0]
    chosen = chosen[:: max(1, len(chosen) // most)]
    return to_blocks(plane[:rows, :columns])[chosen].astype(np.float32)


def opened(low: Ints, high: Ints) -> Planes:
    """Bounds of samples before they are clipped."""
    return np.where(low <= 0, -FREE, low).astype(np.int16), np.where(high >= 255, FREE, high).astype(np.int16)


def fitted(start: Floats, bounds: Planes, inverse: Inverse, size: tuple[int, int], thorough: bool = True) -> Ints:
    """Ints [*size, 64] behind a plane, of which `start` is a first idea. thorough: as `repair` takes it."""
    low, high = (padded(bound, size, free) for bound, free in zip(bounds, (-FREE, FREE), strict=True))
    ideas = to_blocks(padded(start, size))
    blocks = quantize(ideas, inverse)
    repair(blocks, inverse, Bounds(to_blocks(low), to_blocks(high)), ideas, thorough)
    return blocks.reshape(*size, SIDE * SIDE)


def padded(plane: NDArray[Any], size: tuple[int, int], value: int | None = None) -> NDArray[Any]:
    """To whole blocks, with `value`, or with the last row and column."""
    beyond = [(0, SIDE * blocks - n) for blocks, n in zip(size, plane.shape, strict=True)]
    return np.pad(plane, beyond, "edge") if value is None else np.pad(plane, beyond, constant_values=value)
