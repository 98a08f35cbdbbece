"""What a network of one's own computes, as a list of float operations: traced with torch.fx.

Tracing runs the network's Python code once, with symbols in the place of tensors. Every operation on the way from the
inputs to symbols, contexts and mixture parameters is either one of those below or an error that names it.
"""

from __future__ import annotations

import contextlib
import math
import operator
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from unittest.mock import patch

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, fx, nn
from torch.nn import functional

from l3c.errors import ModelError
from l3c.published.architecture import RGB_CHANNELS, Architecture
from l3c.published.graph import COARSER, CONTEXT, IMAGE, KNOWN
from l3c.published.modules import Quantizer
from l3c.published.network import Published

Floats = NDArray[np.float64]

# in messages
TAKEN = (
    "convolutions, batch normalization, ReLU, leaky ReLU, PixelShuffle(2), sums and differences, concatenation along "
    "channels, and scaling and shifting by constants"
)
SAME = (nn.Identity, nn.Dropout, nn.Dropout2d)  # modules that do nothing when a network is not trained
SAME_METHODS = ("float", "contiguous", "clone", "detach", "to")  # methods of tensors that change no value here
KIND_INPUT = "input"  # kinds of values: what a graph is given
KIND_CONVOLUTION = "convolution"  # and all that is linear: normalization, scaling, shifting
KIND_RELU = "relu"  # one that no convolution took over
KIND_LEAK = "leak"  # a leaky ReLU
KIND_ADD = "add"  # of two values
KIND_JOIN = "join"  # along channels
KIND_SHUFFLE = "shuffle"  # channels to space


@dataclass(frozen=True)
class Value:
    """One value, and the operation that gives it. name: of the module, where it is one's, or made of the graph's.

    weight [outputs, inputs, k, k], bias [outputs], stride, dilation, relu (whether ReLU follows): of a convolution.
    slope: of a leaky ReLU. exact: a convolution that scales each channel alone.
    """

    name: str
    kind: str
    inputs: tuple[str, ...]
    channels: int
    weight: Floats | None = None
    bias: Floats | None = None
    stride: int = 1
    dilation: int = 1
    relu: bool = False
    slope: float = 0.0
    exact: bool = False


@dataclass
class FloatGraph:
    """Values in the order in which they are computed, by name, and the names of those that come out."""

    values: dict[str, Value] = field(default_factory=dict)
    outputs: list[str] = field(default_factory=list)

    def readers(self, name: str) -> list[Value]:
        return [value for value in self.values.values() if name in value.inputs]

    def in_between(self, name: str, new: Value, readers: Sequence[str] | None = None) -> None:
        """Put a new value behind another one, for these readers of it (None: for the outputs)."""
        rebuilt: dict[str, Value] = {}
        for key, value in self.values.items():
            if readers and key in readers:
                value = replace(value, inputs=tuple(new.name if i == name else i for i in value.inputs))
            rebuilt[key] = value
            if key == name:
                rebuilt[new.name] = new
        self.values = rebuilt
        if readers is None:
            self.outputs = [new.name if output == name else output for output in self.outputs]


@dataclass
class Traced:
    """A network taken apart. predict, classify: for each scale."""

    extract: FloatGraph
    predict: list[FloatGraph]
    classify: list[FloatGraph]

    def graphs(self) -> list[FloatGraph]:
        return [self.extract, *self.predict, *self.classify]


def scaled_copy(name: str, source: Value, scale: Floats | None = None, offset: Floats | None = None) -> Value:
    """A 1x1 convolution that gives scale * x + offset of each channel."""
    count = source.channels
    scale = np.ones(count) if scale is None else scale
    offset = np.zeros(count) if offset is None else offset
    weight = np.diag(scale)[:, :, None, None]
    return Value(name, KIND_CONVOLUTION, (source.name,), count, weight, offset, exact=True)


class _Extraction(nn.Module):
    def __init__(self, network: Published) -> None:
        super().__init__()
        self.network = network

    def forward(self, image: Tensor) -> list[Tensor]:
        return self.network.analyse(image).symbols[1:]


class _Prediction(nn.Module):
    def __init__(self, network: Published, scale: int, coarsest: bool) -> None:
        super().__init__()
        self.network, self.scale, self.coarsest = network, scale, coarsest

    def forward(self, known: Tensor, coarser: Tensor) -> Tensor:
        return self.network.context(self.scale, known, None if self.coarsest else coarser)


