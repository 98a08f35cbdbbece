"""Batches of random crops, from folders of pictures or from packed files.

What iteration i sees follows from the seed and i alone, so a run that was cut goes on as if it had not been.
"""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from l3c.errors import InputError
from l3c.training.batch_plan import BatchPlan, Place
from l3c.training.packed import is_packed, open_packs
from l3c.training.picture_files import Pixels, ReadableFrom, centre_crop, list_pictures, read_rgb
from l3c.training.published.config import Data
from l3c.training.published.device_crops import PackedCrops, open_packed_crops
from l3c.training.stopping import outlive_signals


class RandomCrops(Dataset[Tensor]):
    """Crops at random places, mirrored, turned and reduced at random; all follow from seed, epoch and position."""

    def __init__(self, paths: list[Path], data: Data, seed: int) -> None:
        self._read, self._data, self._seed = ReadableFrom(paths), data, seed

    def __getitem__(self, place: Place) -> Tensor:
        """uint8 [crops, 3, crop, crop]: the crops of one picture."""
        epoch, position, number = place
        random = np.random.default_rng([self._seed, epoch, position])
        image = self._read(number)
        return torch.stack([to_tensor(self._crop(image, random)) for _ in range(self._data.crops)])

    def _crop(self, image: Pixels, random: np.random.Generator) -> Pixels:
        data = self._data
        side = data.crop
        if data.reduced and random.random() < data.reduced:
            side = min(round(data.crop / random.uniform(data.reduce_from, 1)), *image.shape[:2])
        y, x = (int(random.integers(size - side + 1)) for size in image.shape[:2])
        mirrored = data.flip and bool(random.integers(2))
        crop = image[y : y + side, x : x + side][:, :: -1 if mirrored else 1]
        if side > data.crop:
            crop = np.asarray(Image.fromarray(crop).resize((data.crop, data.crop), Image.Resampling.LANCZOS))
        if data.turn:
            crop = crop[:: -1 if random.integers(2) else 1]
            crop = crop.swapaxes(0, 1) if random.integers(2) else crop
        return crop


class FolderPictures:
    """Pictures in folders, which processes decode again for every batch."""

    def __init__(self, data: Data, seed: int, workers: int, device: torch.device) -> None:
        self._data, self._seed, self._workers, self._device = data, seed, workers, device
        self.paths = list_pictures(data.train, data.crop, Path(data.cache) if data.cache else None)

    def __len__(self) -> int:
        return len(self.paths)

    def batches(self, plan: BatchPlan) -> Generator[Tensor, None, None]:
        """Endless batches, uint8 [n, 3, crop, crop] on the device, each on its way there before it is asked for."""
        pin = self._device.type == "cuda"
        batches = training_batches(self.paths, self._data, self._seed, plan, self._workers, pin)
        try:
            ready = next(batches).to(self._device, non_blocking=True)
            for batch in batches:
                coming = batch.to(self._device, non_blocking=True)
                yield ready
                ready = coming
        finally:
            batches.close()

    def centres(self, count: int, side: int) -> Tensor:
        """Middles of evenly spaced pictures that are large enough, uint8 [n, 3, side, side]."""
        paths = list_pictures(self._data.train, side, Path(self._data.cache) if self._data.cache else None)
        wanted = [paths[i] for i in np.linspace(0, len(paths) - 1, min(count, len(paths))).astype(int)]
        return _centres(wanted, side)


Pictures = FolderPictures | PackedCrops


def open_pictures(data: Data, seed: int, workers: int, device: torch.device) -> Pictures:
    """What `data.train` names. Raises InputError where there is no picture that is large enough."""
    if is_packed(data.train):
        return open_packed_crops(data, seed, device)
    return FolderPictures(data, seed, workers, device)


def training_batches(
    paths: list[Path], data: Data, seed: int, plan: BatchPlan, workers: int, pin: bool = False
) -> Generator[Tensor, None, None]:
    """Endless batches, uint8 [n, 3, crop, crop]; closing them ends the processes that load pictures."""
    loader = DataLoader(
        RandomCrops(paths, data, seed),
        batch_sampler=plan,
        num_workers=workers,
        worker_init_fn=outlive_signals,
        collate_fn=torch.cat,
        pin_memory=pin,
    )
    batches = iter(loader)
    try:
        yield from batches
    finally:
        if workers:
            batches._shutdown_workers()  # type: ignore[attr-defined]


def validation_batches(data: Data) -> list[Tensor]:
    """Centre crops of the first pictures, uint8 [valid_batch, 3, side, side] each; fewer where there are too few."""
    side, count = data.valid_crop or data.crop, data.valid_batch * data.valid_batches
    if is_packed(data.valid):
        images = list(_packed_centres(data.valid, side, count))
    else:
        paths = list_pictures(data.valid, side, Path(data.cache) if data.cache else None)[:count]
        images = list(_centres(paths, side))
    if data.first_image:
        images = [to_tensor(centre_crop(read_rgb(Path(data.first_image)), side)), *images]
    whole = max(len(images) // data.valid_batch * data.valid_batch, min(len(images), data.valid_batch))
    return list(torch.split(torch.stack(images[:whole]), data.valid_batch))


def _packed_centres(where: str, side: int, count: int) -> Tensor:
    pictures = [
        pack.read(i) for pack in open_packs(where) for i in range(len(pack)) if min(pack.read(i).shape[:2]) >= side
    ]
    if not pictures:
        raise InputError(f"{where}: no picture of at least {side} x {side} pixels")
    return torch.stack([to_tensor(centre_crop(image, side)) for image in pictures[:count]])


def _centres(paths: list[Path], side: int) -> Tensor:
    read = ReadableFrom(paths)
    return torch.stack([to_tensor(centre_crop(read(i), side)) for i in range(len(paths))])


def to_tensor(image: Pixels) -> Tensor:
    """[H, W, 3] -> [3, H, W], contiguous."""
    return torch.from_numpy(np.ascontiguousarray(image.transpose(2, 0, 1)))
