"""What a batch costs under a network, and the ways of computing it: compiled as asked for, or as it can be."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Protocol, TypeVar

import torch
from torch import Tensor, nn

from l3c.errors import L3CError
from l3c.published.network import Published, Scales
from l3c.training.published.guidance import distance

T = TypeVar("T")
logger = logging.getLogger(__name__)


class Coster(nn.Module):
    """Bits of every scale of each image; wrapped as one module, so that gradients of several processes are averaged."""

    def __init__(self, network: Published, bfloat16: bool, channels_last: bool) -> None:
        super().__init__()
        self.network, self.reduced, self.channels_last = network, bfloat16, channels_last

    def forward(
        self, images: Tensor, with_excess: bool = False, with_distance: bool = False
    ) -> tuple[Tensor, Tensor, Tensor]:
        """uint8 [N, 3, H, W] -> bits, float64 [N, scales + 1], the uniform scale last; excess and distance, [N].

        Excess and distance are 0 where they are not asked for.
        """
        scales = self.take_apart(images)
        bits = self.network.bits(scales)
        beyond = excess(scales) if with_excess else bits.new_zeros(len(images))
        astray = distance(images, scales.before) if with_distance else bits.new_zeros(len(images))
        return bits, beyond, astray

    def take_apart(self, images: Tensor) -> Scales:
        layout = torch.channels_last if self.channels_last else torch.contiguous_format
        with torch.autocast(images.device.type, torch.bfloat16, enabled=self.reduced):
            return self.network(images.float().contiguous(memory_format=layout))  # type: ignore[no-any-return]


def excess(scales: Scales) -> Tensor:
    """How far quantizers' inputs lie beyond their levels, where no gradient comes back: mean squares, float32 [N]."""
    parts = [(before.float().abs() - 1).clamp(min=0).square().mean((1, 2, 3)) for before in scales.before]
    return torch.stack(parts).sum(0) if parts else scales.values[0].new_zeros(len(scales.values[0]))


class Compiling(Protocol):
    """Whether to compile, and in which mode of PyTorch's."""

    @property
    def compile(self) -> bool: ...

    @property
    def compile_mode(self) -> str: ...


class Ways:
    """A coster compiled as the run asks for; where that fails, compiled plainly, and at last not at all.

    fall_back: whether not at all is a way, too, of a run that asks for compiling.
    """

    def __init__(self, coster: nn.Module, run: Compiling, world: int, fall_back: bool = True) -> None:
        self._ways: list[tuple[str, nn.Module]] = [("not compiled", coster)]
        if run.compile:
            modes = dict.fromkeys((run.compile_mode, "default"))
            compiled = [(f"compiled, mode {mode}", _compiled(coster, mode)) for mode in modes]
            plain = self._ways if fall_back else []
            self._ways = [*compiled, *plain] if world == 1 else compiled[:1]
        if world > 1:
            self._ways = [(name, nn.parallel.DistributedDataParallel(way)) for name, way in self._ways]
        self._proven = False

    @property
    def name(self) -> str:
        """Of the way that is taken next."""
        return self._ways[0][0]

    @property
    def compiled(self) -> bool:
        return len(self._ways) > 1 or self._ways[0][0] != "not compiled"

    def take(self, step: Callable[[nn.Module], T]) -> T:
        """Do a step that computes with the coster, forward and backward; until one succeeded, fall back where it fails.

        A step must be repeatable. Several processes have one way only, since all must take the same.
        """
        while True:
            name, way = self._ways[0]
            try:
                done = step(way)
            except (L3CError, torch.OutOfMemoryError):
                raise
            except Exception as error:
                if self._proven or len(self._ways) == 1:
                    raise
                reason = (str(error).splitlines() or [type(error).__name__])[0]
                logger.warning("the network does not run %s: %s; next: %s", name, reason, self._ways[1][0])
                self._ways.pop(0)
                continue
            self._proven = True
            return done


def _compiled(coster: nn.Module, mode: str) -> nn.Module:
    """Shapes are fixed; another one, such as that of an epoch's last batch, is compiled once more."""
    compiled: nn.Module = torch.compile(coster, dynamic=False, mode=None if mode == "default" else mode)  # type: ignore[assignment]
    return compiled
