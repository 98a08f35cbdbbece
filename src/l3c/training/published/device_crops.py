"""Random crops of packed pictures, cut, turned and reduced on the device that trains.

What iteration i sees follows from the seed and i alone. Pixels lie on the device where they fit, else in the file.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Generator

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from l3c.errors import InputError
from l3c.training.batch_plan import BatchPlan
from l3c.training.device_pixels import Windows, place_pixels, to_device, turned
from l3c.training.packed import CHANNELS, Packed, open_packs
from l3c.training.published.config import Data

LANCZOS = 3.0
"""Lobes of the filter on either side, the usual number."""

TOGETHER = 8
"""Iterations whose crops are cut at once: with small batches the host would else be busy with asking, 3 ms for each."""

DRAWS = 1
"""Sets these random numbers apart from those of the order of pictures, which follow from seed and epoch."""


class PackedCrops:
    """Batches of crops out of packed files.

    Raises InputError where no picture is large enough.
    """

    def __init__(self, packs: list[Packed], data: Data, seed: int, device: torch.device) -> None:
        self._data, self._seed, self._device = data, seed, device
        pictures = place_pixels(packs, data.crop, device)
        self._heights, self._widths, self._pixels = pictures.heights, pictures.widths, pictures.pixels

    def __len__(self) -> int:
        """Pictures."""
        return len(self._heights)

    def batches(self, plan: BatchPlan) -> Generator[Tensor, None, None]:
        """Endless batches, uint8 [n, 3, crop, crop] on the device."""
        for first in itertools.count(plan.start, TOGETHER):
            yield from self._cut_together(plan, range(first, first + TOGETHER))

    def batch(self, plan: BatchPlan, iteration: int) -> Tensor:
        """What this process sees at an iteration."""
        return self._cut_together(plan, range(iteration, iteration + 1))[0]

    def _cut_together(self, plan: BatchPlan, iterations: range) -> list[Tensor]:
        """Batches of several iterations: the host asks the device as often as for one."""
        drawn = [self._draw(plan, iteration) for iteration in iterations]
        parts = []
        for wanted in (True, False):
            windows = []
            for all_windows, reduced in drawn:
                mine = np.zeros((len(all_windows.numbers) // plan.crops, plan.crops), bool)
                mine[plan.rank :: plan.world] = True
                windows.append(all_windows.of(mine.ravel() & (reduced == wanted)))
            joined = Windows(
                *(np.concatenate(values) for values in zip(*(vars(w).values() for w in windows), strict=True))
            )
            parts.append(torch.split(self._cut(joined, wanted), [len(w.numbers) for w in windows]))
        return [torch.cat(of_one) for of_one in zip(*parts, strict=True)]

    def centres(self, count: int, side: int) -> Tensor:
        """Middles of evenly spaced pictures that are large enough, uint8 [n, 3, side, side].

        Raises InputError where none is.
        """
        large = np.flatnonzero(np.minimum(self._heights, self._widths) >= side)
        if not len(large):
            raise InputError(f"no packed picture of at least {side} x {side} pixels")
        numbers = large[np.linspace(0, len(large) - 1, min(count, len(large))).astype(int)]
        tops, lefts = (self._heights[numbers] - side) // 2, (self._widths[numbers] - side) // 2
        none = np.zeros_like(numbers)
        return _to_images(self._pixels.windows(Windows(numbers, tops, lefts, none + side, none), side))

    def _draw(self, plan: BatchPlan, iteration: int) -> tuple[Windows, NDArray[np.bool_]]:
        """Windows of all processes, and which of them are to be reduced: the first ones, always the same share."""
        data, random = self._data, np.random.default_rng([self._seed, iteration, DRAWS])
        numbers = np.repeat([number for _, _, number in plan.pictures_of(iteration)], plan.crops)
        count = len(numbers)
        heights, widths = self._heights[numbers], self._widths[numbers]
        reduced = np.arange(count) < round(data.reduced * count)
        wanted = np.rint(data.crop / random.uniform(data.reduce_from, 1, count)).astype(np.int64)
        sides = np.where(reduced, np.minimum(wanted, np.minimum(heights, widths)), data.crop)
        tops, lefts = random.integers(heights - sides + 1), random.integers(widths - sides + 1)
        allowed = (1 if data.flip else 0) | (6 if data.turn else 0)
        turns = random.integers(8, size=count) & allowed
        return Windows(numbers, tops, lefts, sides, turns), reduced

    def _cut(self, windows: Windows, reduced: bool) -> Tensor:
        data = self._data
        side = math.ceil(data.crop / data.reduce_from) if reduced else data.crop
        if not len(windows.numbers):
            return torch.empty(0, CHANNELS, data.crop, data.crop, dtype=torch.uint8, device=self._device)
        images = _to_images(self._pixels.windows(windows, side))
        if reduced:
            images = reduce_images(images, to_device(windows.sides, self._device), data.crop)
        return turned(images, to_device(windows.turns, self._device))


def open_packed_crops(data: Data, seed: int, device: torch.device) -> PackedCrops:
    """Open what `data.train` names."""
    return PackedCrops(open_packs(data.train), data, seed, device)


def reduce_images(images: Tensor, sides: Tensor, size: int) -> Tensor:
    """Reduce the top left `sides` x `sides` pixels of each uint8 [n, C, S, S] to [n, C, size, size], with Lanczos.

    sides: int64 [n], size .. S.
    """
    weights = _lanczos(sides.float(), images.shape[-1], size)[:, None]
    values = weights @ images.float() @ weights.transpose(2, 3)
    return values.round().clamp(0, 255).to(torch.uint8)


def _lanczos(sides: Tensor, inputs: int, outputs: int) -> Tensor:
    """float32 [n, outputs, inputs]: weights of the first `sides` of inputs in each output."""
    scale = (sides / outputs)[:, None, None]
    at = torch.arange(inputs, device=sides.device).float()
    centres = (torch.arange(outputs, device=sides.device).float() + 0.5)[None, :, None] * scale
    x = (at + 0.5 - centres) / scale
    weights = torch.where(x.abs() < LANCZOS, torch.sinc(x) * torch.sinc(x / LANCZOS), 0.0)
    weights = torch.where(at < sides[:, None, None], weights, 0.0)
    return weights / weights.sum(2, keepdim=True)


def _to_images(pixels: Tensor) -> Tensor:
    """[n, H, W, 3] -> [n, 3, H, W]."""
    return pixels.permute(0, 3, 1, 2)