class _Classification(nn.Module):
    def __init__(self, network: Published, scale: int) -> None:
        super().__init__()
        self.network, self.scale = network, scale

    def forward(self, context: Tensor) -> Tensor:
        return self.network.classify(self.scale, context)


class _Tracer(fx.Tracer):
    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:
        return isinstance(m, Quantizer) or super().is_leaf_module(m, module_qualified_name)


def trace(network: Published) -> Traced:
    """Take a network apart; it is in evaluation mode, on the processor, and is not changed.

    Raises ModelError naming operations that have no exact integer form, code that depends on values or sizes, and
    tensors of the network that nothing reads.
    """
    architecture = network.architecture
    network = network.eval()
    names, read = _Names(), set[str]()
    extract = FloatGraph()
    if network.learned:
        inputs = {IMAGE: RGB_CHANNELS}
        extract = _Reader(_Extraction(network), inputs, names, read, f"{_name(network)}.analyse").graph
        if len(extract.outputs) != architecture.scales:
            raise ModelError(
                f"{_name(network)}.analyse gives {len(extract.outputs)} auxiliary images, not {architecture.scales}"
            )
    known = architecture.latent_channels if network.learned else RGB_CHANNELS
    predict: list[FloatGraph] = []
    classify: list[FloatGraph] = []
    channels = 0
    for scale in reversed(range(architecture.scales)):
        coarsest = scale == architecture.scales - 1
        prediction = _Prediction(network, scale, coarsest)
        inputs = {KNOWN: known, COARSER: channels}
        predict.insert(0, _Reader(prediction, inputs, names, read, f"{_name(network)}.context").graph)
        channels = predict[0].values[predict[0].outputs[0]].channels
        classification = _Classification(network, scale)
        place = f"{_name(network)}.classify"
        classify.insert(0, _Reader(classification, {CONTEXT: channels}, names, read, place).graph)
    _check_read(network, architecture, read)
    return Traced(extract, predict, classify)


def _name(network: nn.Module) -> str:
    return type(network).__name__


def _check_read(network: nn.Module, architecture: Architecture, read: set[str]) -> None:
    """Every tensor has to have had its part."""
    levels = {id(module.levels) for module in network.modules() if isinstance(module, Quantizer)}
    tensors = [*network.named_parameters(remove_duplicate=False), *network.named_buffers(remove_duplicate=False)]
    seen = {id(tensor) for name, tensor in tensors if name in read} | levels
    lost = [name for name, tensor in tensors if id(tensor) not in seen and not name.endswith("num_batches_tracked")]
    if lost:
        raise ModelError(
            f"{architecture.kind}: nothing that gives symbols, contexts or mixture parameters reads {', '.join(lost)}: "
            "export would lose them; remove them from the network, or use them"
        )


