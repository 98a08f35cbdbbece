"""What the integers of a network stand for: the powers of two between them and the float network."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from l3c.wave.definition.architecture import Architecture, Layer

MEAN_UNIT = 9
"""Binary logarithm of the integer steps in one unit of a mean: 64 steps in a level (coding.tables.GRAY_BITS), and a
unit of the float network is 8 levels."""

LOG_UNIT = 4
"""The same of a logit and of a log scale: 16 steps in a nat, as the tables of `coding.tables` have them."""

COEFFICIENT_UNIT = 6
"""The same of a coefficient: times a difference in levels it gives a mean's steps, 64 in a level."""

ACTIVATION_UNIT = 5
"""The same of an activation, and of residuals and predictions."""

OFFSET = 128
"""What residuals and predictions carry beyond their value, so that they lie in 0..255."""


def offset_inputs(architecture: Architecture, layer: Layer) -> slice:
    """The inputs that carry OFFSET more than their value: residuals, predictions and what is expected. Format 5.8."""
    if layer.name == "stage1.0":
        return slice(0, layer.inputs)
    if layer.name == "stage2.0":
        return slice(0, architecture.context)
    if layer.name.startswith("head") and layer.name.endswith(".0"):
        return slice(architecture.hidden3, layer.inputs)
    return slice(0, 0)


def output_units(architecture: Architecture, layer: Layer) -> NDArray[np.int64]:
    """Binary logarithm of the integer steps per unit, for each output of a layer. Format 5.11.1."""
    if not layer.name.startswith("head") or not layer.name.endswith(".1"):
        return np.full(layer.outputs, ACTIVATION_UNIT)
    k = architecture.components
    units = [LOG_UNIT] * k + [MEAN_UNIT] * k + [LOG_UNIT] * k
    return np.array(units + [COEFFICIENT_UNIT] * (layer.outputs - len(units)))


def exponents(architecture: Architecture, layer: Layer, shift: NDArray[np.uint8]) -> NDArray[np.int64]:
    """For each output the binary logarithm of the integer weight that stands for 1. Format 5.11.1."""
    return shift.astype(np.int64) - ACTIVATION_UNIT + output_units(architecture, layer)
