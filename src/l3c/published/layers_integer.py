"""The layers of the published networks as integers, and the program that runs them.

Activations are whole numbers of a step that each channel of each signal has. A layer's sum |w| |x| + |b| stays below
2^24, so float32 adds it without error in any order; floor(sum 2^-n + 0.5) is its output, clipped to its signal's range.
Signals: `wide` ones (sums of residual blocks) are narrowed, by 2^-6, before a layer reads them; the others are not.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from l3c.published.architecture import RGB_CHANNELS, Architecture

NARROW_BITS = 6
NARROW_MAX = 511
WIDE_MAX = (NARROW_MAX + 1 << NARROW_BITS) - 1
INPUT_MAX = 2047
PARAMETER_MAX = 1 << 20
SUM_MAX = 1 << 24
DILATIONS = (1, 2, 4)


@dataclass(frozen=True)
class Layer:
    """A convolution by its place: from which signal to which. read_max: greatest |x|; low, high: range of outputs."""

    name: str
    source: str
    target: str
    read_max: int
    low: int
    high: int
    stride: int = 1
    dilation: int = 1


@dataclass(frozen=True)
class IntegerLayer:
    """weight: whole numbers, int8 or int16 [outputs, inputs, k, k]. bias: int32 [outputs]. shift: uint8 [outputs]."""

    layer: Layer
    weight: NDArray[Any]
    bias: NDArray[np.int32]
    shift: NDArray[np.uint8]

    def bound(self) -> NDArray[np.int64]:
        """Sum |w| max |x| + |bias| + rounding, int64 [outputs]: must stay below 2^24."""
        weights = np.abs(self.weight.astype(np.int64)).sum((1, 2, 3))
        half = (1 << self.shift.astype(np.int64)) >> 1
        bound: NDArray[np.int64] = weights * self.layer.read_max + np.abs(self.bias.astype(np.int64)) + half
        return bound

    def scaled(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Weight, and bias with a half to round by, times 2^-shift, float32: floor and clip are to follow."""
        scale = np.ldexp(np.float32(1), -self.shift.astype(np.int32))
        weight, bias = self.weight.astype(np.float32), self.bias.astype(np.float32)
        return weight * scale[:, None, None, None], bias * scale + np.float32(0.5)


def scale_count(a: Architecture) -> int:
    """How many predictors there are."""
    return 1 if a.kind == "rgb-shared" else a.scales


def network_of(a: Architecture, scale: int) -> int:
    """Which predictor a scale has."""
    return min(scale, scale_count(a) - 1)


def known_signal(a: Architecture) -> str:
    """Signal of what a predictor is told of the next coarser scale."""
    return "latent" if a.learned else "image"


def known_values(a: Architecture, symbols: Any) -> Any:
    """Its whole numbers, of symbols."""
    return 2 * symbols - (a.latent_levels - 1) if a.learned else symbols


def wide(scale: int) -> str:
    """Signal of a predictor's sums, which is also that of the coarser context added to them; -1: the finest context."""
    return "context" if scale < 0 else f"dec.{scale}"


def layers(a: Architecture) -> Iterator[Layer]:
    """All layers of a network."""
    yield Layer("input", "image", "input", 255, -INPUT_MAX, INPUT_MAX)
    for scale in range(scale_count(a)):
        if a.learned:
            yield from _extractor(a, scale)
        yield from _predictor(a, scale)


def _extractor(a: Architecture, s: int) -> Iterator[Layer]:
    prefix, sums = f"nets.{s}.enc", f"enc.{s}"
    source, most = ("input", INPUT_MAX) if s == 0 else (f"enc.{s - 1}", NARROW_MAX)
    yield Layer(f"heads.{s}", source, f"heads.{s}", most, -NARROW_MAX, NARROW_MAX)
    yield Layer(f"{prefix}.down", f"heads.{s}", sums, NARROW_MAX, -WIDE_MAX, WIDE_MAX, stride=2)
    yield from _trunk(prefix, sums, a.blocks)
    yield Layer(f"{prefix}.to_q", sums, f"symbols.{s}", NARROW_MAX, 0, a.latent_levels - 1)


