"""Which pictures an iteration sees: a plan that can be entered anywhere."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np
from torch.utils.data import Sampler

from l3c.errors import InputError

Place = tuple[int, int, int]
"""Epoch, position in the epoch, number of the picture."""


class BatchPlan(Sampler[list[Place]]):
    """Batches of one process out of `world`. Every epoch has its own order.

    batch: crops of all processes, a multiple of `crops`. start: the first iteration. crops: of each picture.
    full: a batch goes on with the next epoch's pictures where one ends; else an epoch's last batch may be smaller.
    Processes take every world-th picture of a batch; InputError where one would get none.
    """

    def __init__(
        self,
        pictures: int,
        batch: int,
        seed: int,
        start: int = 0,
        rank: int = 0,
        world: int = 1,
        *,
        crops: int = 1,
        full: bool = False,
    ) -> None:
        self.pictures, self.seed, self.full, self.crops = pictures, seed, full, crops
        self.batch = batch // crops if full else min(batch // crops, pictures)
        """Pictures."""
        if self.batch < world:
            raise InputError(
                f"batches of {self.batch} pictures for {world} processes, each of which needs at least one: "
                f"data.batch is {batch}, and there are {pictures} pictures"
            )
        self.start, self.rank, self.world = start, rank, world
        self._orders: dict[int, list[int]] = {}

    @property
    def per_epoch(self) -> int:
        """Batches of an epoch; a last one with fewer pictures than processes is left out."""
        if self.full:
            return max(1, round(self.pictures / self.batch))
        whole, rest = divmod(self.pictures, self.batch)
        return whole + (rest >= self.world)

    def size(self, iteration: int) -> int:
        """Crops of an iteration, over all processes."""
        return self.crops * len(self.pictures_of(iteration))

    def __iter__(self) -> Iterator[list[Place]]:
        for iteration in itertools.count(self.start):
            yield self.pictures_of(iteration)[self.rank :: self.world]

    def pictures_of(self, iteration: int) -> list[Place]:
        """Pictures of an iteration, over all processes."""
        if self.full:
            first = iteration * self.batch
            places = (divmod(position, self.pictures) for position in range(first, first + self.batch))
            return [(epoch, at, self._order(epoch)[at]) for epoch, at in places]
        epoch, number = divmod(iteration, self.per_epoch)
        first = number * self.batch
        numbers = self._order(epoch)[first : first + self.batch]
        return [(epoch, first + i, number) for i, number in enumerate(numbers)]

    def _order(self, epoch: int) -> list[int]:
        if epoch not in self._orders:
            order = np.random.default_rng([self.seed, epoch]).permutation(self.pictures)
            recent = {known: self._orders[known] for known in self._orders if known == epoch - 1}
            self._orders = {**recent, epoch: order.tolist()}
        return self._orders[epoch]