class _Names:
    """Names of values, each given once."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def new(self, wanted: str) -> str:
        name, count = wanted, 1
        while name in self._taken:
            count += 1
            name = f"{wanted}@{count}"
        self._taken.add(name)
        return name


@contextlib.contextmanager
def _traceable() -> Iterator[None]:
    """While symbols are in the place of tensors, their device is none that autocast could know."""

    @contextlib.contextmanager
    def nothing(*_: Any, **__: Any) -> Iterator[None]:
        yield

    with patch.object(torch, "autocast", nothing), patch.object(torch.amp, "autocast", nothing):
        yield


class _Reader:
    """Turns one traced function into a FloatGraph."""

    def __init__(self, root: nn.Module, inputs: dict[str, int], names: _Names, read: set[str], place: str) -> None:
        self.root, self.names, self.read, self.place = root, names, read, place
        self.graph = FloatGraph()
        self.inputs = inputs
        try:
            with _traceable(), torch.no_grad():
                traced = _Tracer().trace(root)
        except Exception as error:  # whatever the network's own code raises
            reason = (str(error).splitlines() or [""])[0]
            raise ModelError(f"{place}: cannot be traced: {type(error).__name__}: {reason}") from error
        self.known: dict[fx.Node, Value] = {}
        self.constants: dict[fx.Node, Any] = {}
        wanted = _reached(traced)
        for node in traced.nodes:
            if node.op == "output":
                self._finish(node.args[0])
            elif node in wanted:
                self._take(node)
        merge(self.graph)

    def _finish(self, outputs: Any) -> None:
        for node in outputs if isinstance(outputs, (list, tuple)) else [outputs]:
            if not isinstance(node, fx.Node) or node not in self.known:
                raise ModelError(f"{self.place}: gives something that is not computed from its inputs")
            self.graph.outputs.append(self.known[node].name)

    # ------------------------------------------------------------------ one operation

    def _take(self, node: fx.Node) -> None:
        if node.op == "placeholder":
            name = str(node.target)
            self._add(node, Value(name, KIND_INPUT, (), self.inputs[name]))
        elif node.op == "get_attr":
            self.constants[node] = self._attribute(str(node.target))
        elif node.op != "call_module" and all(source in self.constants for source in node.all_input_nodes):
            self.constants[node] = self._fold(node)
        elif node.op == "call_module":
            self._module(node, self.root.get_submodule(str(node.target)))
        elif node.op in ("call_function", "call_method"):
            self._function(node)

    def _add(self, node: fx.Node, value: Value) -> None:
        self.graph.values[value.name] = value
        self.known[node] = value

    def _refuse(self, node: fx.Node, what: str) -> ModelError:
        return ModelError(f"{self._where(node)}: {what} has no exact integer form here; there are {TAKEN}")

    def _where(self, node: fx.Node) -> str:
        """The module whose code an operation stands in, or the function that was traced."""
        if node.op == "call_module":
            return str(node.target).removeprefix("network.")
        stack = list((node.meta.get("nn_module_stack") or {}).values())
        path = str(stack[-1][0] if isinstance(stack[-1], tuple) else stack[-1]) if stack else ""
        return path.removeprefix("network").removeprefix(".") or self.place

    def _value(self, node: fx.Node, argument: Any) -> Value:
        if isinstance(argument, fx.Node) and argument in self.known:
            return self.known[argument]
        raise self._refuse(node, f"{_called(node)} of {argument}")

    def _module(self, node: fx.Node, module: nn.Module) -> None:
        path = str(node.target).removeprefix("network.")
        x = self._value(node, node.args[0] if len(node.args) == 1 and not node.kwargs else None)
        for name, _ in [*module.named_parameters(), *module.named_buffers()]:
            self.read.add(f"{path}.{name}")
        if isinstance(module, SAME):
            self.known[node] = x
        elif type(module) is nn.Conv2d:
            self._convolution(node, path, x, module)
        elif type(module) is nn.BatchNorm2d:
            self._normalization(node, path, x, module)
        elif type(module) is nn.ReLU:
            self._relu(node, x)
        elif type(module) is nn.LeakyReLU:
            self._leak(node, x, module.negative_slope)
        elif type(module) is nn.PixelShuffle:
            self._shuffle(node, x, module.upscale_factor)
        elif isinstance(module, Quantizer):
            self._quantizer(node, path, x, module)
        else:
            raise self._refuse(node, f"{type(module).__name__}")

    def _quantizer(self, node: fx.Node, path: str, x: Value, module: Quantizer) -> None:
        from l3c.published.export import check_levels

        check_levels(f"{path}.levels", module.levels.detach(), len(module.levels))
        self.known[node] = x

    def _convolution(self, node: fx.Node, path: str, x: Value, module: nn.Conv2d) -> None:
        if module.padding_mode != "zeros":
            raise self._refuse(node, f"padding {module.padding_mode}")
        bias = module.bias if module.bias is not None else torch.zeros(module.out_channels)
        sizes = module.stride, module.padding, module.dilation, module.groups
        self._convolve(node, path, x, module.weight, bias, *sizes)

    def _convolve(
        self,
        node: fx.Node,
        path: str,
        x: Value,
        weight: Tensor,
        bias: Tensor,
        stride: Any,
        padding: Any,
        dilation: Any,
        groups: int,
    ) -> None:
        kernel = weight.shape[2]
        stride, dilation = _single(stride), _single(dilation)
        reach = dilation * (kernel // 2) if dilation else None
        same = padding == "same" or _single(padding) == reach
        if weight.ndim != 4 or kernel % 2 == 0 or kernel != weight.shape[3] or stride not in (1, 2) or not same:
            raise self._refuse(
                node, f"a convolution of kernel {list(weight.shape[2:])}, stride {stride}, padding {padding} (it takes "
                "odd squares, stride 1 or 2, and zeros around that keep the size)"
            )  # fmt: skip
        whole = _ungrouped(weight.detach().cpu().double().numpy(), groups)
        if whole.shape[1] != x.channels:
            raise ModelError(f"{path}: reads {whole.shape[1]} channels, but gets {x.channels}")
        offsets = bias.detach().cpu().double().numpy()
        name = self.names.new(path)
        made = Value(name, KIND_CONVOLUTION, (x.name,), len(whole), whole, offsets, stride, dilation)
        self._add(node, made)

    def _normalization(self, node: fx.Node, path: str, x: Value, module: nn.BatchNorm2d) -> None:
        if module.running_mean is None or module.running_var is None:
            raise self._refuse(node, "batch normalization without running statistics")
        scale = 1 / torch.sqrt(module.running_var.double() + module.eps)
        scale = scale * module.weight.double() if module.affine else scale
        offset = -module.running_mean.double() * scale
        offset = offset + module.bias.double() if module.affine else offset
        self._affine(node, path, x, scale.detach().numpy(), offset.detach().numpy())

    def _function(self, node: fx.Node) -> None:
        function: Any = node.target
        handle = _FUNCTIONS.get(function)
        if handle is not None:
            handle(self, node)
        elif node.op == "call_method" and function in SAME_METHODS:
            self.known[node] = self._value(node, node.args[0])
        elif function is operator.getitem and isinstance(node.args[0], fx.Node) and _is_quantizer(self, node.args[0]):
            if node.args[1] != 1:
                raise self._refuse(node, "a network that reads the quantizer's values (not its symbols)")
            self.known[node] = self._value(node, node.args[0])
        else:
            raise self._refuse(node, _called(node))

    def _relu(self, node: fx.Node, x: Value) -> None:
        self._add(node, Value(self._fresh(node), KIND_RELU, (x.name,), x.channels))

    def _leak(self, node: fx.Node, x: Value, slope: float) -> None:
        if not 0 <= slope < 1:
            raise self._refuse(node, f"a leaky ReLU of slope {slope}")
        self._add(node, Value(self._fresh(node), KIND_LEAK, (x.name,), x.channels, slope=slope))

    def _shuffle(self, node: fx.Node, x: Value, factor: Any) -> None:
        if factor != 2:
            raise self._refuse(node, f"a pixel shuffle by {factor}")
        self._add(node, Value(self._fresh(node), KIND_SHUFFLE, (x.name,), x.channels // 4))

    def _fresh(self, node: fx.Node) -> str:
        return self.names.new(f"{self._where(node)}:{node.name}")

    # ------------------------------------------------------------------ functions

    def _relu_function(self, node: fx.Node) -> None:
        self._relu(node, self._value(node, _argument(node, 0, "input")))

    def _leak_function(self, node: fx.Node) -> None:
        slope = _argument(node, 1, "negative_slope", 0.01)
        self._leak(node, self._value(node, _argument(node, 0, "input")), slope)

    def _shuffle_function(self, node: fx.Node) -> None:
        self._shuffle(node, self._value(node, _argument(node, 0, "input")), _argument(node, 1, "upscale_factor"))

    def _convolution_function(self, node: fx.Node) -> None:
        x = self._value(node, _argument(node, 0, "input"))
        weight, bias = self._constant(_argument(node, 1, "weight")), self._constant(_argument(node, 2, "bias", None))
        if weight is None:
            raise self._refuse(node, "a convolution whose weights are computed")
        bias = torch.zeros(len(weight)) if bias is None else bias
        stride, padding = _argument(node, 3, "stride", 1), _argument(node, 4, "padding", 0)
        dilation, groups = _argument(node, 5, "dilation", 1), _argument(node, 6, "groups", 1)
        self._convolve(node, self._fresh(node), x, weight, bias, stride, padding, dilation, groups)

    def _join(self, node: fx.Node) -> None:
        parts = [self._value(node, part) for part in _argument(node, 0, "tensors")]
        if _argument(node, 1, "dim", 0) not in (1, -3):
            raise self._refuse(node, "concatenation along another dimension than channels")
        channels = sum(part.channels for part in parts)
        self._add(node, Value(self._fresh(node), KIND_JOIN, tuple(part.name for part in parts), channels))

    def _sum(self, node: fx.Node) -> None:
        self._combine(node, 1.0)

    def _difference(self, node: fx.Node) -> None:
        self._combine(node, -1.0)

    def _combine(self, node: fx.Node, sign: float) -> None:
        """x + sign * y, either of which may be a constant."""
        first, second = node.args[0], _argument(node, 1, "other")
        if _argument(node, 2, "alpha", 1) != 1:
            raise self._refuse(node, "a sum with alpha")
        x, y = self._either(node, first), self._either(node, second)
        if isinstance(x, Value) and isinstance(y, Value):
            if x.channels != y.channels:
                raise self._refuse(node, f"a sum of {x.channels} and {y.channels} channels")
            if sign < 0:
                negative = scaled_copy(self._fresh(node), y, -np.ones(y.channels))
                self.graph.values[negative.name] = y = negative
            self._add(node, Value(self._fresh(node), KIND_ADD, (x.name, y.name), x.channels))
        elif isinstance(x, Value):
            self._affine(node, None, x, np.ones(x.channels), sign * self._per_channel(node, y, x.channels))
        else:
            assert isinstance(y, Value)
            ones = np.ones(y.channels)
            self._affine(node, None, y, sign * ones, self._per_channel(node, x, y.channels))

    def _product(self, node: fx.Node) -> None:
        x, y = self._either(node, node.args[0]), self._either(node, _argument(node, 1, "other"))
        if isinstance(x, Value) and isinstance(y, Value):
            raise self._refuse(node, "a product of two computed tensors")
        value, constant = (x, y) if isinstance(x, Value) else (y, x)
        assert isinstance(value, Value)
        scale = self._per_channel(node, constant, value.channels)
        self._affine(node, None, value, scale, np.zeros(value.channels))

    def _quotient(self, node: fx.Node) -> None:
        x, y = self._either(node, node.args[0]), self._either(node, _argument(node, 1, "other"))
        if not isinstance(x, Value) or isinstance(y, Value) or _argument(node, 2, "rounding_mode", None) is not None:
            raise self._refuse(node, "a quotient by a computed tensor, or a rounded one")
        self._affine(node, None, x, 1 / self._per_channel(node, y, x.channels), np.zeros(x.channels))

    def _negative(self, node: fx.Node) -> None:
        x = self._value(node, node.args[0])
        self._affine(node, None, x, -np.ones(x.channels), np.zeros(x.channels))

    def _affine(self, node: fx.Node, path: str | None, x: Value, scale: Floats, offset: Floats) -> None:
        """scale * x + offset of each channel."""
        if np.all(scale == 1) and np.all(offset == 0):
            self.known[node] = x
        else:
            self._add(node, scaled_copy(self.names.new(path) if path else self._fresh(node), x, scale, offset))

    # ------------------------------------------------------------------ arguments

    def _either(self, node: fx.Node, argument: Any) -> Value | Tensor | float:
        """A computed value, or a constant."""
        if isinstance(argument, fx.Node) and argument in self.known:
            return self.known[argument]
        if isinstance(argument, (int, float)) and math.isfinite(argument):
            return float(argument)
        constant = self._constant(argument)
        if constant is None:
            raise self._refuse(node, f"{_called(node)} of {argument}")
        return constant

    def _constant(self, argument: Any) -> Tensor | None:
        """A tensor that does not depend on inputs, or None."""
        value = self.constants.get(argument) if isinstance(argument, fx.Node) else argument
        return value if isinstance(value, Tensor) else None

    def _attribute(self, target: str) -> Any:
        """What the network has under a name."""
        value: Any = self.root
        for part in target.split("."):
            value = getattr(value, part)
        self.read.add(target.removeprefix("network."))
        return value.detach() if isinstance(value, Tensor) else value

    def _fold(self, node: fx.Node) -> Any:
        """Compute what depends on constants alone."""
        args, kwargs = fx.node.map_arg((node.args, node.kwargs), self.constants.__getitem__)
        if node.op == "call_method":
            return getattr(args[0], str(node.target))(*args[1:], **kwargs)
        function: Any = node.target
        return function(*args, **kwargs)

    def _per_channel(self, node: fx.Node, constant: Any, channels: int) -> Floats:
        """A constant as one number for each channel: a number, or a tensor [C, 1, 1] or [1, C, 1, 1]."""
        if isinstance(constant, float):
            return np.full(channels, constant)
        values: Floats = constant.detach().cpu().double().numpy()
        shape = (1,) * (4 - values.ndim) + values.shape
        if len(shape) != 4 or shape[0] != 1 or shape[2:] != (1, 1) or shape[1] not in (1, channels):
            raise self._refuse(node, f"a constant of shape {list(values.shape)} for {channels} channels")
        return np.broadcast_to(values.reshape(-1), channels).copy()


_FUNCTIONS: dict[Any, Callable[[_Reader, fx.Node], None]] = {
    **dict.fromkeys((operator.add, operator.iadd, torch.add, "add"), _Reader._sum),
    **dict.fromkeys((operator.sub, operator.isub, torch.sub, "sub"), _Reader._difference),
    **dict.fromkeys((operator.mul, operator.imul, torch.mul, "mul"), _Reader._product),
    **dict.fromkeys((operator.truediv, operator.itruediv, torch.div, "div"), _Reader._quotient),
    **dict.fromkeys((operator.neg, torch.neg, "neg"), _Reader._negative),
    **dict.fromkeys((torch.relu, torch.relu_, functional.relu, "relu", "relu_"), _Reader._relu_function),
    functional.leaky_relu: _Reader._leak_function,
    **dict.fromkeys((torch.pixel_shuffle, functional.pixel_shuffle), _Reader._shuffle_function),
    **dict.fromkeys((torch.conv2d, functional.conv2d), _Reader._convolution_function),
    **dict.fromkeys((torch.cat, torch.concat), _Reader._join),
}
"""Functions and methods that are taken."""


def merge(graph: FloatGraph) -> None:
    """Put scalings and ReLU into the convolutions before them, where nothing else reads these."""
    renamed: dict[str, str] = {}
    made: dict[str, Value] = {}
    readers = Counter(name for value in graph.values.values() for name in value.inputs)
    readers.update(graph.outputs)
    for name, read in graph.values.items():
        value = replace(read, inputs=tuple(renamed.get(source, source) for source in read.inputs))
        source = made.get(value.inputs[0]) if value.inputs else None
        alone = source is not None and readers[read.inputs[0]] == 1
        if alone and source and source.kind == KIND_CONVOLUTION and not source.relu and _merges(value):
            made[source.name] = _merged(source, value)
            renamed[name] = source.name
            readers[source.name] = readers[name]
        else:
            made[name] = value
    graph.values = made
    graph.outputs = [renamed.get(name, name) for name in graph.outputs]


def _merges(value: Value) -> bool:
    return value.kind == KIND_RELU or value.exact


def _merged(convolution: Value, value: Value) -> Value:
    if value.kind == KIND_RELU:
        return replace(convolution, relu=True)
    assert convolution.weight is not None
    assert convolution.bias is not None
    assert value.weight is not None
    assert value.bias is not None
    scale = np.diagonal(value.weight[:, :, 0, 0])
    weight, bias = convolution.weight * scale[:, None, None, None], convolution.bias * scale + value.bias
    return replace(convolution, weight=weight, bias=bias, exact=convolution.exact and not value.relu)


def _reached(graph: fx.Graph) -> set[fx.Node]:
    """Operations that an output hangs on."""
    reached: set[fx.Node] = set()
    waiting = [node for node in graph.nodes if node.op == "output"]
    while waiting:
        for node in waiting.pop().all_input_nodes:
            if node not in reached:
                reached.add(node)
                waiting.append(node)
    return reached


def _is_quantizer(reader: _Reader, node: fx.Node) -> bool:
    return node.op == "call_module" and isinstance(reader.root.get_submodule(str(node.target)), Quantizer)


def _called(node: fx.Node) -> str:
    return node.target if isinstance(node.target, str) else getattr(node.target, "__name__", str(node.target))


def _argument(node: fx.Node, place: int, name: str, default: Any = None) -> Any:
    return node.args[place] if len(node.args) > place else node.kwargs.get(name, default)


def _single(pair: Any) -> Any:
    """The number that both of a pair are, or None."""
    if isinstance(pair, (tuple, list)):
        return pair[0] if len(set(pair)) == 1 else None
    return pair


def _ungrouped(weight: Floats, groups: int) -> Floats:
    """Weights over all inputs, of which each group of outputs reads its own."""
    if groups == 1:
        return weight
    outputs, inputs = weight.shape[0] // groups, weight.shape[1]
    whole = np.zeros((len(weight), groups * inputs, *weight.shape[2:]))
    for g in range(groups):
        whole[g * outputs : (g + 1) * outputs, g * inputs : (g + 1) * inputs] = weight[g * outputs : (g + 1) * outputs]
    return whole
