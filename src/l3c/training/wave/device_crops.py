"""Random crops of packed pictures as `crops` makes them, cut and augmented on the device that trains."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import avg_pool2d, pad

from l3c.training.device_pixels import Windows, place_pixels, to_device, turned
from l3c.training.packed import Packed
from l3c.training.wave.crops import DOWNSCALED, GAIN_SPREAD, GAMMA_SPREAD, GRAY, SUBSAMPLED, TONED

EIGHTH_TURNS = 8  # a square crop can be turned and mirrored so


class DeviceCrops:
    """A source of batches, each of which follows from its seed; not the crops that `Crops` makes of it.

    size: height and width of a crop, pixels; pictures with a side below twice that are left out. channels: 3 or 1.
    Raises InputError where no picture is large enough.
    """

    def __init__(self, packs: list[Packed], size: int, channels: int, device: torch.device) -> None:
        self._size, self._channels, self._device = size, channels, device
        pictures = place_pixels(packs, 2 * size, device)
        self._heights, self._widths, self._pixels = pictures.heights, pictures.widths, pictures.pixels
        areas = (self._heights * self._widths).astype(float)
        self._share = areas / areas.sum()

    def batch(self, count: int, seed: Sequence[int]) -> Tensor:
        """uint8 [count, size, size, channels] in coding order, on the device. Nothing here waits for it."""
        random = np.random.default_rng(seed)
        numbers = random.choice(len(self._share), count, p=self._share)
        downscaled = np.arange(count) < random.binomial(count, DOWNSCALED)
        sides = np.where(downscaled, 2 * self._size, self._size)
        tops = random.integers(self._heights[numbers] - sides + 1)
        lefts = random.integers(self._widths[numbers] - sides + 1)
        turns = random.integers(EIGHTH_TURNS, size=count)
        windows = Windows(numbers, tops, lefts, sides, turns)
        large, usual = self._cut(windows.of(downscaled), 2), self._cut(windows.of(~downscaled), 1)
        images = torch.cat([average_down(large), usual])
        toned, subsampled = (np.flatnonzero(random.random(count) < share) for share in (TONED, SUBSAMPLED))
        if len(toned):
            gamma = np.exp(random.normal(0, GAMMA_SPREAD, len(toned)))
            gain = np.exp(random.normal(0, GAIN_SPREAD, (len(toned), 3)))
            where = to_device(toned, self._device)
            images[where] = change_tone(images[where], self._floats(gamma), self._floats(gain))
        if len(subsampled):
            where = to_device(subsampled, self._device)
            images[where] = subsample_chroma(images[where])
        images = turned(images, to_device(turns, self._device))
        return in_coding_order(images, self._channels).to(torch.uint8).permute(0, 2, 3, 1)

    def _cut(self, windows: Windows, times: int) -> Tensor:
        """float32 [n, 3, side, side]."""
        side = times * self._size
        if not len(windows.numbers):
            return torch.empty(0, 3, side, side, device=self._device)
        return self._pixels.windows(windows, side).permute(0, 3, 1, 2).float()

    def _floats(self, values: NDArray[np.float64]) -> Tensor:
        bits = np.ascontiguousarray(values, np.float32).view(np.uint8)
        return to_device(bits, self._device).view(torch.float32)


def average_down(images: Tensor) -> Tensor:
    """[n, 3, 2 H, 2 W] -> [n, 3, H, W], float32 of integers, as all here."""
    return _round(avg_pool2d(images, 2)) if len(images) else images[:, :, ::2, ::2]


def change_tone(images: Tensor, gamma: Tensor, gain: Tensor) -> Tensor:
    """images: [n, 3, H, W]. gamma: [n]. gain: [n, 3]."""
    return _round(255 * (images / 255) ** gamma[:, None, None, None] * gain[:, :, None, None])


def subsample_chroma(images: Tensor) -> Tensor:
    """Colour differences averaged over 2 x 2 pixels and interpolated back, as decoded JPEGs have them."""
    luma = _luma(images)
    half = avg_pool2d(images - luma, 2)
    for axis in (2, 3):
        half = _double(half, axis)
    return _round(luma + half)


def _double(values: Tensor, axis: int) -> Tensor:
    sides = (0, 0, 1, 1) if axis == 2 else (1, 1, 0, 0)
    padded, size = pad(values, sides, "replicate"), values.shape[axis]
    before, here, after = (padded.narrow(axis, start, size) for start in range(3))
    pairs = torch.stack([0.25 * before + 0.75 * here, 0.75 * here + 0.25 * after], axis + 1)
    return pairs.flatten(axis, axis + 1)


def in_coding_order(images: Tensor, channels: int) -> Tensor:
    """[n, 3, H, W] in R, G, B to G, R, B, or to [n, 1, H, W] luma."""
    return torch.cat([images[:, 1:2], images[:, :1], images[:, 2:]], 1) if channels == 3 else _round(_luma(images))


def _luma(images: Tensor) -> Tensor:
    weights: list[float] = GRAY.tolist()
    luma: Tensor = weights[0] * images[:, :1] + weights[1] * images[:, 1:2] + weights[2] * images[:, 2:]
    return luma


def _round(values: Tensor) -> Tensor:
    return (values + 0.5).floor().clamp(0, 255)
