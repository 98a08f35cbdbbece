"""Chroma of half the width, or of half of both, to all pixels, as libjpeg's decoders make it. docs/format.md defines it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.uint8]


def upsample(half: Plane, halved: tuple[bool, bool], plain: bool, size: tuple[int, int]) -> Plane:
    """uint8 of `size` (height, width). halved: whether height and width are. plain: samples are repeated.

    Else pixels are weighted means of the nearest samples, three to one in each direction that is halved.
    """
    if plain or not any(halved):
        for axis, twice in enumerate(halved):
            half = np.repeat(half, 1 + twice, axis=axis)
        return half[: size[0], : size[1]]
    wide = half.astype(np.int16)
    if halved[0]:
        wide = spread(wide, 0)
    return widen(wide, 4 if halved[0] else 2)[: size[0], : size[1]]


def spread(samples: NDArray[Any], axis: int) -> NDArray[Any]:
    """Twice as many along an axis: three times the nearest sample and once the next, which the last one is itself."""
    samples = np.moveaxis(samples, axis, 0)
    out = np.empty((2 * len(samples), *samples.shape[1:]), samples.dtype)
    padded = np.concatenate([samples[:1], samples, samples[-1:]])
    out[0::2], out[1::2] = 3 * samples + padded[:-2], 3 * samples + padded[2:]
    return np.moveaxis(out, 0, axis)


def widen(samples: NDArray[np.int16], bits: int) -> Plane:
    """Spread along the rows, and `bits` rounded off: halves up at even pixels, down at odd ones."""
    out = spread(samples, 1)
    half = 1 << bits - 1
    out[:, 0::2] += half if bits == 4 else half - 1
    out[:, 1::2] += half - 1 if bits == 4 else half
    return (out >> bits).astype(np.uint8)
