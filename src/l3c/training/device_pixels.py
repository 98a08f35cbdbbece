"""Windows into packed pictures, whose pixels lie on the device that trains where they fit, else in the file."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from l3c.errors import InputError
from l3c.training.packed import CHANNELS, HEADER, Packed

LARGEST_SHARE = 0.5
"""Of a device's free memory that pixels may take; the rest is for the network."""


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

    def __init__(self, places: list[tuple[Packed, int]], device: torch.device) -> None:
        self._places, self._device = places, device

    def windows(self, w: Windows, side: int) -> Tensor:
        """uint8 [n, side, side, 3]; a smaller window repeats its last row and column."""
        crops = np.empty((len(w.numbers), side, side, CHANNELS), np.uint8)
        for i, (number, top, left, own) in enumerate(zip(w.numbers, w.tops, w.lefts, w.sides, strict=True)):
            pack, at = self._places[number]
            window = pack.read(at)[top : top + own, left : left + own]
            crops[i] = np.pad(window, ((0, side - own), (0, side - own), (0, 0)), "edge") if own < side else window
        return to_device(crops, self._device)


@dataclass(frozen=True)
class LargePictures:
    """Pictures of packed files that are large enough. heights, widths: pixels, int64 [n]. pixels: of the same."""

    heights: Integers
    widths: Integers
    pixels: OnDevice | InFiles


def place_pixels(packs: list[Packed], least: int, device: torch.device) -> LargePictures:
    """Pictures of at least so many pixels a side; their pixels on the device, if it has room for those of all files.

    Raises InputError where no picture is large enough.
    """
    heights, widths = (np.concatenate([getattr(pack, name) for pack in packs]) for name in ("heights", "widths"))
    large = np.flatnonzero(np.minimum(heights, widths) >= least)
    if not len(large):
        raise InputError(f"{packs[0].path}: no picture of at least {least} x {least} pixels")
    every = [(pack, i) for pack in packs for i in range(len(pack))]
    places = [every[i] for i in large]
    fits = sum(len(pack.bytes) for pack in packs) <= LARGEST_SHARE * _free_bytes(device)
    pixels = OnDevice(packs, places, device) if fits else InFiles(places, device)
    return LargePictures(heights[large], widths[large], pixels)


def _free_bytes(device: torch.device) -> float:
    """Of a GPU; a processor's pixels are read where they lie."""
    if device.type == "cuda":
        torch.cuda.empty_cache()  # what an earlier training left to PyTorch is free, too
    return torch.cuda.mem_get_info(device)[0] if device.type == "cuda" else 0


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
