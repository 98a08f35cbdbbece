"""Chroma of all pixels back to the blocks that it was made from."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from l3c.history.decoded_jpeg.fit import Floats, Ints, to_blocks
from l3c.history.decoded_jpeg.planes import FREE, Planes, fitted, opened, padded, sampled
from l3c.history.decoded_jpeg.refine import refine, wanted_of
from l3c.history.decoded_jpeg.repair import GUESSED, KNOWN
from l3c.history.decoded_jpeg.settle import Subsampled, settle
from l3c.history.decoded_jpeg.steps import CHROMA, Steps, estimate
from l3c.history.decoded_jpeg.upsampling import Way
from l3c.jpeg.inverse import Inverse
from l3c.jpeg.pixels import Blocks, cut_to_size, grid
from l3c.jpeg.upsample import shrink

SIMPLE = 2
"""Turns that take the nearest coefficients, the last with the thorough repair; later ones refine blocks. By trial."""

ROUNDS = 5
"""Turns at most: most planes settle in fewer. By trial."""


def invert_chroma(plane: NDArray[Any], known: NDArray[np.bool_], way: Way, luma: Steps) -> tuple[Blocks, Inverse]:
    """The blocks of a chroma plane, and their steps. luma: those that luma has."""
    sure, size = subsampled_known(known, way.subsampled), grid(plane.shape, way.subsampled, 1)
    half = shrink(plane.astype(np.float32), *way)
    if way.plain or not any(way.subsampled):
        samples = np.rint(half).astype(np.int16)
        inverse = _inverse(samples, sure, luma)
        return fitted(half, _bounds(samples, sure, sure), inverse, size), inverse
    return _interpolated(half, plane, known, way.subsampled, luma)


def _interpolated(
    half: Floats, plane: NDArray[Any], known: NDArray[np.bool_], subsampled: Subsampled, luma: Steps
) -> tuple[Blocks, Inverse]:
    """The blocks of half a plane, of which `half` is a first idea, and their steps.

    By turns blocks give samples, and samples that do not give the known pixels are moved until they do.
    """
    sure, size = subsampled_known(known, subsampled), grid(plane.shape, subsampled, 1)
    samples, clear = settle(half, plane, known, subsampled)
    inverse = _inverse(samples, sure & clear, luma)
    wanted = wanted_of(plane, known, subsampled, half.shape)
    weights = to_blocks(padded(np.where(sure, 1 / KNOWN, 1 / GUESSED), size)).astype(np.float32)
    for number in range(ROUNDS):
        ideas = samples.astype(np.float32)
        if number <= SIMPLE:
            blocks = fitted(ideas, _bounds(samples, sure & clear, sure), inverse, size, number == SIMPLE)
        else:
            refine(blocks, inverse, to_blocks(padded(ideas, size)), weights, wanted)
        made = cut_to_size(inverse.plane(blocks), plane.shape, subsampled)
        samples, clear = settle(made.astype(np.float32), plane, known, subsampled)
        if (samples == made).all():
            break
    return blocks, inverse


def _bounds(samples: Ints, sure: NDArray[np.bool_], near: NDArray[np.bool_]) -> Planes:
    """Bounds of samples that are sure, and of others that are off by one at most."""
    low = np.where(sure, samples, np.where(near, samples - 1, -FREE)).astype(np.int16)
    high = np.where(sure, samples, np.where(near, samples + 1, FREE)).astype(np.int16)
    return opened(low, high)


def subsampled_known(known: NDArray[np.bool_], subsampled: Subsampled) -> NDArray[np.bool_]:
    """Samples of the half plane of which all nearest pixels are known."""
    for axis, half in enumerate(subsampled):
        if half:
            known = np.moveaxis(known, axis, 0)
            odd = known[1::2]
            even = known[0::2].copy()
            even[: len(odd)] &= odd
            known = np.moveaxis(even, 0, axis)
    return known


def _inverse(half: NDArray[Any], known: NDArray[np.bool_], luma: Steps) -> Inverse:
    return estimate(sampled(half, known), CHROMA, luma.quality, luma.inverse.fast).inverse
