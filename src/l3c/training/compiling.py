"""Ways of computing a cost: compiled as asked for, or as it can be."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Protocol, TypeVar

import torch
from torch import nn

from l3c.errors import L3CError

logger = logging.getLogger(__name__)

T = TypeVar("T")


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
