"""One process or several that torchrun started: who am I, and how do we agree."""

from __future__ import annotations

import importlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

import torch
from torch import Tensor, distributed

T = TypeVar("T")


@dataclass(frozen=True)
class Processes:
    """rank: number of this process, 0 leads. world: how many there are. device: what it computes on."""

    rank: int
    world: int
    device: torch.device

    @property
    def leads(self) -> bool:
        return self.rank == 0

    def share(self, value: T) -> T:
        """Give everyone what the leader has."""
        if self.world == 1:
            return value
        values = [value]
        distributed.broadcast_object_list(values)
        return values[0]

    def total(self, values: Tensor) -> Tensor:
        """Sum over all processes."""
        if self.world > 1:
            distributed.all_reduce(values)
        return values

    def leaders(self, value: float) -> float:
        """The leader's number."""
        if self.world == 1:
            return value
        values = torch.tensor(value if self.leads else 0.0, dtype=torch.float64, device=self.device)
        return float(self.total(values))

    def any(self, flag: bool) -> bool:
        """Whether any process says so."""
        if self.world == 1:
            return flag
        return bool(self.total(torch.tensor(float(flag), device=self.device)) > 0)


@contextmanager
def join_processes(device: str = "auto") -> Iterator[Processes]:
    """Join the others where torchrun started several; leave them at the end. device: auto, cpu or cuda.

    Nothing may refer to the group after that, since its threads end with the last reference. One that drops a tensor
    while Python shuts down aborts the process.
    """
    rank, world = _rank(), int(os.environ.get("WORLD_SIZE", 1))
    chosen = choose_device(device, int(os.environ.get("LOCAL_RANK", 0)))
    if world == 1:
        yield Processes(0, 1, chosen)
        return
    # Optimizers import it at the latest. Imported while there is a group, it keeps that group (PyTorch 2.13).
    importlib.import_module("torch._dynamo")
    distributed.init_process_group("nccl" if chosen.type == "cuda" else "gloo")
    try:
        yield Processes(rank, world, chosen)
    finally:
        distributed.destroy_process_group()


def leads() -> bool:
    """Whether this process is the only one, or the first of those that torchrun started."""
    return _rank() == 0


def _rank() -> int:
    return int(os.environ.get("RANK", 0))


def choose_device(wanted: str, index: int = 0) -> torch.device:
    """`auto` is CUDA where there is one. From now on float32 is computed as such there, not in TF32.

    TF32 rounds factors to 11 bits: costs would differ by the device, and so would symbols near a level's border.
    """
    kind = ("cuda" if torch.cuda.is_available() else "cpu") if wanted == "auto" else wanted
    if kind == "cuda" and not torch.cuda.is_available():
        from l3c.errors import InputError

        raise InputError("--device cuda: PyTorch finds no CUDA device here")
    if kind == "cuda":
        torch.cuda.set_device(index)
        torch.backends.cudnn.allow_tf32 = False
        torch.backends.cuda.matmul.allow_tf32 = False
        return torch.device("cuda", index)
    return torch.device(kind)
