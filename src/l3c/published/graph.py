"""Integer networks that are given as graphs: how a model's file describes a network of its author's own design.

A graph is data, not code: a list of seven operations, of which each names its inputs. It is checked before anything is
computed, whoever wrote it: every signal's channels, resolution and range follow from the operations, so that sums are
known to be exact and memory is known to be bounded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import Any

from l3c.errors import InputError
from l3c.models.stated import from_stated
from l3c.published.architecture import RGB_CHANNELS, RGB_LEVELS, Architecture
from l3c.published.operations import (
    NARROW_MAX,
    PARAMETER_MAX,
    SUM_MAX,
    WIDE_MAX,
    Layer,
    Operations,
)

KIND = "graph"  # of an architecture that is given as a graph
IMAGE = "image"
"""Name of an input: of the extractor."""

KNOWN = "known"
"""Name of an input of predictors: symbols of the next coarser scale, as `known_values` has them."""

COARSER = "coarser"
"""Name of an input of predictors: the context of that scale."""

CONTEXT = "context"
"""Name of the input of classifiers."""

INPUTS = (IMAGE, KNOWN, COARSER, CONTEXT)  # names that no operation may have
NODES_MAX = 4096  # of a graph: bounds the time of checking it, and is far above any network here
CHANNELS_MAX = 4096  # of a signal: the same
KERNEL_MAX = 15  # side of a kernel (7.7.1): bounds what a layer takes
DILATION_MAX = 64  # of a kernel (7.7.1): 14 * 64 is as far as a large tile
STRIDES = (1, 2)  # each scale has half the side of the one before
LIVE_MAX = 2048
"""Channels for each pixel of a tile that are alive at a time: 2 GB for a tile of 512 x 512."""

LEAK_FACTOR_MAX = 255
"""With it, twice a factor times a signal, 2 * 255 * 32,767, stays below SUM_MAX, 2^24."""

LEAK_SHIFT_MAX = 16
"""Of slopes below 2^-16 nothing is left of a signal of 16 bits."""

NAME_MAX = 200  # characters, in files and messages


@dataclass(frozen=True)
class Node:
    """One operation. name: of its value, and of a layer's tensors.

    operation: layer, narrow, add, join, shuffle, clip or leak. outputs, kernel, stride, dilation: of a layer.
    low, high: range of a layer or clip. factor, shift: of a leak.
    """

    name: str
    operation: str
    inputs: tuple[str, ...]
    outputs: int = 0
    kernel: int = 1
    stride: int = 1
    dilation: int = 1
    low: int = 0
    high: int = 0
    factor: int = 0
    shift: int = 0

    def stated(self) -> list[Any]:
        """As files hold it: numbers that are their defaults are left out."""
        numbers = {f.name: getattr(self, f.name) for f in _numbers() if getattr(self, f.name) != f.default}
        return [self.name, self.operation, list(self.inputs), numbers]

    @classmethod
    def parse(cls, stated: Any) -> Node:
        """From its form in JSON. Raises InputError where that is no operation."""
        match stated:
            case [str(name), str(operation), list(inputs), dict(numbers)] if (
                all(isinstance(text, str) for text in inputs)
                and numbers.keys() <= {f.name for f in _numbers()}
                and all(type(number) is int for number in numbers.values())
            ):
                return cls(name, operation, tuple(inputs), **numbers)
        raise InputError(f"not an operation of a graph: {str(stated)[:NAME_MAX]}")


def _numbers() -> Iterator[Any]:
    return (f for f in fields(Node) if f.name not in ("name", "operation", "inputs"))


@dataclass(frozen=True)
class Graph:
    """Operations in the order in which they are computed, and which values come out."""

    nodes: tuple[Node, ...]
    outputs: tuple[str, ...]

    def stated(self) -> list[Any]:
        return [[node.stated() for node in self.nodes], list(self.outputs)]

    @classmethod
    def parse(cls, stated: Any) -> Graph:
        """From its form in JSON. Raises InputError where that is no graph, or has more than NODES_MAX operations."""
        match stated:
            case [list(nodes), list(outputs)] if all(isinstance(text, str) for text in outputs):
                if len(nodes) > NODES_MAX:
                    raise InputError(f"a graph of {len(nodes)} operations; at most {NODES_MAX}")
                return cls(tuple(Node.parse(node) for node in nodes), tuple(outputs))
        raise InputError("graphs: a list of operations and a list of outputs expected")

    @cached_property
    def done_with(self) -> list[list[str]]:
        """Names of values that are not read after each operation."""
        last = {name: i for i, node in enumerate(self.nodes) for name in (*node.inputs, node.name)}
        done: list[list[str]] = [[] for _ in self.nodes]
        for name, i in last.items():
            if name not in self.outputs:
                done[i].append(name)
        return done


@dataclass(frozen=True)
class Signal:
    """What is known of a value. level: the image's height and width over 2^level. low, high: least and greatest."""

    channels: int
    level: int
    low: int
    high: int

    @property
    def reach(self) -> int:
        """Greatest magnitude."""
        return max(-self.low, self.high)

    @property
    def share(self) -> float:
        """Numbers for each pixel of the image."""
        return float(self.channels / 4**self.level)


