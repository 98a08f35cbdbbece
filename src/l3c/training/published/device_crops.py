"""Random crops of packed pictures, cut, turned and reduced on the device that trains.

What iteration i sees follows from the seed and i alone. Pixels lie on the device where they fit, else in the file.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Generator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from l3c.errors import InputError
from l3c.training.batch_plan import BatchPlan
from l3c.training.packed import CHANNELS, HEADER, Packed, open_packs
from l3c.training.published.config import Data

LARGEST_SHARE = 0.5
"""Of a device's free memory that pixels may take; the rest is for the network."""

LANCZOS = 3.0
"""Lobes of the filter on either side, the usual number."""

TOGETHER = 8
"""Iterations whose crops are cut at once: with small batches the host would else be busy with asking, 3 ms for each."""

DRAWS = 1
"""Sets these random numbers apart from those of the order of pictures, which follow from seed and epoch."""

Integers = NDArray[np.int64]


@dataclass(frozen=True)
class Windows:
    """Where crops lie: numbers of pictures, tops, lefts and sides, pixels, int64 [n]; turns 0..7, of which bit 0
    mirrors left and right, bit 1 top and bottom, and bit 2 swaps rows and columns.
    """

    numbers: Integers
    tops: Integers
    lefts: Integers
    sides: Integers
    turns: Integers

    def of(self, wanted: NDArray[np.bool_] | Integers) -> Windows:
        return Windows(*(values[wanted] for values in vars(self).values()))


class PackedCrops:
    """Batches of crops out of packed files.

    Raises InputError where no picture is large enough.
    """

    def __init__(self, packs: list[Packed], data: Data, seed: int, device: torch.device) -> None:
        self._data, self._seed, self._device = data, seed, device
        heights, widths = (np.concatenate([getattr(p, name) for p in packs]) for name in ("heights", "widths"))
        large = np.flatnonzero(np.minimum(heights, widths) >= data.crop)
        if not len(large):
            raise InputError(f"{packs[0].path}: no picture of at least {data.crop} x {data.crop} pixels")
        self._heights, self._widths = heights[large], widths[large]
        places = [(pack, i) for pack in packs for i in range(len(pack))]
        self._pixels = place_pixels(packs, [places[i] for i in large], device)

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


class OnDevice:
    """All pixels in the device's memory."""

    def __init__(self, packs: list[Packed], places: list[tuple[Packed, int]], device: torch.device) -> None:
        self._device = device
        parts = [torch.from_numpy(pack.bytes[HEADER:]) for pack in packs]
        starts = np.cumsum([0, *(len(part) for part in parts)])
        of_pack = {id(pack): int(start) - HEADER for pack, start in zip(packs, starts, strict=False)}
        self._pixels = (
            parts[0].to(device) if len(parts) == 1 else torch.empty(int(starts[-1]), dtype=torch.uint8, device=device)
        )
        if len(parts) > 1:
            for part, start in zip(parts, starts, strict=False):
                self._pixels[int(start) : int(start) + len(part)].copy_(part)
        self._firsts = np.array([of_pack[id(pack)] + pack.offsets[i] for pack, i in places], np.int64)
        self._widths = np.array([pack.widths[i] for pack, i in places], np.int64)

    def windows(self, w: Windows, side: int) -> Tensor:
        """uint8 [n, side, side, 3]; a smaller window repeats its last row and column."""
        values = np.stack([self._firsts[w.numbers], self._widths[w.numbers], w.tops, w.lefts, w.sides])
        first, width, top, left, sides = to_device(values, self._device)[:, :, None]
        within = torch.arange(side, device=self._device)[None].minimum(sides - 1)
        rows = first + (top + within) * width * CHANNELS  # [n, side]
        columns = (left + within) * CHANNELS
        colours = torch.arange(CHANNELS, device=self._device)
        return self._pixels[rows[:, :, None, None] + columns[:, None, :, None] + colours]


class InFiles:
    """Pixels stay in the files; only the windows travel."""

    def __init__(self, packs: list[Packed], places: list[tuple[Packed, int]], device: torch.device) -> None:
        self._places, self._device = places, device

    def windows(self, w: Windows, side: int) -> Tensor:
        """uint8 [n, side, side, 3]; a smaller window repeats its last row and column."""
        crops = np.empty((len(w.numbers), side, side, CHANNELS), np.uint8)
        for i, (number, top, left, own) in enumerate(zip(w.numbers, w.tops, w.lefts, w.sides, strict=True)):
            pack, at = self._places[number]
            window = pack.read(at)[top : top + own, left : left + own]
            crops[i] = np.pad(window, ((0, side - own), (0, side - own), (0, 0)), "edge") if own < side else window
        return to_device(crops, self._device)


def place_pixels(packs: list[Packed], places: list[tuple[Packed, int]], device: torch.device) -> OnDevice | InFiles:
    """Where windows of these pictures come from: the device, if it has room for all pixels."""
    fits = sum(len(pack.bytes) for pack in packs) <= LARGEST_SHARE * _free_bytes(device)
    return OnDevice(packs, places, device) if fits else InFiles(packs, places, device)


def open_packed_crops(data: Data, seed: int, device: torch.device) -> PackedCrops:
    """Open what `data.train` names."""
    return PackedCrops(open_packs(data.train), data, seed, device)


def to_device(values: NDArray[np.int64] | NDArray[np.uint8], device: torch.device) -> Tensor:
    """Copy without waiting for what the device is doing."""
    tensor = torch.from_numpy(np.ascontiguousarray(values))
    return tensor.pin_memory().to(device, non_blocking=True) if device.type == "cuda" else tensor


def turned(images: Tensor, turns: Tensor) -> Tensor:
    """Mirror and transpose each of [n, C, S, S] as its turn 0..7, int64 [n], says (see `Windows`)."""
    images = _where(turns & 1, images.flip(3), images)
    images = _where(turns & 2, images.flip(2), images)
    return _where(turns & 4, images.transpose(2, 3), images)


def _where(chosen: Tensor, one: Tensor, other: Tensor) -> Tensor:
    return torch.where(chosen.bool()[:, None, None, None], one, other)


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


def _free_bytes(device: torch.device) -> float:
    """Of a GPU; a processor's pixels are read where they lie."""
    if device.type == "cuda":
        torch.cuda.empty_cache()  # what an earlier training left to PyTorch is free, too
    return torch.cuda.mem_get_info(device)[0] if device.type == "cuda" else 0
