"""Definition: a network adapted to one picture by small integers, which the file holds.

Each layer has a number for each output's bias, one for each output's gain and one for each input's gain. The adapted
network is one of the same integers as any other: what codes with it needs to know nothing of this.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from l3c.wave.definition.architecture import Architecture, Layer
from l3c.wave.definition.network import BIAS_MAX, IntegerLayer, Integers, Network
from l3c.wave.definition.pairs import limit_pairs
from l3c.wave.definition.scales import MEAN_UNIT, OFFSET, offset_inputs, output_units

KINDS = 3
"""Biases, gains, input gains."""

GAIN_BITS = 6
"""A gain of 1 adds 1/64."""

NUMBER_MAX = 992  # 31 * 2^5: code.SMALL_MAX times the largest power, 2^(code.POWERS - 2)


class Group(NamedTuple):
    """Numbers of one kind of a layer: kind 0 biases [outputs], 1 gains [outputs], 2 input gains [inputs].
    Format 5.13.
    """

    layer: Layer
    kind: int
    place: slice


def groups(architecture: Architecture) -> Iterator[Group]:
    """The groups of all layers, and where their numbers lie in the array of all. Format 5.13, 5.14."""
    at = 0
    for layer in architecture.layers():
        for kind, size in enumerate((layer.outputs, layer.outputs, layer.inputs)):
            yield Group(layer, kind, slice(at, at + size))
            at += size


def count(architecture: Architecture) -> int:
    """Numbers of a network."""
    return sum(2 * layer.outputs + layer.inputs for layer in architecture.layers())


def bias_bits(architecture: Architecture, layer: Layer) -> NDArray[np.int64]:
    """Binary logarithm of the half steps of an output in a bias's 1: means have finer steps than the others.
    Format 5.13.
    """
    return np.where(output_units(architecture, layer) == MEAN_UNIT, 2, 0)


def tune(network: Network, numbers: Integers) -> Network:
    """The network adapted by numbers [count], -992..992. Format 5.13."""
    a = network.architecture
    parts = [numbers[group.place] for group in groups(a)]
    layers = zip(a.layers(), network.layers, range(0, len(parts), KINDS), strict=True)
    return Network(a, tuple(_adapted(a, layer, plain, *parts[i : i + KINDS]) for layer, plain, i in layers))


def _adapted(
    architecture: Architecture,
    layer: Layer,
    plain: IntegerLayer,
    biases: Integers,
    gains: Integers,
    input_gains: Integers,
) -> IntegerLayer:
    """Weights stay within their pairs' limits; what they add for offsets is taken off the biases; those are clipped.
    Format 5.13.
    """
    before = plain.weights.astype(np.int64)
    gain = gains[:, None] + input_gains
    weights = limit_pairs(layer, before + ((before * gain + (1 << GAIN_BITS - 1)) >> GAIN_BITS))
    moved = (weights - before)[:, offset_inputs(architecture, layer)].sum(axis=1)
    steps = biases << plain.shift.astype(np.int64) + bias_bits(architecture, layer) >> 1
    bias = np.clip(plain.bias + steps - OFFSET * moved, -BIAS_MAX, BIAS_MAX)
    return IntegerLayer(weights.astype(np.int8), bias.astype(np.int32), plain.shift)