@dataclass(frozen=True)
class GraphArchitecture(Architecture):
    """A network that its graphs describe. Raises InputError for graphs that are not sound.

    halves: auxiliary images are half-size images, else learned. extract: outputs the symbols of all scales, finest
    first; no operations where halves. predict, classify: for each scale, to one context, and to mixture parameters.
    """

    kind: str = KIND
    halves: bool = False
    extract: Graph = Graph((), ())
    predict: tuple[Graph, ...] = ()
    classify: tuple[Graph, ...] = ()
    signals: tuple[dict[str, Signal], ...] = field(init=False, repr=False, compare=False)
    """Of every value, for each of `graphs()`."""

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "signals", _Check(self).all())

    def _check_kind(self) -> None:
        if self.kind != KIND:
            raise InputError(f"kind {self.kind!r} is not {KIND}")

    @property
    def learned(self) -> bool:
        return not self.halves

    def context_channels(self, scale: int) -> int:
        return self.signals[1 + scale][self.predict[scale].outputs[0]].channels

    def graphs(self) -> list[Graph]:
        """All of them."""
        return [self.extract, *self.predict, *self.classify]

    @property
    def live(self) -> float:
        """The most numbers for each pixel of the image that are alive at a time."""
        most = 0.0
        for graph, signals in zip(self.graphs(), self.signals, strict=True):
            live = set(signals) - {node.name for node in graph.nodes}
            for node, done in zip(graph.nodes, graph.done_with, strict=True):
                live.add(node.name)
                most = max(most, sum(signals[name].share for name in live))
                live -= set(done)
        return most

    def layers(self) -> Iterator[Layer]:
        """All layers, in the order of the graphs."""
        for graph, signals in zip(self.graphs(), self.signals, strict=True):
            for node in graph.nodes:
                if node.operation == "layer":
                    source = signals[node.inputs[0]]
                    shape = (node.outputs, source.channels, node.kernel, node.kernel)
                    ranges = (source.reach, node.low, node.high)
                    yield Layer(node.name, node.inputs[0], node.name, *ranges, shape, node.stride, node.dilation)

    def stated(self) -> dict[str, Any]:
        names = ("kind", "scales", "latent_channels", "latent_levels", "components", "halves")
        graphs = {
            "extract": self.extract.stated(),
            "predict": [graph.stated() for graph in self.predict],
            "classify": [graph.stated() for graph in self.classify],
        }
        return {name: getattr(self, name) for name in names} | graphs

    @classmethod
    def parse(cls, stated: Mapping[str, Any]) -> GraphArchitecture:
        """What `stated` gave. Raises InputError for anything else."""
        kinds = {"kind": str, "scales": int, "latent_channels": int, "latent_levels": int, "components": int}
        kinds |= {"halves": bool, "extract": list, "predict": list, "classify": list}
        for name in stated.keys() | kinds.keys():
            if name not in kinds or type(stated.get(name)) is not kinds[name]:
                raise InputError(f"architecture: {name}: not what a graph's file has there")
        graphs = {name: tuple(Graph.parse(graph) for graph in stated[name]) for name in ("predict", "classify")}
        return cls(**{**stated, "extract": Graph.parse(stated["extract"]), **graphs})


def parse_architecture(stated: Mapping[str, Any]) -> Architecture:
    """What a file says of its network. Raises ValueError, InputError among them."""
    if isinstance(stated, Mapping) and stated.get("kind") == KIND:
        return GraphArchitecture.parse(stated)
    return from_stated(Architecture, stated, "architecture")


