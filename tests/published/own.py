"""Networks of one's own, as tests need them."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import cache
from importlib.util import module_from_spec, spec_from_file_location

import torch
from torch import Tensor, nn

from l3c.published.architecture import Architecture
from l3c.published.graph import GraphArchitecture
from l3c.published.graph_export import export_own
from l3c.published.network import L3C, Published, Pyramid
from l3c.published.operations import IntegerLayer
from l3c.training.published.beginning import spread_mixtures
from tests.house.sources import ROOT
from tests.published.integer import picture

EXAMPLE = ROOT / "examples" / "own_network.py"


def example_class() -> type[Published]:
    """The tutorial's network."""
    if "own_network" not in sys.modules:
        spec = spec_from_file_location("own_network", EXAMPLE)
        assert spec is not None
        assert spec.loader is not None
        sys.modules["own_network"] = module_from_spec(spec)
        spec.loader.exec_module(sys.modules["own_network"])
    found: type[Published] = sys.modules["own_network"].DenseNetwork
    return found


class Everything(L3C):
    """Every operation that is taken, in ways that are not the published ones."""

    def __init__(self, architecture: Architecture) -> None:
        super().__init__(architecture)
        f = architecture.features
        self.grouped = nn.Conv2d(f, f, 3, padding=2, dilation=2, groups=2, bias=False)
        self.norm = nn.BatchNorm2d(f)
        self.low = nn.Conv2d(f, 2 * f, 3, stride=2, padding=1)
        self.high = nn.Conv2d(2 * f, 4 * f, 1)
        self.gain = nn.Parameter(torch.full((1, f, 1, 1), 0.5))
        self.log_gain = nn.Parameter(torch.zeros(f))
        self.free = nn.Parameter(torch.randn(f, f, 1, 1) / f)
        self.norm.running_mean.fill_(0.1)  # type: ignore[union-attr]
        self.norm.running_var.fill_(2.0)  # type: ignore[union-attr]

    def context(self, scale: int, auxiliary: Tensor, coarser: Tensor | None) -> Tensor:
        context = super().context(scale, auxiliary, coarser)
        if scale == 0:
            deep = nn.functional.pixel_shuffle(self.high(nn.functional.leaky_relu(self.low(context), 0.1)), 2)
            context = torch.relu(context - deep * self.gain) + 0.25
        return context * torch.exp(self.log_gain)[:, None, None]

    def classify(self, scale: int, context: Tensor) -> Tensor:
        y = self.norm(self.grouped(context.float().contiguous()))
        y = nn.functional.conv2d(-y / 2, self.free) + sum([context, 1.0 - y])
        return super().classify(scale, y)


class HalfSizes(Pyramid):
    """A predictor of one's own over half-size images, whose inputs are joined with what they became."""

    def __init__(self, architecture: Architecture) -> None:
        super().__init__(architecture)
        f = architecture.features
        self.mix = nn.ModuleList(nn.Conv2d(f + 3, f, 1) for _ in range(architecture.scales))

    def context(self, scale: int, auxiliary: Tensor, coarser: Tensor | None) -> Tensor:
        net = self.nets[scale].dec
        x = net.head(self.sub_rgb_mean(auxiliary))  # type: ignore[union-attr, operator]
        x = self.mix[scale](torch.cat([x, auxiliary / 255], 1))
        x = x if coarser is None else x + coarser
        return net.tail(net.body(x) + x)  # type: ignore[union-attr, operator, no-any-return]

    def classify(self, scale: int, context: Tensor) -> Tensor:
        return super().classify(scale, context) * 1.0


class Deaf(L3C):
    """Its predictors read no coarser contexts, and what comes out is not always a convolution's."""

    def context(self, scale: int, auxiliary: Tensor, coarser: Tensor | None) -> Tensor:
        return super().context(scale, auxiliary, None)

    def classify(self, scale: int, context: Tensor) -> Tensor:
        return torch.relu(super().classify(scale, context)) - 1 if scale else super().classify(scale, context)


NETWORKS: dict[str, Callable[[], type[Published]]] = {
    "example": example_class,
    "everything": lambda: Everything,
    "half sizes": lambda: HalfSizes,
    "deaf": lambda: Deaf,
}


@cache
def network(name: str) -> Published:
    """Untrained, but of spread mixtures."""
    torch.manual_seed(1)
    cls = NETWORKS[name]()
    a = Architecture(kind=f"{cls.__module__}:{cls.__name__}", scales=2, features=8, blocks=1, components=3)
    made = cls(a)
    spread_mixtures(made)
    return made.eval().requires_grad_(False)


@cache
def exported(name: str) -> tuple[GraphArchitecture, list[IntegerLayer]]:
    return export_own(network(name), [picture(40, 48), picture(33, 20, 1)])
