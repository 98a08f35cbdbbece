"""The layers of the published networks as integers, and the program that runs them or a graph (`graph.py`)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from l3c.published.architecture import DILATIONS, RGB_CHANNELS, Architecture
from l3c.published.graph import GraphArchitecture, GraphNetwork
from l3c.published.operations import (
    INPUT_MAX,
    NARROW_MAX,
    PARAMETER_MAX,
    WIDE_MAX,
    Backend,
    Layer,
    Operations,
)


def scale_count(a: Architecture) -> int:
    """How many predictors there are."""
    return 1 if a.kind == "rgb-shared" else a.scales


def network_of(a: Architecture, scale: int) -> int:
    """Which predictor a scale has."""
    return min(scale, scale_count(a) - 1)


def known_signal(a: Architecture) -> str:
    """Name of the signal that a predictor reads from the next coarser scale."""
    return "latent" if a.learned else "image"


def known_values(a: Architecture, symbols: Any) -> Any:
    """Its integers, of symbols."""
    return 2 * symbols - (a.latent_levels - 1) if a.learned else symbols


def wide(scale: int) -> str:
    """Signal of a predictor's sums, which is also that of the coarser context added to them; -1: the finest context."""
    return "context" if scale < 0 else f"dec.{scale}"


def layers(architecture: Architecture) -> Iterator[Layer]:
    """All layers of a network."""
    if isinstance(architecture, GraphArchitecture):
        yield from architecture.layers()
        return
    yield Layer("input", "image", "input", 255, -INPUT_MAX, INPUT_MAX, _shape(RGB_CHANNELS, RGB_CHANNELS, 1))
    for scale in range(scale_count(architecture)):
        if architecture.learned:
            yield from _extractor(architecture, scale)
        yield from _predictor(architecture, scale)


def _shape(outputs: int, inputs: int, kernel: int = 3) -> tuple[int, int, int, int]:
    return outputs, inputs, kernel, kernel


def _extractor(architecture: Architecture, scale: int) -> Iterator[Layer]:
    prefix, sums, f = f"nets.{scale}.enc", f"enc.{scale}", architecture.features
    source, most, inputs = ("input", INPUT_MAX, RGB_CHANNELS) if scale == 0 else (f"enc.{scale - 1}", NARROW_MAX, f)
    yield Layer(f"heads.{scale}", source, f"heads.{scale}", most, -NARROW_MAX, NARROW_MAX, _shape(f, inputs))
    yield Layer(f"{prefix}.down", f"heads.{scale}", sums, NARROW_MAX, -WIDE_MAX, WIDE_MAX, _shape(f, f, 5), stride=2)
    yield from _trunk(architecture, prefix, sums)
    symbols = _shape(architecture.latent_channels, f, 1)
    yield Layer(f"{prefix}.to_q", sums, f"symbols.{scale}", NARROW_MAX, 0, architecture.latent_levels - 1, symbols)


def _predictor(architecture: Architecture, scale: int) -> Iterator[Layer]:
    prefix, sums, features = f"nets.{scale}.dec", wide(scale), architecture.features
    source, most = ("latent", architecture.latent_levels - 1) if architecture.learned else ("input", INPUT_MAX)
    head = _shape(features, parameter_channels(architecture, scale + 1), 1)
    yield Layer(f"{prefix}.head", source, sums, most, -WIDE_MAX, WIDE_MAX, head)
    yield from _trunk(architecture, prefix, sums)
    context = wide(scale - 1)
    yield Layer(f"{prefix}.tail", sums, context, NARROW_MAX, -WIDE_MAX, WIDE_MAX, _shape(4 * features, features))
    for d in DILATIONS:
        place = f"atrous.{scale}.{d}"
        yield Layer(place, context, place, NARROW_MAX, -NARROW_MAX, NARROW_MAX, _shape(features, features), dilation=d)
    params = _shape(parameter_count(architecture, scale), len(DILATIONS) * features, 1)
    yield Layer(
        f"params.{scale}", f"atrous.{scale}", f"params.{scale}", NARROW_MAX, -PARAMETER_MAX, PARAMETER_MAX, params
    )


