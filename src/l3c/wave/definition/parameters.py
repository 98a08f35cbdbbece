"""What the integers of a network mean: its parameters in float32."""

from __future__ import annotations

import numpy as np

from l3c.wave.definition.architecture import Architecture, Layer
from l3c.wave.definition.fused import Floats
from l3c.wave.definition.network import IntegerLayer, Network
from l3c.wave.definition.scales import ACTIVATION_UNIT, OFFSET, exponents, offset_inputs


def layer_parameters(architecture: Architecture, layer: Layer, integers: IntegerLayer) -> Floats:
    """float32 [outputs, inputs + 1]: weights, then the bias of inputs that carry no offset. Format 5.11.1."""
    power = exponents(architecture, layer, integers.shift)
    offsets = integers.weights[:, offset_inputs(architecture, layer)].astype(np.int64).sum(axis=1)
    # up to 2^29 and more, so float32 rounds it here, once; weights are exact
    bias = (integers.bias + OFFSET * offsets).astype(np.float32)
    weights = np.ldexp(integers.weights.astype(np.float32), -power[:, None])
    return np.concatenate([weights, np.ldexp(bias, -power - ACTIVATION_UNIT)[:, None]], axis=1)


def network_parameters(network: Network) -> Floats:
    """float32 [N]: of each layer the weights [outputs, inputs], then its biases."""
    parts = []
    for layer, integers in zip(network.architecture.layers(), network.layers, strict=True):
        parameters = layer_parameters(network.architecture, layer, integers)
        parts += [parameters[:, :-1].ravel(), parameters[:, -1]]
    return np.concatenate(parts)
