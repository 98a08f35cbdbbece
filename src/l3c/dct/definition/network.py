"""Definition: the integer network of a component."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from l3c.dct.definition.architecture import BLOCK, LASTS, Architecture
from l3c.dct.definition.levels import SIGNED_MAX, Integers, Levels

SHIFT_MAX = 14
"""Of a layer's sums, as in wave models."""

WEIGHT_MAX = 64
"""Of a layer's weights: two products then fit the 16 bits in which AVX2 adds them."""

SUM_MAX = (1 << 31) - 1
"""Sums are int32."""

ACTIVATION_MAX = 255
"""Activations are bytes."""


@dataclass(frozen=True)
class Layer:
    """weights: int8 [outputs, inputs]. bias: int32 [outputs]. shift: uint8 [outputs]."""

    weights: NDArray[np.int8]
    bias: NDArray[np.int32]
    shift: NDArray[np.uint8]

    def sums(self, inputs: Levels) -> Integers:
        """[N, outputs] of inputs [N, inputs]."""
        return rounded(product(self.weights, inputs) + self.bias, self.shift)

    def activations(self, inputs: Levels) -> Levels:
        return activations(self.sums(inputs))


def product(weights: NDArray[np.int8], inputs: Levels) -> Integers:
    """[N, outputs] of inputs [N, inputs]. Integers below 2^53 are exact in float64, in any order."""
    return (inputs.astype(np.float64) @ weights.T.astype(np.float64)).astype(np.int64)


def rounded(sums: Integers, shift: NDArray[np.uint8]) -> Integers:
    """Sums shifted right, to nearest."""
    places = shift.astype(np.int64)
    return sums + ((1 << places) >> 1) >> places


def activations(values: Integers) -> Levels:
    """Clipped to bytes."""
    return np.clip(values, 0, ACTIVATION_MAX).astype(np.uint8)


@dataclass(frozen=True)
class Network:
    """trunk: two layers. last: [65] logits. start: from the trunk to the accumulator, without a shift; its shift is
    that of the accumulator's activations. last_columns: int32 [65, hidden]; columns: int16 [64, 2, hidden], for a
    coefficient's signed logarithm and its magnitude; positions: int32 [64, hidden]: all in the accumulator's units.
    heads: of each position two layers.
    """

    architecture: Architecture
    trunk: tuple[Layer, Layer]
    last: Layer
    start: Layer
    last_columns: NDArray[np.int32]
    columns: NDArray[np.int16]
    positions: NDArray[np.int32]
    heads: tuple[tuple[Layer, Layer], ...]

    def shared(self, inputs: Levels) -> Levels:
        """The trunk's activations [N, trunk2]."""
        return self.trunk[1].activations(self.trunk[0].activations(inputs))

    def begin(self, shared: Levels, last: Integers) -> Integers:
        """The accumulators [N, hidden] before the last coefficient."""
        layer = self.start
        return product(layer.weights, shared) + layer.bias + self.last_columns[last]

    def outputs(self, k: int, accumulators: Integers, seen: Levels) -> Integers:
        """[N, outputs] of position k's head."""
        hidden = activations(rounded(accumulators + self.positions[k], self.start.shift))
        first, second = self.heads[k]
        return second.sums(first.activations(np.concatenate([hidden, seen], axis=1)))

    def add(self, k: int, accumulators: Integers, steps: Integers) -> None:
        """Add coefficients at position k, by their signed logarithms [N]."""
        first, second = self.columns[k].astype(np.int64)
        accumulators += np.outer(steps, first) + np.outer(np.abs(steps), second)


class TensorReader(Protocol):
    """Tensors by name."""

    def __call__(self, name: str, /) -> NDArray[np.generic]: ...


def shapes(a: Architecture) -> dict[str, tuple[type, tuple[int, ...]]]:
    """Types and shapes of the tensors of a network, in the order in which they are stored."""
    layers = {
        "trunk.0": ((a.trunk1,), a.inputs),
        "trunk.1": ((a.trunk2,), a.trunk1),
        "last": ((LASTS,), a.trunk2),
        "start": ((a.hidden,), a.trunk2),
        "heads.0": ((BLOCK, a.head), a.hidden + a.seen),
        "heads.1": ((BLOCK, a.outputs), a.head),
    }
    out: dict[str, tuple[type, tuple[int, ...]]] = {}
    for name, (outputs, inputs) in layers.items():
        out[f"{name}.weight"] = (np.int8, (*outputs, inputs))
        out[f"{name}.bias"] = (np.int32, outputs)
        out[f"{name}.shift"] = (np.uint8, outputs)
    out["last_columns"] = (np.int32, (LASTS, a.hidden))
    out["columns"] = (np.int16, (BLOCK, 2, a.hidden))
    out["positions"] = (np.int32, (BLOCK, a.hidden))
    return out


def read_network(architecture: Architecture, tensor: TensorReader) -> Network:
    """Assemble a network from its tensors. Raises ValueError naming the tensor whose numbers do not fit."""
    t = {}
    for name, (dtype, shape) in shapes(architecture).items():
        t[name] = tensor(name)
        if t[name].dtype != dtype or t[name].shape != shape:
            raise ValueError(f"{name}: {t[name].dtype} {t[name].shape}, expected {np.dtype(dtype)} {shape}")

    def layer(name: str, k: int | None = None) -> Layer:
        weight, bias, shift = (t[f"{name}.{part}"] if k is None else t[f"{name}.{part}"][k] for part in PARTS)
        made = Layer(weight.astype(np.int8), bias.astype(np.int32), shift.astype(np.uint8))
        _check(name, made)
        return made

    heads = tuple((layer("heads.0", k), layer("heads.1", k)) for k in range(BLOCK))
    network = Network(
        architecture,
        (layer("trunk.0"), layer("trunk.1")),
        layer("last"),
        layer("start"),
        t["last_columns"].astype(np.int32),
        t["columns"].astype(np.int16),
        t["positions"].astype(np.int32),
        heads,
    )
    _check_accumulator(network)
    return network


PARTS = ("weight", "bias", "shift")
"""Tensors of a layer."""


def _most(layer: Layer) -> Integers:
    """[outputs]: a sum's largest magnitude, with what rounding adds."""
    weights = np.abs(layer.weights.astype(np.int64)).sum(axis=1) * ACTIVATION_MAX
    result: Integers = weights + np.abs(layer.bias.astype(np.int64)) + (1 << SHIFT_MAX)
    return result


def _check(name: str, layer: Layer) -> None:
    if np.abs(layer.weights.astype(np.int64)).max() > WEIGHT_MAX:
        raise ValueError(f"{name}: a weight beyond {WEIGHT_MAX}")
    if layer.shift.max() > SHIFT_MAX:
        raise ValueError(f"{name}: a shift of {layer.shift.max()}, expected at most {SHIFT_MAX}")
    if _most(layer).max() > SUM_MAX:
        raise ValueError(f"{name}: a sum may leave 32 bits")


def _check_accumulator(network: Network) -> None:
    columns = np.abs(network.columns.astype(np.int64)).sum(axis=(0, 1)) * SIGNED_MAX
    lasts = np.abs(network.last_columns.astype(np.int64)).max(axis=0)
    positions = np.abs(network.positions.astype(np.int64)).max(axis=0)
    if (_most(network.start) + columns + lasts + positions).max() > SUM_MAX:
        raise ValueError("accumulator: a sum may leave 32 bits")
