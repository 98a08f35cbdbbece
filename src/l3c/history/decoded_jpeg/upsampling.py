"""How chroma was brought to all pixels: detected by the samples of a smaller plane that make them."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from l3c.history.decoded_jpeg.settle import Subsampled, settle
from l3c.jpeg.upsample import shrink, upsample

CROP = 384
"""Pixels a side of the part in the middle that is looked at."""

UNIT = 16
"""Where that part begins is a multiple of it: a unit of four blocks, so that its grid is the picture's."""

AROUND = 3
"""Pixels that may matter for one, on each side, in the widest way of upsampling."""

LEAST_NEAR = 0.8
"""Share of changing pixels that the simplest chroma must explain for a search to be worth it. By trial."""

LEAST_MADE = 0.93
"""Share that the chroma found must explain. By trial."""

LEAST_REPEATED = 0.99
"""Share that repeated chroma must explain: it needs no search, so nearly all."""


class Way(NamedTuple):
    """How chroma was brought to all pixels."""

    subsampled: Subsampled
    plain: bool


# from the fewest samples of chroma to the most; of equals the usual one first
WAYS = tuple(
    Way(subsampled, plain)
    for subsampled, plain in (
        ((True, True), False),
        ((True, True), True),
        ((False, True), False),
        ((False, True), True),
        ((False, False), False),
    )
)


def find_way(chroma: list[NDArray[Any]], known: NDArray[np.bool_]) -> Way:
    """The way that explains a part of the chroma planes with the fewest samples."""
    part = middle(known.shape)
    return next(way for way in WAYS if all(_explains(way, plane[part], known[part]) for plane in chroma))


def middle(shape: tuple[int, ...]) -> tuple[slice, ...]:
    """A part of a plane, that begins where a unit of blocks does."""
    starts = [max(0, n - CROP) // 2 & -UNIT for n in shape]
    return tuple(slice(start, start + CROP) for start in starts)


def _explains(way: Way, plane: NDArray[Any], known: NDArray[np.bool_]) -> bool:
    """Whether nearly all pixels that differ from a neighbour are made from the samples of a smaller plane."""
    if not any(way.subsampled):
        return True
    tried = _surrounded(known) & _changing(plane)
    half = shrink(plane.astype(np.float32), *way)
    near = _share(np.rint(half), way, plane, tried)
    if way.plain or near < LEAST_NEAR:
        return near > LEAST_REPEATED
    return _share(settle(half, plane, known, way.subsampled)[0], way, plane, tried) > LEAST_MADE


def _surrounded(known: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Pixels all of whose neighbours are known too, as far as one matters for another."""
    for axis in range(2):
        sums = np.cumsum(np.pad(~known, [(0, 0)] * axis + [(AROUND + 1, AROUND)] + [(0, 0)] * (1 - axis)), axis, int)
        span = 2 * AROUND + 1
        known = np.take(sums, range(span, sums.shape[axis]), axis) == np.take(
            sums, range(sums.shape[axis] - span), axis
        )
    return known


def _changing(plane: NDArray[Any]) -> NDArray[np.bool_]:
    out = np.zeros(plane.shape, bool)
    across, down = np.rint(plane[:, 1:]) != np.rint(plane[:, :-1]), np.rint(plane[1:]) != np.rint(plane[:-1])
    out[:, 1:] |= across
    out[:, :-1] |= across
    out[1:] |= down
    out[:-1] |= down
    return out


def _share(samples: NDArray[Any], way: Way, plane: NDArray[Any], tried: NDArray[np.bool_]) -> float:
    """Of the tried pixels, those that the samples make."""
    made = upsample(np.clip(samples, 0, 255).astype(np.uint8), way.subsampled, way.plain, plane.shape)
    return float((made == plane)[tried].mean()) if tried.any() else 1.0
