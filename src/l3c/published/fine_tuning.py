"""Fine-tuning on the grid that export will use: integers forward, straight through backward."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from itertools import islice
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from l3c.published.architecture import Architecture
from l3c.published.export import Weights
from l3c.published.grid import Grids, parameter_units, shifts_of
from l3c.published.halving import half_size_of
from l3c.published.layers_integer import known_values, network_over
from l3c.published.mixture import LogisticMixture
from l3c.published.operations import NARROW_BITS, NARROW_MAX, WIDE_MAX

OnCost = Callable[[int, float], None]
"""Called with the iteration, and bits per sub-pixel of its batch."""


class StraightThrough(torch.autograd.Function):
    """Integers forward, backward the gradient of what they came from."""

    @staticmethod
    def forward(_: Any, x: Tensor, whole: Tensor) -> Tensor:
        return whole

    @staticmethod
    def backward(_: Any, gradient: Tensor) -> tuple[Tensor, None]:
        return gradient, None


def half_up(x: Tensor) -> Tensor:
    """floor(x + 1/2), as layers round."""
    return StraightThrough.apply(x, torch.floor(x.detach() + 0.5))  # type: ignore[no-any-return, no-untyped-call]


def whole(x: Tensor) -> Tensor:
    """The nearest integers, as weights are rounded."""
    return StraightThrough.apply(x, torch.round(x.detach()))  # type: ignore[no-any-return, no-untyped-call]


class FakeIntegers:
    """Operations on integers in float32 [N, C, H, W], as exported layers compute them, with gradients."""

    def __init__(self, weights: Weights, grids: Grids) -> None:
        self._layers = grids
        self._weights: dict[str, tuple[nn.Parameter, nn.Parameter]] = {}
        for name in grids:
            weight, bias = weights[name]
            self._weights[name] = nn.Parameter(torch.from_numpy(weight)), nn.Parameter(torch.from_numpy(bias))

    def parameters(self) -> list[nn.Parameter]:
        return [parameter for pair in self._weights.values() for parameter in pair]

    def weights(self) -> Weights:
        """What has become of them."""
        return {name: (w.detach().numpy(), b.detach().numpy()) for name, (w, b) in self._weights.items()}

    def layer(self, name: str, x: Tensor) -> Tensor:
        layer, _ = self._layers[name]
        weight, bias, power = self._whole(name)
        reach = layer.dilation * (weight.shape[2] // 2)
        sums = functional.conv2d(x, weight, bias, layer.stride, reach, layer.dilation)
        return half_up(sums / power[:, None, None]).clamp(layer.low, layer.high)

    def narrow(self, signal: str, x: Tensor) -> Tensor:
        return half_up(x * 2.0**-NARROW_BITS).clamp(-NARROW_MAX, NARROW_MAX)

    def add(self, x: Tensor, y: Tensor) -> Tensor:
        return (x + y).clamp(-WIDE_MAX, WIDE_MAX)

    def join(self, parts: list[Tensor]) -> Tensor:
        return torch.cat(parts, 1)

    def shuffle(self, x: Tensor) -> Tensor:
        return functional.pixel_shuffle(x, 2)

    def clip(self, x: Tensor, low: int, high: int) -> Tensor:
        return x.clamp(low, high)

    def leak(self, x: Tensor, factor: int, shift: int) -> Tensor:
        return torch.maximum(x, half_up(x * (factor * 2.0**-shift)))

    def _whole(self, name: str) -> tuple[Tensor, Tensor, Tensor]:
        """Whole weights and biases, and the powers of two that they were multiplied by, float32."""
        (layer, grid), (weight, bias) = self._layers[name], self._weights[name]
        factor, unit, offset = (torch.from_numpy(values) for values in (grid.factor, grid.unit, grid.offset))
        scaled_weight, scaled_bias = weight * factor, bias / unit + offset
        shift = shifts_of(layer, grid.most, scaled_weight.detach().numpy(), scaled_bias.detach().numpy())
        power = torch.from_numpy(2.0**shift)
        scaled_weight, scaled_bias = scaled_weight * power[:, None, None, None], scaled_bias * power
        return whole(scaled_weight).float(), whole(scaled_bias).float(), power.float()


class FakeNetwork:
    """What pictures cost under an integer network in the making."""

    def __init__(self, a: Architecture, integers: FakeIntegers) -> None:
        self.architecture, self._network = a, network_over(a, integers)

    def bits(self, images: Tensor) -> Tensor:
        """uint8 [N, 3, H, W] -> bits of all predicted scales together."""
        a, context = self.architecture, None
        symbols = [images.float(), *self._auxiliary(images)]
        total = torch.zeros((), dtype=torch.float64)
        for scale in reversed(range(a.scales)):
            context = self._network.predict(scale, known_values(a, symbols[scale + 1]), context)
            total = total + self._nats(scale, self._network.classify(scale, context), symbols[scale])
        return total / math.log(2)

    def _auxiliary(self, images: Tensor) -> list[Tensor]:
        a = self.architecture
        if a.learned:
            return self._network.extract(images.float())
        pyramid = [images]
        for _ in range(a.scales):
            pyramid.append(half_size_of(pyramid[-1]))
        return [image.float() for image in pyramid[1:]]

    def _nats(self, scale: int, outputs: Tensor, symbols: Tensor) -> Tensor:
        a = self.architecture
        unit, offset = (torch.from_numpy(v).float() for v in parameter_units(a, scale, outputs.shape[1]))
        params = (outputs - offset[:, None, None]) * unit[:, None, None]
        mixture = LogisticMixture.of_image(a.components)
        if a.learned and scale:
            mixture = LogisticMixture.of_latent(a.latent_channels, a.latent_levels, a.components)
        return mixture.nats(params, mixture.low + mixture.step * symbols).double().sum()


def fine_tune(
    architecture: Architecture,
    weights: Weights,
    grids: Grids,
    batches: Iterable[Tensor],
    iterations: int,
    rate: float,
    on_cost: OnCost,
) -> Weights:
    """Weights after steps of Adam on batches, uint8 [N, 3, H, W]; the rate falls to 0 along half a cosine."""
    integers = FakeIntegers(weights, grids)
    network = FakeNetwork(architecture, integers)
    optimizer = torch.optim.Adam(integers.parameters(), rate)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, iterations)
    for iteration, images in enumerate(islice(batches, iterations), 1):
        cost = network.bits(images) / images.numel()
        optimizer.zero_grad()
        torch.autograd.backward(cost)
        optimizer.step()
        schedule.step()
        on_cost(iteration, float(cost.detach()))
    return integers.weights()