def _predictor(a: Architecture, s: int) -> Iterator[Layer]:
    prefix, sums = f"nets.{s}.dec", wide(s)
    source, most = ("latent", a.latent_levels - 1) if a.learned else ("input", INPUT_MAX)
    yield Layer(f"{prefix}.head", source, sums, most, -WIDE_MAX, WIDE_MAX)
    yield from _trunk(prefix, sums, a.blocks)
    context = wide(s - 1)
    yield Layer(f"{prefix}.tail", sums, context, NARROW_MAX, -WIDE_MAX, WIDE_MAX)
    for d in DILATIONS:
        place = f"atrous.{s}.{d}"
        yield Layer(place, context, place, NARROW_MAX, -NARROW_MAX, NARROW_MAX, dilation=d)
    yield Layer(f"params.{s}", f"atrous.{s}", f"params.{s}", NARROW_MAX, -PARAMETER_MAX, PARAMETER_MAX)


def _trunk(prefix: str, sums: str, blocks: int) -> Iterator[Layer]:
    for i in range(blocks):
        first, second = f"{prefix}.body.{i}.body.0", f"{prefix}.body.{i}.body.2"
        yield Layer(first, sums, first, NARROW_MAX, 0, NARROW_MAX)
        yield Layer(second, first, sums, NARROW_MAX, -WIDE_MAX, WIDE_MAX)
    yield Layer(f"{prefix}.body.{blocks}", sums, sums, NARROW_MAX, -WIDE_MAX, WIDE_MAX)


class Operations(Protocol):
    """What a network needs of whatever computes; arrays are its own."""

    def layer(self, name: str, x: Any) -> Any: ...
    def narrow(self, signal: str, x: Any) -> Any: ...
    def add(self, x: Any, y: Any) -> Any: ...
    def join(self, parts: list[Any]) -> Any: ...
    def shuffle(self, x: Any) -> Any: ...


class Backend(Operations, Protocol):
    """What a program needs beside that."""

    def receive(self, signal: str, values: NDArray[np.int64]) -> Any:
        """Take whole numbers [C, H, W] of a signal."""
        ...

    def give(self, values: Any) -> NDArray[np.int32]:
        """Return whole numbers int32 [C, H, W]."""
        ...


class Network:
    """The published networks over any operations (figure 2 of the paper)."""

    def __init__(self, architecture: Architecture, operations: Operations) -> None:
        self.architecture, self.operations = architecture, operations

    def extract(self, image: Any) -> list[Any]:
        """Symbols of all scales."""
        b, found = self.operations, []
        x = b.layer("input", image)
        for s in range(self.architecture.scales):
            down = b.layer(f"nets.{s}.enc.down", b.layer(f"heads.{s}", x))
            x = b.narrow(f"enc.{s}", self._trunk(f"nets.{s}.enc", f"enc.{s}", down))
            found.append(b.layer(f"nets.{s}.enc.to_q", x))
        return found

    def predict(self, scale: int, known: Any, coarser: Any) -> Any:
        """Context from `known_values`."""
        a, b = self.architecture, self.operations
        s = network_of(a, scale)
        x = b.layer(f"nets.{s}.dec.head", known if a.learned else b.layer("input", known))
        if coarser is not None and a.kind != "rgb-shared":
            x = b.add(x, coarser)
        sums = self._trunk(f"nets.{s}.dec", wide(s), x)
        return b.shuffle(b.layer(f"nets.{s}.dec.tail", b.narrow(wide(s), sums)))

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


class Program(Network):
    """A network over a backend, from and to NumPy's arrays."""

    def __init__(self, architecture: Architecture, backend: Backend) -> None:
        super().__init__(architecture, backend)
        self.backend = backend

    def symbols(self, image: NDArray[np.uint8]) -> list[Any]:
        """L3C: auxiliary images, finest first, of uint8 [H, W, 3], sides multiples of 2^scales."""
        b = self.backend
        return [b.give(x) for x in self.extract(b.receive("image", image.transpose(2, 0, 1).astype(np.int64)))]

    def context(self, scale: int, coarser_symbols: NDArray[Any], coarser: Any) -> Any:
        """Context of a scale, from symbols [C, H, W] of the next coarser one and its context (None for the first)."""
        known = known_values(self.architecture, coarser_symbols.astype(np.int64))
        return self.predict(scale, self.backend.receive(known_signal(self.architecture), known), coarser)

    def parameters(self, scale: int, context: Any) -> Any:
        """Mixture parameters of a scale, int32 [outputs, H, W]."""
        return self.backend.give(self.classify(scale, context))


def parameter_channels(a: Architecture, scale: int) -> int:
    """Channels of a scale's symbols."""
    return a.latent_channels if a.learned and scale else RGB_CHANNELS
