"""Where blocks lie in a picture that was cut out of a decoded JPEG."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from l3c.history.decoded_jpeg.chroma import subsampled_known
from l3c.history.decoded_jpeg.fit import Ints
from l3c.history.decoded_jpeg.planes import sampled
from l3c.history.decoded_jpeg.settle import settle
from l3c.history.decoded_jpeg.steps import CHROMA, Steps, evidence, score
from l3c.history.decoded_jpeg.upsampling import Way, middle
from l3c.jpeg.idct import SIDE
from l3c.jpeg.upsample import shrink

FEW = 150
"""Blocks by which each of 64 cuts is judged: enough for a mean, by trial."""

Cut = tuple[int, int]
"""Rows and columns that are missing above and on the left."""


def luma_cut(luma: Ints, known: NDArray[np.bool_]) -> Cut:
    """Below 8 both: those for which the blocks of a part look most quantized."""
    part = middle(luma.shape)
    cuts = [(top, left) for top in range(SIDE) for left in range(SIDE)]

    def evidence_of(cut: Cut) -> float:
        rows, columns = (slice(-missing % SIDE, None) for missing in cut)
        return evidence(sampled(luma[part][rows, columns], known[part][rows, columns], FEW))

    return max(cuts, key=evidence_of)


def chroma_cut(planes: list[NDArray[Any]], known: NDArray[np.bool_], way: Way, luma: Steps) -> Cut:
    """0 or 8 each, of chroma that is subsampled: those for which the blocks of a part look most quantized.

    luma: the steps that it has.
    """
    if not any(way.subsampled):
        return 0, 0
    part = middle(known.shape)
    halves = [_half(plane[part], known[part], way) for plane in planes]
    sure = subsampled_known(known[part], way.subsampled)
    cuts = [
        (top, left) for top in range(0, 1 + 8 * way.subsampled[0], 8) for left in range(0, 1 + 8 * way.subsampled[1], 8)
    ]

    def quantized(cut: Cut) -> float:
        place = tuple(slice(missing // 2, None) for missing in cut)
        blocks = [sampled(half[place], sure[place]) for half in halves]
        return sum(score(block, CHROMA, luma.quality, luma.inverse.fast) for block in blocks)

    return max(cuts, key=quantized)


def _half(plane: NDArray[Any], known: NDArray[np.bool_], way: Way) -> Ints:
    half = shrink(plane.astype(np.float32), *way)
    return np.rint(half).astype(np.int16) if way.plain else settle(half, plane, known, way.subsampled)[0]
