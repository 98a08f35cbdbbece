"""From float parameters of the wave network to the integers that a codec runs, and the rounding that training simulates."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from l3c.wave.architecture import Architecture, Layer

WEIGHT_MAX = 127
SHIFT_MAX = 14
MEAN_UNIT, LOG_UNIT, COEFFICIENT_UNIT = 9, 4, 6
"""Binary logarithms of the integer steps in one unit of a float output (a mean's unit is 8 grey levels)."""
ACTIVATION_UNIT = 5


def output_units(architecture: Architecture, layer: Layer) -> NDArray[np.int64]:
    """Binary logarithm of the integer steps per unit, for each output of a layer."""
    if not layer.name.startswith("head") or not layer.name.endswith(".1"):
        return np.full(layer.outputs, ACTIVATION_UNIT)
    k = architecture.components
    units = [LOG_UNIT] * k + [MEAN_UNIT] * k + [LOG_UNIT] * k
    return np.array(units + [COEFFICIENT_UNIT] * (layer.outputs - len(units)))


def weight_exponents(weights: NDArray[np.float32], units: NDArray[np.int64]) -> NDArray[np.int64]:
    """For each output the power of two that scales its weights into -127..127 and leaves a right shift of 0..14."""
    largest = np.maximum(np.abs(weights).max(axis=1), 1e-9)
    exponents = np.floor(np.log2(WEIGHT_MAX / largest)).astype(np.int64)
    least = units - ACTIVATION_UNIT
    return np.clip(exponents, least, SHIFT_MAX + least)


def round_layer(weights: NDArray[np.float32], units: NDArray[np.int64]) -> NDArray[np.float32]:
    """The weights on the grid that export uses, still as floats. weights: float32 [outputs, inputs]."""
    scale = np.exp2(weight_exponents(weights, units))[:, None]
    return (np.clip(np.floor(weights * scale + 0.5), -WEIGHT_MAX, WEIGHT_MAX) / scale).astype(np.float32)


def split(architecture: Architecture, parameters: NDArray[np.float32]):  # type: ignore[no-untyped-def]
    """Yield (layer, weights [outputs, inputs], bias [outputs]) as views of the flat parameters."""
    at = 0
    for layer in architecture.layers():
        n = layer.outputs * layer.inputs
        yield layer, parameters[at : at + n].reshape(layer.outputs, layer.inputs), parameters[at + n : at + n + layer.outputs]
        at += n + layer.outputs


def round_parameters(architecture: Architecture, parameters: NDArray[np.float32]) -> NDArray[np.float32]:
    """All weights and biases on the export's grid; the same layout."""
    rounded = parameters.copy()
    for layer, weights, bias in split(architecture, rounded):
        units = output_units(architecture, layer)
        steps = np.exp2(weight_exponents(weights, units) + ACTIVATION_UNIT)
        weights[:] = round_layer(weights, units)
        bias[:] = np.floor(bias * steps + 0.5) / steps
    return rounded
