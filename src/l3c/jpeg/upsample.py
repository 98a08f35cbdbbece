"""Chroma of half the width, or of half of both, to all pixels as libjpeg makes it, and back."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.uint8]


def upsample(half: Plane, subsampled: tuple[bool, bool], plain: bool, size: tuple[int, int]) -> Plane:
    """uint8 of `size` (height, width). subsampled: whether height and width are. plain: samples are repeated.

    Else pixels are weighted means of the nearest samples, three to one in each direction that is subsampled.
    """
    if plain or not any(subsampled):
        for axis, twice in enumerate(subsampled):
            half = np.repeat(half, 1 + twice, axis=axis)
        return half[: size[0], : size[1]]
    wide = half.astype(np.int16)
    if subsampled[0]:
        wide = spread(wide, 0)
    return widen(wide, 4 if subsampled[0] else 2)[: size[0], : size[1]]


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


def shrink(whole: NDArray[np.float32], subsampled: tuple[bool, bool], plain: bool) -> NDArray[np.float32]:
    """The half plane that comes nearest to `whole` when it is upsampled: least squares, without rounding."""
    for axis, half in enumerate(subsampled):
        if half:
            whole = _means(whole, axis) if plain else _unspread(whole, axis)
    return whole


def _means(samples: NDArray[np.float32], axis: int) -> NDArray[np.float32]:
    samples = np.moveaxis(samples, axis, 0)
    last = samples[2 * ((len(samples) - 1) // 2) + 1 :] if len(samples) % 2 == 0 else samples[-1:]
    odd = np.concatenate([samples[1:-1:2], last])
    return np.moveaxis((samples[0::2] + odd) / 2, 0, axis)


def _unspread(samples: NDArray[np.float32], axis: int) -> NDArray[np.float32]:
    """The least squares inverse of `spread`, divided by 4: its normal equations have three diagonals."""
    samples = np.ascontiguousarray(np.moveaxis(samples, axis, 0))
    even, odd = samples[0::2], samples[1::2]
    sums = np.float32(0.75) * even
    sums[0] += even[0] / 4
    sums[: len(odd)] += np.float32(0.75) * odd
    sums[:-1] += even[1:] / 4
    rest = odd[: len(even) - 1]
    sums[1:] += rest / 4
    diagonal = np.full(len(even), 1.25)
    diagonal[0] += 0.375
    if len(odd) == len(even):
        sums[-1] += odd[-1] / 4
        diagonal[-1] += 0.375
    else:
        diagonal[-1] -= 0.625
    if len(even) == 1:
        diagonal[:] = 1 + (len(odd) == 1)
    return np.moveaxis(_solved(diagonal, 0.375, sums), 0, axis)


def _solved(diagonal: NDArray[np.float64], beside: float, right: NDArray[np.float32]) -> NDArray[np.float32]:
    """x of a symmetric matrix with `beside` on both sides of its diagonal, for all columns of `right`."""
    ratios = np.empty(len(diagonal), np.float32)
    pivot = diagonal[0]
    for i in range(len(right) - 1):
        ratios[i] = beside / pivot
        right[i + 1] -= ratios[i] * right[i]
        pivots = diagonal[i + 1] - beside * beside / pivot
        right[i] /= np.float32(pivot)
        pivot = pivots
    right[-1] /= np.float32(pivot)
    for i in range(len(right) - 2, -1, -1):
        right[i] -= ratios[i] * right[i + 1]
    return right
