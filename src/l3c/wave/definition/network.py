"""Definition: the integer network of the wave family.

Activations are 0..255 in steps of 1/32. Differences and predictions enter with 128 added; what that adds to the sums is
taken off by the biases as they are stored.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from l3c.wave.definition.architecture import PAIR_MAX, Architecture, Layer

Integers = NDArray[np.int64]
SHIFT_MAX = 14
"""Of a layer's sums. 2^13, which rounds, is small beside a bias; see WIDTH_MAX."""

BIAS_MAX = (1 << 29) - 1
"""Leaves the products of the widest layer room in int32: see WIDTH_MAX."""


@dataclass(frozen=True)
class IntegerLayer:
    """weights: int8 [outputs, inputs]. bias: int32 [outputs], within BIAS_MAX. shift: uint8 [outputs], 0..SHIFT_MAX.
    Format 5.8.
    """

    weights: NDArray[np.int8]
    bias: NDArray[np.int32]
    shift: NDArray[np.uint8]

    def sums(self, inputs: Integers) -> Integers:
        """Rounded and shifted sums [outputs, N] of inputs [inputs, N] in 0..255. Format 5.8."""
        shift = self.shift.astype(np.int64)[:, None]
        half = (1 << shift) >> 1
        return (self.weights.astype(np.int64) @ inputs + self.bias.astype(np.int64)[:, None] + half) >> shift

    def activations(self, inputs: Integers) -> Integers:
        """Sums clipped to bytes, [outputs, N]. Format 5.8."""
        return np.clip(self.sums(inputs), 0, 255)


@dataclass(frozen=True)
class Network:
    """An architecture and its layers, in the order of `Architecture.layers()`. Format 5.8."""

    architecture: Architecture
    layers: tuple[IntegerLayer, ...]

    def cached_features(self, context: Integers, residuals: Integers) -> Integers:
        """Stage 1: features [cached, N] of coded pixels, from context [context, N] and their residuals [.., N].
        Format 5.8.
        """
        return self.layers[1].activations(self.layers[0].activations(np.concatenate([context, residuals])))

    def shared(self, context: Integers, cached: Integers) -> Integers:
        """Stage 2: what the heads share, [hidden3, N], from context and the neighbours' cached features [7 * cached,
        N]. Format 5.8.
        """
        return self.layers[3].activations(self.layers[2].activations(np.concatenate([context, cached])))

    def predict_mixtures(self, channel: int, shared: Integers, earlier: Integers) -> Integers:
        """Outputs [3 * components + channel, N] for a channel, given the residuals of those before it [earlier, N].
        Format 5.8.
        """
        at = self.architecture.head_index(channel)
        return self.layers[at + 1].sums(self.layers[at].activations(np.concatenate([shared, earlier])))


class TensorReader(Protocol):
    """What `Network` is read from: tensors by name."""

    def __call__(self, name: str, /) -> NDArray[np.generic]: ...


def read_network(architecture: Architecture, tensor: TensorReader) -> Network:
    """Assemble a network from tensors NAME.weight (int8), NAME.bias (int32) and NAME.shift (uint8). Format 5.8, 6.1.

    Raises ValueError naming the layer whose numbers do not fit.
    """
    layers = []
    for layer in architecture.layers():
        weights, bias, shift = (tensor(f"{layer.name}.{part}") for part in ("weight", "bias", "shift"))
        _check(layer.name, weights, np.int8, (layer.outputs, layer.inputs))
        _check(layer.name, bias, np.int32, (layer.outputs,))
        _check(layer.name, shift, np.uint8, (layer.outputs,))
        _check_pairs(layer, weights)
        if shift.max() > SHIFT_MAX:
            raise ValueError(f"{layer.name}: a shift of {shift.max()}, expected at most {SHIFT_MAX}")
        if max(-int(bias.min()), int(bias.max())) > BIAS_MAX:
            raise ValueError(f"{layer.name}: a bias beyond {BIAS_MAX}")
        layers.append(IntegerLayer(weights.astype(np.int8), bias.astype(np.int32), shift.astype(np.uint8)))
    return Network(architecture, tuple(layers))


def _check_pairs(layer: Layer, weights: NDArray[np.generic]) -> None:
    magnitudes, start = np.abs(weights.astype(np.int64)), 0
    for size in layer.segments:
        pairs = magnitudes[:, start : start + size // 2 * 2].reshape(layer.outputs, -1, 2)
        if pairs.sum(axis=2, initial=0).max(initial=0) > PAIR_MAX:
            raise ValueError(f"{layer.name}: a pair of weights sums to more than {PAIR_MAX}")
        start += size


def _check(name: str, tensor: NDArray[np.generic], dtype: type, shape: tuple[int, ...]) -> None:
    if tensor.dtype != dtype or tensor.shape != shape:
        raise ValueError(f"{name}: {tensor.dtype} {tensor.shape}, expected {np.dtype(dtype)} {shape}")