def _trunk(architecture: Architecture, prefix: str, sums: str) -> Iterator[Layer]:
    shape = _shape(architecture.features, architecture.features)
    for i in range(architecture.blocks):
        first, second = f"{prefix}.body.{i}.body.0", f"{prefix}.body.{i}.body.2"
        yield Layer(first, sums, first, NARROW_MAX, 0, NARROW_MAX, shape)
        yield Layer(second, first, sums, NARROW_MAX, -WIDE_MAX, WIDE_MAX, shape)
    yield Layer(f"{prefix}.body.{architecture.blocks}", sums, sums, NARROW_MAX, -WIDE_MAX, WIDE_MAX, shape)


class Network:
    """The published networks over any operations (figure 2 of the paper)."""

    def __init__(self, architecture: Architecture, operations: Operations) -> None:
        self.architecture, self.operations = architecture, operations

    def extract(self, image: Any) -> list[Any]:
        """Symbols of all scales."""
        operations, symbols = self.operations, []
        x = operations.layer("input", image)
        for scale in range(self.architecture.scales):
            down = operations.layer(f"nets.{scale}.enc.down", operations.layer(f"heads.{scale}", x))
            x = operations.narrow(f"enc.{scale}", self._trunk(f"nets.{scale}.enc", f"enc.{scale}", down))
            symbols.append(operations.layer(f"nets.{scale}.enc.to_q", x))
        return symbols

    def predict(self, scale: int, known: Any, coarser: Any) -> Any:
        """Context from `known_values`."""
        a, operations = self.architecture, self.operations
        s = network_of(a, scale)
        x = operations.layer(f"nets.{s}.dec.head", known if a.learned else operations.layer("input", known))
        if coarser is not None and a.kind != "rgb-shared":
            x = operations.add(x, coarser)
        sums = self._trunk(f"nets.{s}.dec", wide(s), x)
        return operations.shuffle(operations.layer(f"nets.{s}.dec.tail", operations.narrow(wide(s), sums)))

    def classify(self, scale: int, context: Any) -> Any:
        """Mixture parameters."""
        b, s = self.operations, network_of(self.architecture, scale)
        x = b.narrow(wide(s - 1), context)
        parts = [b.layer(f"atrous.{s}.{d}", x) for d in DILATIONS]
        return b.layer(f"params.{s}", b.join(parts))

    def _trunk(self, prefix: str, sums: str, x: Any) -> Any:
        b, y = self.operations, x
        for i in range(self.architecture.blocks):
            hidden = b.layer(f"{prefix}.body.{i}.body.0", b.narrow(sums, y))
            y = b.add(y, b.layer(f"{prefix}.body.{i}.body.2", hidden))
        return b.add(x, b.layer(f"{prefix}.body.{self.architecture.blocks}", b.narrow(sums, y)))


def network_over(a: Architecture, operations: Operations) -> Network | GraphNetwork:
    """A published network, or the one that a graph gives, over any operations."""
    return GraphNetwork(a, operations) if isinstance(a, GraphArchitecture) else Network(a, operations)


class Program:
    """A network over a backend, from and to NumPy's arrays."""

    def __init__(self, architecture: Architecture, backend: Backend) -> None:
        self.architecture, self.backend = architecture, backend
        self.network = network_over(architecture, backend)

    def symbols(self, image: NDArray[np.uint8]) -> list[Any]:
        """L3C: auxiliary images, finest first, of uint8 [H, W, 3], sides multiples of 2^scales."""
        b = self.backend
        return [b.give(x) for x in self.network.extract(b.receive("image", image.transpose(2, 0, 1).astype(np.int64)))]

    def context(self, scale: int, coarser_symbols: NDArray[Any], coarser: Any) -> Any:
        """Context of a scale, from symbols [C, H, W] of the next coarser one and its context (None for the first)."""
        known = known_values(self.architecture, coarser_symbols.astype(np.int64))
        return self.network.predict(scale, self.backend.receive(known_signal(self.architecture), known), coarser)

    def parameters(self, scale: int, context: Any) -> Any:
        """Mixture parameters of a scale, int32 [outputs, H, W]."""
        return self.backend.give(self.network.classify(scale, context))


def parameter_channels(a: Architecture, scale: int) -> int:
    """Channels of a scale's symbols."""
    return a.latent_channels if a.learned and scale else RGB_CHANNELS


def parameter_count(a: Architecture, scale: int) -> int:
    """Outputs that describe a scale's mixtures: logits, means, log scales, and an image's coefficients."""
    parts = 3 if a.learned and scale else 4
    return parts * parameter_channels(a, scale) * a.components
