"""Batches of random crops.

What iteration i sees follows from the seed and i alone, so a run that was cut goes on as if it had not been.
"""

from __future__ import annotations

import itertools
from collections.abc import Generator, Iterator
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, Sampler

from l3c.errors import InputError
from l3c.training.config import Data
from l3c.training.picture_files import Pixels, ReadableFrom, centre_crop, list_pictures, read_rgb
from l3c.training.stopping import outlive_signals

Place = tuple[int, int, int]
"""Epoch, position in the epoch, number of the picture."""


class Plan(Sampler[list[Place]]):
    """Batches of one process out of `world`. Every epoch has its own order; its last batch may be smaller.

    start: the first iteration. Processes take every world-th picture of a batch; InputError where one would get none.
    """

    def __init__(self, pictures: int, batch: int, seed: int, start: int = 0, rank: int = 0, world: int = 1) -> None:
        if min(batch, pictures) < world:
            raise InputError(
                f"batches of {min(batch, pictures)} pictures for {world} processes, each of which needs at least one: "
                f"data.batch is {batch}, and there are {pictures} pictures"
            )
        self.pictures, self.batch, self.seed = pictures, min(batch, pictures), seed
        self.start, self.rank, self.world = start, rank, world
        self._order: tuple[int, list[int]] = (-1, [])

    @property
    def per_epoch(self) -> int:
        """Batches of an epoch; a last one with fewer pictures than processes is left out."""
        whole, rest = divmod(self.pictures, self.batch)
        return whole + (rest >= self.world)

    def size(self, iteration: int) -> int:
        """Pictures of an iteration, over all processes."""
        return len(self._pictures(iteration))

    def __iter__(self) -> Iterator[list[Place]]:
        for iteration in itertools.count(self.start):
            yield self._pictures(iteration)[self.rank :: self.world]

    def _pictures(self, iteration: int) -> list[Place]:
        epoch, at = divmod(iteration, self.per_epoch)
        first = at * self.batch
        numbers = self._epoch(epoch)[first : first + self.batch]
        return [(epoch, first + i, number) for i, number in enumerate(numbers)]

    def _epoch(self, epoch: int) -> list[int]:
        if self._order[0] != epoch:
            order = np.random.default_rng([self.seed, epoch]).permutation(self.pictures)
            self._order = (epoch, order.tolist())
        return self._order[1]


class RandomCrops(Dataset[Tensor]):
    """Crops at random places, half of them mirrored; both follow from seed, epoch and position."""

    def __init__(self, paths: list[Path], crop: int, seed: int, flip: bool) -> None:
        self._read, self._crop, self._seed, self._flip = ReadableFrom(paths), crop, seed, flip

    def __getitem__(self, place: Place) -> Tensor:
        """uint8 [3, crop, crop]."""
        epoch, position, number = place
        random = np.random.default_rng([self._seed, epoch, position])
        image = self._read(number)
        y, x = (int(random.integers(size - self._crop + 1)) for size in image.shape[:2])
        mirrored = self._flip and bool(random.integers(2))
        return to_tensor(image[y : y + self._crop, x : x + self._crop][:, :: -1 if mirrored else 1])


def training_batches(
    paths: list[Path], data: Data, seed: int, plan: Plan, workers: int
) -> Generator[Tensor, None, None]:
    """Endless batches, uint8 [n, 3, crop, crop]; closing them ends the processes that load pictures."""
    crops = RandomCrops(paths, data.crop, seed, data.flip)
    batches = iter(DataLoader(crops, batch_sampler=plan, num_workers=workers, worker_init_fn=outlive_signals))
    try:
        yield from batches
    finally:
        if workers:
            batches._shutdown_workers()  # type: ignore[attr-defined]


def validation_batches(data: Data) -> list[Tensor]:
    """Centre crops of the first pictures, uint8 [valid_batch, 3, crop, crop] each; fewer where there are too few."""
    cache = Path(data.cache) if data.cache else None
    paths = list_pictures(data.valid, data.crop, cache)[: data.valid_batch * data.valid_batches]
    read = ReadableFrom(paths)
    images = [to_tensor(centre_crop(read(i), data.crop)) for i in range(len(paths))]
    if data.first_image:
        images = [to_tensor(centre_crop(read_rgb(Path(data.first_image)), data.crop)), *images]
    whole = max(len(images) // data.valid_batch * data.valid_batch, min(len(images), data.valid_batch))
    return list(torch.split(torch.stack(images[:whole]), data.valid_batch))


def to_tensor(image: Pixels) -> Tensor:
    """[H, W, 3] -> [3, H, W], contiguous."""
    return torch.from_numpy(np.ascontiguousarray(image.transpose(2, 0, 1)))