class _Check:
    """Follows signals through all graphs of an architecture."""

    def __init__(self, a: GraphArchitecture) -> None:
        self.a = a
        self._names: set[str] = set()

    def all(self) -> tuple[dict[str, Signal], ...]:
        """Signals of each graph. Raises InputError naming what is wrong."""
        architecture = self.a
        if len(architecture.predict) != architecture.scales or len(architecture.classify) != architecture.scales:
            raise InputError(
                f"graphs for {len(architecture.predict)} and {len(architecture.classify)} scales; "
                f"there are {architecture.scales}"
            )
        if sum(len(graph.nodes) for graph in architecture.graphs()) > NODES_MAX:
            raise InputError(f"graphs of more than {NODES_MAX} operations")
        extraction = self._extraction()
        predictions: list[dict[str, Signal]] = []
        classifications: list[dict[str, Signal]] = []
        context: Signal | None = None
        for scale in reversed(range(architecture.scales)):
            known = {KNOWN: self._known(scale + 1)} | ({COARSER: context} if context else {})
            signals = self._follow(architecture.predict[scale], known, 1)
            context = signals[architecture.predict[scale].outputs[0]]
            predictions.insert(0, signals)
            parameters = self._follow(architecture.classify[scale], {CONTEXT: context}, 1)
            self._check_parameters(scale, parameters[architecture.classify[scale].outputs[0]])
            classifications.insert(0, parameters)
        return extraction, *predictions, *classifications

    def _extraction(self) -> dict[str, Signal]:
        architecture = self.a
        if architecture.halves:
            if architecture.extract.nodes or architecture.extract.outputs:
                raise InputError("half-size images are not extracted by a graph")
            return {}
        signals = self._follow(
            architecture.extract, {IMAGE: Signal(RGB_CHANNELS, 0, 0, RGB_LEVELS - 1)}, architecture.scales
        )
        for scale, name in enumerate(architecture.extract.outputs, 1):
            signal = signals[name]
            if signal.channels != architecture.latent_channels or signal.level != scale:
                raise InputError(f"{name}: {signal} cannot be the symbols of scale {scale}")
            if signal.low < 0 or signal.high >= architecture.latent_levels:
                raise InputError(
                    f"{name}: symbols {signal.low} .. {signal.high} of {architecture.latent_levels} levels"
                )
        return signals

    def _known(self, scale: int) -> Signal:
        a = self.a
        if a.halves:
            return Signal(RGB_CHANNELS, scale, 0, RGB_LEVELS - 1)
        return Signal(a.latent_channels, scale, 1 - a.latent_levels, a.latent_levels - 1)

    def _check_parameters(self, scale: int, signal: Signal) -> None:
        a = self.a
        latent = scale > 0 and not a.halves
        wanted = (3 * a.latent_channels if latent else 4 * RGB_CHANNELS) * a.components
        if (signal.channels, signal.level) != (wanted, scale) or signal.reach > PARAMETER_MAX:
            raise InputError(f"{signal} cannot be the {wanted} mixture parameters of scale {scale}")

    def _follow(self, graph: Graph, inputs: Mapping[str, Signal], outputs: int) -> dict[str, Signal]:
        """Signals of all values of a graph."""
        if len(graph.outputs) != outputs:
            raise InputError(f"a graph with {len(graph.outputs)} outputs, not {outputs}")
        signals, live = dict(inputs), set(inputs)
        for node, done in zip(graph.nodes, graph.done_with, strict=True):
            if node.name in INPUTS or node.name in self._names or not 0 < len(node.name) <= NAME_MAX:
                raise InputError(f"a name that graphs cannot have there: {node.name[:NAME_MAX]!r}")
            self._names.add(node.name)
            missing = [name for name in node.inputs if name not in signals]
            if missing:
                raise InputError(f"{node.name}: reads {missing[0][:NAME_MAX]!r}, which is not computed before it")
            signals[node.name] = signal = self._signal(node, [signals[name] for name in node.inputs])
            if not 0 <= signal.level <= self.a.scales or not 0 < signal.channels <= CHANNELS_MAX:
                raise InputError(f"{node.name}: {signal} is too large or too small")
            live.add(node.name)
            if sum(signals[name].share for name in live) > LIVE_MAX:
                raise InputError(f"{node.name}: more than {LIVE_MAX} numbers for each pixel at a time")
            live -= set(done)
        missing = [name for name in graph.outputs if name not in signals]
        if missing:
            raise InputError(f"{missing[0][:NAME_MAX]!r} is to come out, but is not computed")
        return signals

    def _signal(self, node: Node, inputs: Sequence[Signal]) -> Signal:
        check = {
            "layer": self._layer,
            "narrow": self._narrow,
            "add": self._add,
            "join": self._join,
            "shuffle": self._shuffle,
            "clip": self._clip,
            "leak": self._leak,
        }.get(node.operation)
        arity = {"add": 2, "join": len(inputs)}.get(node.operation, 1)
        if check is None or not inputs or len(inputs) != arity:
            raise InputError(f"{node.name}: no operation {node.operation[:NAME_MAX]!r} of {len(inputs)} inputs")
        return check(node, inputs)

    def _layer(self, node: Node, inputs: Sequence[Signal]) -> Signal:
        (x,) = inputs
        sound = node.outputs > 0 and node.kernel % 2 == 1 and 0 < node.kernel <= KERNEL_MAX
        if not (sound and node.stride in STRIDES and 0 < node.dilation <= DILATION_MAX):
            raise InputError(f"{node.name}: not a layer: {node.stated()}")
        return Signal(node.outputs, x.level + node.stride - 1, *self._range(node))

    def _range(self, node: Node) -> tuple[int, int]:
        if not -PARAMETER_MAX <= node.low < node.high <= PARAMETER_MAX:
            raise InputError(f"{node.name}: not a range: {node.low} .. {node.high}")
        return node.low, node.high

    def _narrow(self, node: Node, inputs: Sequence[Signal]) -> Signal:
        (x,) = inputs
        return Signal(x.channels, x.level, -NARROW_MAX if x.low < 0 else 0, NARROW_MAX)

    def _add(self, node: Node, inputs: Sequence[Signal]) -> Signal:
        x, y = inputs
        if (x.channels, x.level) != (y.channels, y.level):
            raise InputError(f"{node.name}: adds {x} to {y}")
        low, high = (max(-WIDE_MAX, min(WIDE_MAX, total)) for total in (x.low + y.low, x.high + y.high))
        return Signal(x.channels, x.level, low, high)

    def _join(self, node: Node, inputs: Sequence[Signal]) -> Signal:
        if len({x.level for x in inputs}) != 1:
            raise InputError(f"{node.name}: joins images of several sizes")
        low, high = min(x.low for x in inputs), max(x.high for x in inputs)
        return Signal(sum(x.channels for x in inputs), inputs[0].level, low, high)

    def _shuffle(self, node: Node, inputs: Sequence[Signal]) -> Signal:
        (x,) = inputs
        if x.channels % 4:
            raise InputError(f"{node.name}: {x.channels} channels cannot be shuffled into space")
        return Signal(x.channels // 4, x.level - 1, x.low, x.high)

    def _clip(self, node: Node, inputs: Sequence[Signal]) -> Signal:
        (x,), (low, high) = inputs, self._range(node)
        if low > x.high or high < x.low:
            raise InputError(f"{node.name}: nothing is left of {x}")
        return Signal(x.channels, x.level, max(x.low, low), min(x.high, high))

    def _leak(self, node: Node, inputs: Sequence[Signal]) -> Signal:
        (x,) = inputs
        sound = 0 <= node.factor <= LEAK_FACTOR_MAX and 0 < node.shift <= LEAK_SHIFT_MAX
        if not sound or node.factor >= 1 << node.shift or 2 * x.reach * max(node.factor, 1) >= SUM_MAX:
            raise InputError(f"{node.name}: cannot be computed exactly: {node.stated()} of {x}")
        return Signal(x.channels, x.level, min(x.low, 0), x.high)


Watch = Callable[[str, Any], None]


class GraphNetwork:
    """The network of graphs over any operations. watch: called with every value, by its name."""

    def __init__(self, architecture: GraphArchitecture, operations: Operations, watch: Watch | None = None) -> None:
        self.architecture, self.operations, self.watch = architecture, operations, watch

    def extract(self, image: Any) -> list[Any]:
        """Symbols of all scales."""
        return self._run(self.architecture.extract, {IMAGE: image})

    def predict(self, scale: int, known: Any, coarser: Any) -> Any:
        """Context from `known_values`."""
        inputs = {KNOWN: known} | ({COARSER: coarser} if coarser is not None else {})
        return self._run(self.architecture.predict[scale], inputs)[0]

    def classify(self, scale: int, context: Any) -> Any:
        """Mixture parameters."""
        return self._run(self.architecture.classify[scale], {CONTEXT: context})[0]

    def _run(self, graph: Graph, inputs: dict[str, Any]) -> list[Any]:
        values = dict(inputs)
        for node, done in zip(graph.nodes, graph.done_with, strict=True):
            values[node.name] = self._compute(node, [values[name] for name in node.inputs])
            if self.watch:
                self.watch(node.name, values[node.name])
            for name in done:
                del values[name]
        return [values[name] for name in graph.outputs]

    def _compute(self, node: Node, inputs: list[Any]) -> Any:
        operations = self.operations
        match node.operation:
            case "layer":
                return operations.layer(node.name, inputs[0])
            case "narrow":
                return operations.narrow(node.inputs[0], inputs[0])
            case "add":
                return operations.add(inputs[0], inputs[1])
            case "join":
                return operations.join(inputs)
            case "shuffle":
                return operations.shuffle(inputs[0])
            case "clip":
                return operations.clip(inputs[0], node.low, node.high)
            case _:
                return operations.leak(inputs[0], node.factor, node.shift)
