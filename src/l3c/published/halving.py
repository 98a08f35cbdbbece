"""Half-size images on any device, in the very integers that Pillow computes with.

Pillow resamples 8-bit images in fixed point, one axis after the other, and rounds to 8 bits after each.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

PRECISION_BITS = 22
"""Fraction bits of Pillow's weights: 32 of an integer, less 8 of a pixel and 2 for overshoot."""

SUPPORT = 2.0
"""Half the width of the bicubic filter, pixels of the smaller image."""

SHARPNESS = -0.5
"""The parameter `a` of Pillow's bicubic filter."""

TALL = 2
"""Images taller than so many widths are resampled along columns first, as Pillow does from version 13 on."""

SIZES_CACHED = 8
"""Tables of weights that are remembered; one for an axis of 2,000 pixels takes 16 MB."""


def _half_size(images: Tensor) -> Tensor:
    height, width = images.shape[2:]
    first, second = (2, 3) if height > TALL * width else (3, 2)
    return _halve(_halve(images.double(), first), second).to(images.dtype).contiguous()


half_size_of = torch.library.custom_op(
    "l3c::half_size", _half_size, mutates_args=(), schema="(Tensor images) -> Tensor"
)
"""[N, C, H, W], integers 0..255 -> [N, C, H // 2, W // 2], same dtype and device. No gradient.

It equals `l3c.published.pictures.half_size`. To a compiler it is one operation, which does not divide a graph.
"""


@half_size_of.register_fake
def _shape_of(images: Tensor) -> Tensor:
    n, channels, height, width = images.shape
    return images.new_empty(n, channels, height // 2, width // 2)


def _halve(x: Tensor, axis: int) -> Tensor:
    """Along one axis, 2 or 3, of integers in float64 [N, C, H, W].

    Weights are below 2^23 and sums below 2^33, so float64 holds both exactly, in whatever order a device adds.
    """
    sums = x.transpose(axis, 3) @ _table(x.shape[axis], str(x.device))
    return ((sums + (1 << PRECISION_BITS - 1)) / (1 << PRECISION_BITS)).floor().clamp(0, 255).transpose(axis, 3)


@lru_cache(maxsize=SIZES_CACHED)
def _table(size: int, device: str) -> Tensor:
    """Weight of each pixel of an axis in each of its half: float64 [size, size // 2], on the device."""
    places, weights = bicubic_weights(size)
    table = np.zeros((size, size // 2))
    np.add.at(table, (places, np.arange(size // 2)[:, None]), weights)
    return torch.from_numpy(table).to(device)


def bicubic_weights(size: int) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Which pixels of an axis make each pixel of its half, and with what weights, fixed-point [size // 2, taps].

    Where a pixel has fewer taps than others, at the ends, the rest have weight 0.
    """
    outputs = size // 2
    scale = size / outputs
    reach = SUPPORT * scale
    centres = (np.arange(outputs) + 0.5) * scale
    first = np.maximum(centres - reach + 0.5, 0).astype(np.int64)
    last = np.minimum((centres + reach + 0.5).astype(np.int64), size)
    taps = math.ceil(reach) * 2 + 1
    at = first[:, None] + np.arange(taps)
    weights = np.where(at < last[:, None], _bicubic((at - centres[:, None] + 0.5) / scale), 0.0)
    weights /= np.cumsum(weights, 1)[:, -1:]  # one after another, as Pillow adds them
    fixed = np.trunc(weights * (1 << PRECISION_BITS) + np.copysign(0.5, weights))
    return np.minimum(at, size - 1), fixed.astype(np.int32)


def _bicubic(x: NDArray[np.float64]) -> NDArray[np.float64]:
    x, a = np.abs(x), SHARPNESS
    near = ((a + 2) * x - (a + 3)) * x * x + 1
    far = (((x - 5) * x + 8) * x - 4) * a
    return np.where(x < 1, near, np.where(x < SUPPORT, far, 0.0))
