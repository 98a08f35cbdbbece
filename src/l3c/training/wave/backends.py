"""What computes costs and gradients of the wave network: the engine on the processor, or PyTorch, on a GPU too."""

from __future__ import annotations

import itertools
from collections.abc import Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

from l3c.training.compiling import Ways
from l3c.training.device_pixels import to_device
from l3c.training.picture_files import Pixels
from l3c.training.wave.config import WaveExecution
from l3c.training.wave.objective import Parameters, gradient
from l3c.training.wave.pixel_inputs import pixel_inputs
from l3c.training.wave.twin import WaveCoster
from l3c.wave.definition.architecture import Architecture

AHEAD = 2
"""Batches that are made while the device computes."""


class Source(Protocol):
    """Of batches, each of which follows from its seed: uint8 [count, size, size, channels] in coding order."""

    def batch(self, count: int, seed: Sequence[int]) -> Any: ...


class Backend(Protocol):
    """Arrays are flat parameters and what belongs to them, where the backend computes. Costs are bits per sub-pixel.

    waits: whether a cost is known when `gradient` returns, so that it can be judged at once.
    """

    waits: bool

    def array(self, values: Parameters) -> Any:
        """A copy."""
        ...

    def tensor(self, array: Any) -> Tensor:
        """For a checkpoint."""
        ...

    def batches(self, source: Source, count: int, seed: int, start: int) -> Generator[Any, None, None]:
        """Endless, of iterations from `start` on."""
        ...

    def gradient(self, parameters: Any, batch: Any, quantized: bool) -> tuple[Any, Any]:
        """Cost and gradient."""
        ...

    def cost(self, parameters: Any, crops: Pixels, quantized: bool) -> float: ...


class EngineBackend:
    """See `Backend`: one thread of the processor."""

    waits = True

    def __init__(self, architecture: Architecture) -> None:
        self._architecture = architecture

    def array(self, values: Parameters) -> Parameters:
        return values.copy()

    def tensor(self, array: Parameters) -> Tensor:
        return torch.from_numpy(array)

    def batches(self, source: Source, count: int, seed: int, start: int) -> Generator[Pixels, None, None]:
        for iteration in itertools.count(start):
            yield source.batch(count, (seed, iteration))

    def gradient(self, parameters: Parameters, batch: Pixels, quantized: bool) -> tuple[float, Parameters]:
        return gradient(self._architecture, parameters, batch, quantized)

    def cost(self, parameters: Parameters, crops: Pixels, quantized: bool) -> float:
        return gradient(self._architecture, parameters, crops, quantized)[0]


class TorchBackend:
    """See `Backend`. Nothing in a step waits for a GPU. fall_back: as of `Ways`."""

    waits = False

    def __init__(
        self, architecture: Architecture, run: WaveExecution, device: torch.device, fall_back: bool = True
    ) -> None:
        if device.type == "cuda":
            # gradients of weights are sums over all pixels of a batch, whose parts bfloat16 would round
            torch.backends.cuda.matmul.allow_bf16_reduced_precision_reduction = False
        self._architecture, self._device = architecture, device
        self._coster = WaveCoster(architecture, run.bfloat16, device)
        self._ways = Ways(self._coster, run, 1, fall_back)

    def array(self, values: Parameters) -> Tensor:
        return torch.from_numpy(values.copy()).to(self._device)

    def tensor(self, array: Tensor) -> Tensor:
        return array.detach().cpu()

    def batches(self, source: Source, count: int, seed: int, start: int) -> Generator[Tensor, None, None]:
        """Those of the processor are made beside, in a thread of their own."""

        def make(iteration: int) -> Tensor:
            batch = source.batch(count, (seed, iteration))
            return batch if isinstance(batch, Tensor) else to_device(batch, self._device)

        with ThreadPoolExecutor(1) as thread:
            ready = [thread.submit(make, start + i) for i in range(AHEAD)]
            for iteration in itertools.count(start + AHEAD):
                yield ready.pop(0).result()
                ready.append(thread.submit(make, iteration))

    def gradient(self, parameters: Tensor, batch: Tensor, quantized: bool) -> tuple[Tensor, Tensor]:
        inputs, leaf = pixel_inputs(self._architecture, batch), parameters.detach().requires_grad_()

        def step(coster: torch.nn.Module) -> tuple[Tensor, Tensor]:
            cost = coster(leaf, inputs, quantized)
            return cost.detach(), torch.autograd.grad(cost, leaf)[0]

        return self._ways.take(step)

    @torch.no_grad()
    def cost(self, parameters: Tensor, crops: Pixels, quantized: bool) -> float:
        inputs = pixel_inputs(self._architecture, to_device(np.ascontiguousarray(crops), self._device))
        return float(self._coster(parameters, inputs, quantized))
