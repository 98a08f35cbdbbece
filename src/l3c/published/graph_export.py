"""From a traced network of one's own to integer graphs: ranges, steps, and weights that keep every bound.

Values that sums are made of are *wide* (16 bits) and narrowed (10 bits) before a layer reads them; all values that are
added, joined or shuffled into one another share their steps, channel by channel, so that no step is ever converted.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from l3c.errors import InputError, ModelError
from l3c.published.architecture import RGB_CHANNELS
from l3c.published.export import HEADROOM, QUIET, SHIFT_MIN, Tune, Weights, as_they_are, integer_layers
from l3c.published.graph import (
    COARSER,
    CONTEXT,
    IMAGE,
    INPUTS,
    KNOWN,
    LEAK_SHIFT_MAX,
    Graph,
    GraphArchitecture,
    GraphNetwork,
    Node,
)
from l3c.published.grid import LARGE_WEIGHT, SMALL_WEIGHT, Floats, Grid, Grids, parameter_units
from l3c.published.integer_model import all_parameters, auxiliary_images
from l3c.published.layers_integer import Program
from l3c.published.network import Published, Scales
from l3c.published.operations import (
    INPUT_MAX,
    NARROW_BITS,
    NARROW_MAX,
    PARAMETER_MAX,
    SUM_MAX,
    WIDE_MAX,
    IntegerLayer,
    Layer,
)
from l3c.published.pictures import Padding, Pixels
from l3c.published.tracing import (
    KIND_ADD,
    KIND_CONVOLUTION,
    KIND_INPUT,
    KIND_JOIN,
    KIND_LEAK,
    KIND_SHUFFLE,
    FloatGraph,
    Traced,
    Value,
    scaled_copy,
    trace,
)

THIN = 16
"""Signals of so few channels have INPUT_MAX for their range: the sums of who reads them stay small."""

ROUNDS = 20
"""Steps are enlarged so often, until all weights have room."""

STEP_MAX = 1e30
"""Steps beyond this are of weights that feed on themselves."""

OUTPUT_ERROR = 1e-3
"""By so much of the largest magnitude a traced network may differ from the one that was traced, both in float32."""

SYMBOL_SHARE = 0.99
"""Of symbols that have to be equal: values in the middle between two levels may go either way."""

REPLACED = ("forward", "predict", "nats", "bits", "uniform_bits")
"""Methods of networks that the codec has its own forms of: the order of scales, and what symbols cost."""

LEAK_BITS = 8  # of a factor: graph.LEAK_FACTOR_MAX
Owner = tuple[int, str]
"""A value: the number of its graph, and its name."""


def export_own(
    network: Published, pictures: Iterable[Pixels], tune: Tune = as_they_are
) -> tuple[GraphArchitecture, list[IntegerLayer]]:
    """Integer graphs of a network, and their layers. pictures: uint8 [H, W, 3], what calibration looks at.

    tune: changes the weights when grids are known. Raises ModelError naming operations, tensors and channels that
    cannot be integers, InputError without pictures.
    """
    architecture = network.architecture
    _check_mixtures(network)
    traced = trace(network)
    _give_roles(traced)
    signals = _Signals(traced)
    made = _architecture(network, traced, signals)
    weights = _weights(traced)
    seen = _calibrate(network, made, traced, weights, pictures)
    grids = _Grids(made, traced, signals, seen).all()
    layers = integer_layers(grids, tune(made, weights, grids))
    if [layer.layer for layer in layers] != list(made.layers()):
        raise ModelError(f"{architecture.kind}: layers and graphs do not agree")
    return made, layers


def _check_mixtures(network: Published) -> None:
    """Integer models read mixtures in the published way, with the numbers of channels and levels that files state."""
    from l3c.published.mixture import LogisticMixture
    from l3c.published.network import Published

    architecture = network.architecture
    for name in REPLACED:
        if getattr(type(network), name) is not getattr(Published, name):
            raise ModelError(f"{architecture.kind}: has a {name} of its own, which files would not be coded by")
    latent = LogisticMixture.of_latent(
        architecture.latent_channels, architecture.latent_levels, architecture.components
    )
    image = LogisticMixture.of_image(architecture.components)
    for scale in range(architecture.scales):
        wanted = latent if scale and network.learned else image
        if network.mixture(scale) != wanted:
            raise ModelError(
                f"{architecture.kind}: the mixtures of scale {scale} are {network.mixture(scale)}, expected {wanted}"
            )
    levels = architecture.latent_levels if network.learned else image.levels
    if network.uniform_levels() != levels:
        raise ModelError(
            f"{architecture.kind}: the coarsest scale has {network.uniform_levels()} levels, expected {levels}"
        )


def _give_roles(traced: Traced) -> None:
    """Put copies where a convolution has to stand: behind inputs that others read, and before what comes out."""
    for graph in traced.graphs():
        for name in [n for n, value in graph.values.items() if value.kind == KIND_INPUT and n in (IMAGE, KNOWN)]:
            others = [reader.name for reader in graph.readers(name) if reader.kind != KIND_CONVOLUTION]
            copy = scaled_copy(f"{_scope(traced, graph)}.{name}.copy", graph.values[name])
            if others or name in graph.outputs:
                graph.in_between(name, copy, others)
            if name in graph.outputs:
                graph.outputs = [copy.name if output == name else output for output in graph.outputs]
    for graph in [traced.extract, *traced.classify]:
        for name in dict.fromkeys(graph.outputs):
            if not _ends(graph, name, joined=graph is not traced.extract):
                graph.in_between(name, scaled_copy(f"{_scope(traced, graph)}.{name}.output", graph.values[name]))


def _scope(traced: Traced, graph: FloatGraph) -> str:
    """A prefix of names for what is added to a graph."""
    return f"graph{traced.graphs().index(graph)}"


def _ends(graph: FloatGraph, name: str, joined: bool) -> bool:
    """Whether a value can have the units of what comes out: a convolution of its own, or (joined) several."""
    value = graph.values[name]
    alone = graph.outputs.count(name) == 1 and not graph.readers(name)
    if joined and value.kind == KIND_JOIN and alone:
        parts = [graph.values[part] for part in value.inputs]
        return len(set(value.inputs)) == len(parts) and all(
            part.kind == KIND_CONVOLUTION and not part.relu and len(graph.readers(part.name)) == 1 for part in parts
        )
    return value.kind == KIND_CONVOLUTION and not value.relu and alone


class _Union:
    """Numbers that are found to be one."""

    def __init__(self) -> None:
        self._parents: list[int] = []

    def new(self) -> int:
        self._parents.append(len(self._parents))
        return self._parents[-1]

    def find(self, i: int) -> int:
        while self._parents[i] != i:
            self._parents[i] = self._parents[self._parents[i]]
            i = self._parents[i]
        return i

    def unite(self, i: int, j: int) -> None:
        self._parents[self.find(i)] = self.find(j)


@dataclass
class _Family:
    """Values that are added, joined or shuffled into one another."""

    summed: bool = False
    channels: int = 0
    fixed: bool = False

    @property
    def wide(self) -> bool:
        return self.summed and not self.fixed

    @property
    def most(self) -> int:
        """Greatest integer of a value that is not wide."""
        return INPUT_MAX if self.channels <= THIN else NARROW_MAX


class _Signals:
    """Which values share steps, channel by channel, and which are wide.

    Values that come out as symbols or parameters have units that are known, and share nothing.
    """

    def __init__(self, traced: Traced) -> None:
        self.traced = traced
        self._steps, self._families = _Union(), _Union()
        self.steps: dict[Owner, list[int]] = {}
        self._family: dict[Owner, int] = {}
        self._members: dict[int, _Family] = {}
        for g, graph in enumerate(traced.graphs()):
            for value in graph.values.values():
                self._enter((g, value.name), value, g)
        self._cross_graphs()
        self._sum_up()

    def step_numbers(self, owner: Owner) -> NDArray[np.int64]:
        """Which step each channel has, int64 [channels]."""
        return np.array([self._steps.find(i) for i in self.steps[owner]])

    def family(self, owner: Owner) -> _Family:
        return self._members[self._families.find(self._family[owner])]

    def _enter(self, owner: Owner, value: Value, g: int) -> None:
        self._family[owner] = self._families.new()
        sources = [(g, name) for name in value.inputs]
        if value.kind in (KIND_CONVOLUTION, KIND_INPUT):
            self.steps[owner] = [self._steps.new() for _ in range(value.channels)]
            return
        for source in sources:
            self._families.unite(self._family[source], self._family[owner])
        if value.kind == KIND_JOIN:
            self.steps[owner] = [step for source in sources for step in self.steps[source]]
        elif value.kind == KIND_SHUFFLE:
            (source,) = sources
            for c in range(value.channels):
                for k in range(1, 4):
                    self._steps.unite(self.steps[source][4 * c], self.steps[source][4 * c + k])
            self.steps[owner] = self.steps[source][::4]
        else:
            for source in sources[1:]:
                for i, j in zip(self.steps[source], self.steps[sources[0]], strict=True):
                    self._steps.unite(i, j)
            self.steps[owner] = self.steps[sources[0]]

    def _cross_graphs(self) -> None:
        """A context is the same value where it comes out and where it goes in."""
        scales = len(self.traced.predict)
        for s, graph in enumerate(self.traced.predict):
            context = (1 + s, graph.outputs[0])
            for reader in [(1 + scales + s, CONTEXT), *([(s, COARSER)] if s else [])]:
                if reader in self.steps:
                    self._families.unite(self._family[reader], self._family[context])
                    for i, j in zip(self.steps[reader], self.steps[context], strict=True):
                        self._steps.unite(i, j)

    def _sum_up(self) -> None:
        ends = {(index, name) for index, graph in _ending(self.traced) for name in graph.outputs}
        for index, graph in enumerate(self.traced.graphs()):
            for name, value in graph.values.items():
                root = self._families.find(self._family[index, name])
                family = self._members.setdefault(root, _Family())
                family.summed |= value.kind in (KIND_ADD, KIND_LEAK)
                family.channels = max(family.channels, value.channels)
                family.fixed |= (index, name) in ends or name in (IMAGE, KNOWN)


def _ending(traced: Traced) -> list[tuple[int, FloatGraph]]:
    """Graphs whose outputs have units that are known, and their numbers."""
    scales = len(traced.predict)
    return [(0, traced.extract), *((1 + scales + s, graph) for s, graph in enumerate(traced.classify))]


def _architecture(network: Published, traced: Traced, signals: _Signals) -> GraphArchitecture:
    """Graphs of integers, checked."""
    architecture, scales = network.architecture, len(traced.predict)
    graphs = [_Writer(g, graph, signals, architecture.latent_levels).graph() for g, graph in enumerate(traced.graphs())]
    try:
        return GraphArchitecture(
            scales=architecture.scales, latent_channels=architecture.latent_channels,
            latent_levels=architecture.latent_levels, components=architecture.components,
            halves=not network.learned, extract=graphs[0], predict=tuple(graphs[1 : 1 + scales]),
            classify=tuple(graphs[1 + scales :]),
        )  # fmt: skip
    except InputError as error:
        raise ModelError(f"{architecture.kind}: {error}") from error


class _Writer:
    """Writes a graph of integers."""

    def __init__(self, g: int, graph: FloatGraph, signals: _Signals, levels: int) -> None:
        self.g, self.values, self.signals, self.levels = g, graph, signals, levels
        self.nodes: list[Node] = []
        self.narrowed: dict[str, str] = {}

    def graph(self) -> Graph:
        for value in self.values.values.values():
            if value.kind != KIND_INPUT:
                self.nodes.append(self._node(value))
        return Graph(tuple(self.nodes), tuple(self.values.outputs))

    def _node(self, value: Value) -> Node:
        family = self.signals.family((self.g, value.name))
        match value.kind:
            case "convolution":
                return self._layer(value, family)
            case "relu":
                return Node(value.name, "clip", value.inputs, low=0, high=WIDE_MAX)
            case "leak":
                factor, shift = leak_of(value.slope)
                return Node(value.name, "leak", value.inputs, factor=factor, shift=shift)
        return Node(value.name, value.kind, value.inputs)

    def _layer(self, value: Value, family: _Family) -> Node:
        assert value.weight is not None
        low, high = self._range(value, family)
        sizes = {"outputs": len(value.weight), "kernel": value.weight.shape[2], "stride": value.stride}
        source = value.inputs[0] if value.exact else self._narrow(value.inputs[0])
        return Node(value.name, "layer", (source,), **sizes, dilation=value.dilation, low=low, high=high)

    def _range(self, value: Value, family: _Family) -> tuple[int, int]:
        if family.fixed:
            return (0, self.levels - 1) if self.g == 0 else (-PARAMETER_MAX, PARAMETER_MAX)
        most = WIDE_MAX if family.wide else family.most
        return (0 if value.relu else -most), most

    def _narrow(self, name: str) -> str:
        """What a layer reads of a value."""
        if not self.signals.family((self.g, name)).wide:
            return name
        if name not in self.narrowed:
            self.narrowed[name] = f"{name}:narrow" if name not in INPUTS else f"graph{self.g}.{name}:narrow"
            self.nodes.append(Node(self.narrowed[name], "narrow", (name,)))
        return self.narrowed[name]


def leak_of(slope: float) -> tuple[int, int]:
    """(factor, shift): the nearest factor of at most 8 bits over 2^shift."""
    for shift in range(LEAK_SHIFT_MAX, 0, -1):
        factor = round(slope * 2**shift)
        if factor < 1 << LEAK_BITS:
            return factor, shift
    raise ModelError(f"a leaky ReLU of slope {slope} is none")


def _weights(traced: Traced) -> Weights:
    weights = {}
    for graph in traced.graphs():
        for value in graph.values.values():
            if value.kind == KIND_CONVOLUTION:
                assert value.weight is not None
                assert value.bias is not None
                weights[value.name] = value.weight, value.bias
    return weights


class _FloatBackend:
    """The float network under the operations of graphs. Arrays float32 [1, C, H, W]."""

    def __init__(self, a: GraphArchitecture, weights: Weights) -> None:
        self._levels = a.latent_levels
        self._symbols = set(a.extract.outputs)
        self._layers = {layer.name: layer for layer in a.layers()}
        self._weights = {n: (torch.tensor(w).float(), torch.tensor(b).float()) for n, (w, b) in weights.items()}

    def receive(self, signal: str, values: NDArray[np.int64]) -> Tensor:
        step = 1 / (self._levels - 1) if signal == "latent" else 1.0
        return torch.from_numpy(values * step).float()[None]

    def give(self, values: Tensor) -> NDArray[Any]:
        return values[0].numpy()

    def layer(self, name: str, x: Tensor) -> Tensor:
        layer, (weight, bias) = self._layers[name], self._weights[name]
        reach = layer.dilation * (weight.shape[2] // 2)
        y = functional.conv2d(x, weight, bias, layer.stride, reach, layer.dilation)
        if name in self._symbols:
            return ((y + 1) * (self._levels - 1) / 2 + 0.5).floor().clamp(0, self._levels - 1)
        return y.relu() if layer.low == 0 else y

    def narrow(self, signal: str, x: Tensor) -> Tensor:
        return x

    def add(self, x: Tensor, y: Tensor) -> Tensor:
        return x + y

    def join(self, parts: list[Tensor]) -> Tensor:
        return torch.cat(parts, 1)

    def shuffle(self, x: Tensor) -> Tensor:
        return functional.pixel_shuffle(x, 2)

    def clip(self, x: Tensor, low: int, high: int) -> Tensor:
        return x.relu()

    def leak(self, x: Tensor, factor: int, shift: int) -> Tensor:
        return torch.maximum(x, x * (factor * 2.0**-shift))


@dataclass
class _Watch:
    """The largest magnitude of every channel of every value."""

    largest: dict[str, Floats] = field(default_factory=dict)

    def __call__(self, name: str, x: Tensor) -> None:
        now = x.abs().amax((0, 2, 3)).double().numpy()
        self.largest[name] = np.maximum(self.largest.get(name, 0), now)


def _calibrate(
    network: Published, architecture: GraphArchitecture, traced: Traced, weights: Weights, pictures: Iterable[Pixels]
) -> dict[str, Floats]:
    """Largest magnitudes of all values on pictures, on the first of which the trace is compared with the network."""
    watch, count = _Watch(), 0
    program = Program(architecture, _FloatBackend(architecture, weights))
    assert isinstance(program.network, GraphNetwork)
    program.network.watch = watch
    with torch.inference_mode():
        for count, picture in enumerate(pictures, 1):
            padded = Padding.to_multiple(picture.shape[0], picture.shape[1], architecture.multiple()).add(picture)
            if count == 1:
                _compare(network, program, padded)
            all_parameters(program, padded)
    if not count:
        raise InputError("no pictures to calibrate with")
    return watch.largest


def _compare(network: Published, program: Program, picture: Pixels) -> None:
    """Raise ModelError where the traced graphs do not compute what the network does."""
    a = program.architecture
    scales: Scales = network(torch.from_numpy(picture.transpose(2, 0, 1).copy()).float()[None])
    wanted = [symbols[0].numpy() for symbols in scales.symbols[1:]]
    auxiliary = auxiliary_images(program, picture)
    context = None
    for scale in reversed(range(a.scales)):
        equal = float(np.mean(np.rint(auxiliary[scale]) == wanted[scale]))
        if equal < SYMBOL_SHARE:
            raise ModelError(f"{network.architecture.kind}: traced, it gives other symbols of scale {scale + 1}")
        context = program.context(scale, wanted[scale], context)
        parameters, ours = scales.params[scale][0].float().numpy(), program.parameters(scale, context)
        error = np.abs(parameters - ours).max() / max(1e-6, float(np.abs(parameters).max()))
        if not error < OUTPUT_ERROR:
            raise ModelError(
                f"{network.architecture.kind}: traced, it gives other parameters of scale {scale}, off by {error:.1e}: "
                "its code depends on sizes or values, or changes tensors in place"
            )


class _Grids:
    """The grid of every layer: what its inputs' and outputs' units stand for."""

    def __init__(self, a: GraphArchitecture, traced: Traced, signals: _Signals, seen: dict[str, Floats]) -> None:
        self.a, self.traced, self.signals = a, traced, signals
        self.layers = {layer.name: layer for layer in a.layers()}
        self.steps = self._first_steps(seen)
        self._ends = self._known_units()

    def all(self) -> Grids:
        """Raises ModelError where steps cannot be large enough."""
        convolutions = self._convolutions()
        for _ in range(ROUNDS):
            if not sum(self._enlarge(g, value) for g, value in convolutions):
                break
        return {value.name: (self.layers[value.name], self._grid(g, value)) for g, value in convolutions}

    def _convolutions(self) -> list[tuple[int, Value]]:
        return [
            (g, value)
            for g, graph in enumerate(self.traced.graphs())
            for value in graph.values.values()
            if value.kind == KIND_CONVOLUTION
        ]

    def _first_steps(self, seen: dict[str, Floats]) -> Floats:
        """Steps of narrowed signals, from the largest magnitudes of all values that have them."""
        steps = np.zeros(1 + max((max(numbers, default=0) for numbers in self.signals.steps.values()), default=0))
        for index, graph in enumerate(self.traced.graphs()):
            for name, value in graph.values.items():
                if value.kind == KIND_INPUT:
                    continue
                family, largest = self.signals.family((index, name)), seen[name]
                floor = np.maximum(largest, largest.max() / QUIET + 1e-12)
                most = NARROW_MAX if family.wide else family.most
                np.maximum.at(steps, self.signals.step_numbers((index, name)), HEADROOM * floor / most)
        return steps

    def _known_units(self) -> dict[str, tuple[Floats, Floats]]:
        """Units and offsets of layers whose values come out."""
        architecture, known = self.a, {}
        for name in self.traced.extract.outputs:
            levels = architecture.latent_levels - 1
            known[name] = (
                np.full(architecture.latent_channels, 2 / levels),
                np.full(architecture.latent_channels, levels / 2),
            )
        for scale, graph in enumerate(self.traced.classify):
            value = graph.values[graph.outputs[0]]
            units, offsets = parameter_units(architecture, scale, value.channels)
            known[value.name] = units, offsets
            begin = 0
            for part in value.inputs if value.kind == KIND_JOIN else ():
                end = begin + graph.values[part].channels
                known[part] = units[begin:end], offsets[begin:end]
                begin = end
        return known

    def _source_units(self, index: int, value: Value) -> Floats:
        """What one unit of each channel that a layer reads stands for."""
        name = value.inputs[0]
        if name == IMAGE:
            return np.ones(RGB_CHANNELS)
        if name == KNOWN:
            a = self.a
            return np.full(a.latent_channels, 1 / (a.latent_levels - 1)) if a.learned else np.ones(RGB_CHANNELS)
        wide = self.signals.family((index, name)).wide and value.exact
        steps: Floats = self.steps[self.signals.step_numbers((index, name))]
        return steps / (1 << NARROW_BITS) if wide else steps

    def _grid(self, g: int, value: Value) -> Grid:
        unit, offset = self._ends.get(value.name, (None, None))
        if unit is None or offset is None:
            unit, offset = self._target_units(g, value), np.zeros(value.channels)
        factor = (self._source_units(g, value) / unit[:, None])[:, :, None, None]
        return Grid(factor, unit, offset, self._most(value))

    def _target_units(self, g: int, value: Value) -> Floats:
        owner = (g, value.name)
        steps: Floats = self.steps[self.signals.step_numbers(owner)]
        return steps / (1 << NARROW_BITS) if self.signals.family(owner).wide else steps

    def _most(self, value: Value) -> int:
        """Greatest magnitude of a weight: 16 bits where weights are few, or much hangs on them."""
        assert value.weight is not None
        few = value.exact or value.weight.shape[1] <= THIN or value.name in self._ends
        return LARGE_WEIGHT if few else SMALL_WEIGHT

    def _enlarge(self, index: int, value: Value) -> bool:
        """Make the steps of a layer's outputs large enough for its weights and sums; whether any was not."""
        if value.name in self._ends:
            return False
        assert value.weight is not None
        assert value.bias is not None
        family, layer = self.signals.family((index, value.name)), self.layers[value.name]
        least = _least_units(layer, value.weight, value.bias, self._source_units(index, value), self._most(value))
        least = least * 2.0 ** (NARROW_BITS if family.wide else SHIFT_MIN)
        if not least.max() < STEP_MAX:
            raise ModelError(
                f"{value.name}: its weights are too large, or feed on themselves: no step has room for them"
            )
        numbers = self.signals.step_numbers((index, value.name))
        small = bool((self.steps[numbers] < least).any())
        np.maximum.at(self.steps, numbers, least)
        return small


def _least_units(layer: Layer, weight: Floats, bias: Floats, source: Floats, most: int) -> Floats:
    """Smallest units of a layer's outputs that leave room for weights and sums at a shift of 0."""
    weights = np.abs(weight * source[None, :, None, None])
    sums = weights.sum((1, 2, 3)) * layer.read_max + np.abs(bias)
    least: Floats = np.maximum(weights.max((1, 2, 3)) / most, 1.1 * sums / SUM_MAX)
    return least
