"""Integer networks in ONNX Runtime: graphs traced from the program, in float32 that holds integers.

A graph for all extractors, and one for each predictor with its classifier. Arrays [1, C, H, W].
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from l3c.published.architecture import RGB_CHANNELS, Architecture
from l3c.published.layers_integer import (
    Program,
    known_signal,
    known_values,
    network_of,
    network_over,
    parameter_channels,
    scale_count,
)
from l3c.published.operations import NARROW_BITS, NARROW_MAX, WIDE_MAX, IntegerLayer

OPSET = 17
"""Of 2022: every version of ONNX Runtime that the extra admits reads it."""

IR_VERSION = 8
"""Of the file: likewise."""

COARSER = "coarser"  # name of an input: the context of the next coarser scale
CONTEXT = "context"  # name of an output: the scale's context


class Tracer:
    """Operations whose arrays are names of values in a graph."""

    def __init__(self, layers: Iterable[IntegerLayer]) -> None:
        self._layers = {layer.layer.name: layer for layer in layers}
        self._nodes: list[Any] = []
        self._constants: dict[str, Any] = {}
        self._inputs: list[Any] = []
        self._outputs: list[Any] = []

    def input(self, name: str, channels: int) -> str:
        shape: list[str | int | None] = [1, channels, f"{name}.height", f"{name}.width"]
        self._inputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, shape))
        return name

    def output(self, value: str, name: str, whole: bool = True) -> None:
        """Name an output; as int32 if whole."""
        kind = TensorProto.INT32 if whole else TensorProto.FLOAT
        self._nodes.append(helper.make_node("Cast", [value], [name], to=kind))
        self._outputs.append(helper.make_tensor_value_info(name, kind, None))

    def layer(self, name: str, x: str) -> str:
        place, (weights, biases) = self._layers[name].layer, self._layers[name].scaled()
        weight, bias = self._constant(f"{name}.weight", weights), self._constant(f"{name}.bias", biases)
        reach = place.dilation * (weights.shape[2] // 2)
        steps = {"strides": [place.stride] * 2, "dilations": [place.dilation] * 2, "pads": [reach] * 4}
        return self._clip(self._node("Floor", self._node("Conv", x, weight, bias, **steps)), place.low, place.high)

    def narrow(self, signal: str, x: str) -> str:
        shrunk = self._node("Mul", x, self._number(1 / (1 << NARROW_BITS)))
        rounded = self._node("Floor", self._node("Add", shrunk, self._number(0.5)))
        return self._clip(rounded, -NARROW_MAX, NARROW_MAX)

    def add(self, x: str, y: str) -> str:
        return self._clip(self._node("Add", x, y), -WIDE_MAX, WIDE_MAX)

    def join(self, parts: list[str]) -> str:
        return self._node("Concat", *parts, axis=1)

    def shuffle(self, x: str) -> str:
        return self._node("DepthToSpace", x, blocksize=2, mode="CRD")

    def clip(self, x: str, low: int, high: int) -> str:
        return self._clip(x, low, high)

    def leak(self, x: str, factor: int, shift: int) -> str:
        shrunk = self._node("Mul", x, self._number(factor * 2.0**-shift))
        return self._node("Max", x, self._node("Floor", self._node("Add", shrunk, self._number(0.5))))

    def session(self, threads: int | None) -> onnxruntime.InferenceSession:
        """What runs the graph; None leaves the threads to the library."""
        graph = helper.make_graph(self._nodes, "l3c", self._inputs, self._outputs, list(self._constants.values()))
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads or 0
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        return onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])

    def _node(self, kind: str, *inputs: str, **attributes: Any) -> str:
        name = f"{kind}{len(self._nodes)}"
        self._nodes.append(helper.make_node(kind, inputs, [name], **attributes))
        return name

    def _clip(self, x: str, low: int, high: int) -> str:
        return self._node("Clip", x, self._number(low), self._number(high))

    def _number(self, value: float) -> str:
        return self._constant(f"number {value}", np.array(value, np.float32))

    def _constant(self, name: str, values: NDArray[np.float32]) -> str:
        self._constants[name] = numpy_helper.from_array(values, name)
        return name


class Known(NamedTuple):
    """What a predictor's graph gives. context: float32 [1, F, 2 H, 2 W]. parameters: int32 [1, outputs, 2 H, 2 W]."""

    context: NDArray[np.float32]
    parameters: NDArray[np.int32]


class OnnxProgram(Program):
    """A program whose parts are graphs; contexts are `Known`. threads: of each graph, None for the library's choice."""

    def __init__(self, a: Architecture, layers: list[IntegerLayer], threads: int | None = None) -> None:
        self.architecture = a
        self._extractors = self._trace_extractors(layers, threads) if a.learned else None
        self._predictors = [self._trace_predictor(layers, s, threads) for s in range(scale_count(a))]

    def symbols(self, image: NDArray[np.uint8]) -> list[Any]:
        assert self._extractors is not None
        batches = self._extractors.run(None, {"image": image.transpose(2, 0, 1)[None].astype(np.float32)})
        return [symbols[0] for symbols in batches]

    def context(self, scale: int, coarser_symbols: NDArray[Any], coarser: Any) -> Any:
        a, s = self.architecture, network_of(self.architecture, scale)
        feeds = {known_signal(a): known_values(a, coarser_symbols.astype(np.float32))[None]}
        if s < scale_count(a) - 1:
            feeds[COARSER] = coarser.context
        return Known(*self._predictors[s].run(None, feeds))

    def parameters(self, scale: int, context: Any) -> Any:
        return context.parameters[0]

    def _trace_extractors(self, layers: list[IntegerLayer], threads: int | None) -> onnxruntime.InferenceSession:
        tracer = Tracer(layers)
        for s, symbols in enumerate(
            network_over(self.architecture, tracer).extract(tracer.input("image", RGB_CHANNELS))
        ):
            tracer.output(symbols, f"symbols.{s}")
        return tracer.session(threads)

    def _trace_predictor(self, layers: list[IntegerLayer], scale: int, threads: int | None) -> Any:
        a, tracer = self.architecture, Tracer(layers)
        network = network_over(a, tracer)
        known = tracer.input(known_signal(a), parameter_channels(a, scale + 1))
        coarser = tracer.input(COARSER, a.context_channels(scale + 1)) if scale < scale_count(a) - 1 else None
        context = network.predict(scale, known, coarser)
        tracer.output(context, CONTEXT, whole=False)
        tracer.output(network.classify(scale, context), "parameters")
        return tracer.session(threads)
