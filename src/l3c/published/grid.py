"""The grid that integer weights lie on: what a unit stands for, and the power of two that makes weights whole."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from l3c.coding.arrays import LOG_SCALE_OFFSET
from l3c.coding.tables import GRAY_BITS
from l3c.errors import ModelError
from l3c.published.architecture import Architecture
from l3c.published.layers_integer import parameter_channels
from l3c.published.operations import NARROW_BITS, SUM_MAX, Layer

Floats = NDArray[np.float64]
Steps = dict[str, Floats]
"""What one unit of each channel of a signal stands for, by signal."""

SMALL_WEIGHT = 127
"""Of int8, which most weights are stored in."""

LARGE_WEIGHT = 32767
"""Of int16, of layers in LARGE."""

SHIFT_MAX = 22
"""A layer's rounding is 2^(shift - 1) and stays below SUM_MAX, 2^24, with room for a sum."""

LARGE = ("input", "params", "to_q", "head")
"""Layers whose weights have 16 bits: few weights, and much that hangs on them."""

PREDICTING = ("dec", "atrous")
"""Layers whose weights have 16 bits, unless 8 are asked for: predictors and classifiers, most of a network.

What predicts means of 256 values passes through them. Networks that begin as an interpolation have weights there that
differ much in size, and with 8 bits cost 2 to 6 bits a sub-pixel more (without fine-tuning). Others lose 0.1 %.
"""

WEIGHT_BITS = (8, 16)
"""Of PREDICTING's weights."""


@dataclass(frozen=True)
class Grid:
    """From a layer's float weights and biases, NumPy's or PyTorch's, to those in units of its signals.

    factor: [outputs, inputs, 1, 1]. unit, offset: [outputs]. most: greatest magnitude of a whole weight.
    """

    factor: Floats
    unit: Floats
    offset: Floats
    most: int

    def weight(self, weight: Floats) -> Floats:
        return weight * self.factor

    def bias(self, bias: Floats) -> Floats:
        return bias / self.unit + self.offset


Grids = dict[str, tuple[Layer, Grid]]
"""Every layer and its grid, by the layer's name."""


def grid_of(a: Architecture, layer: Layer, outputs: int, steps: Steps, bits: int = 16) -> Grid:
    """A layer's grid under the steps of its signals. bits: of PREDICTING's weights."""
    unit, offset = _target(a, layer, steps, outputs)
    return Grid((steps[layer.source] / unit[:, None])[:, :, None, None], unit, offset, most_of(layer, bits))


def most_of(layer: Layer, bits: int) -> int:
    """Greatest magnitude of a layer's integer weights."""
    large = LARGE if bits == 8 else (*LARGE, *PREDICTING)
    return LARGE_WEIGHT if any(part in layer.name.split(".") for part in large) else SMALL_WEIGHT


def shifts_of(layer: Layer, most: int, weight: Floats, bias: Floats) -> NDArray[np.int64]:
    """The largest shift of each channel that keeps its bound, int64 [outputs]. Raises ModelError where there is none.

    weight, bias: in units of the signals.
    """
    if not (np.isfinite(weight).all() and np.isfinite(bias).all()):
        raise ModelError(f"{layer.name}: its signals or weights are too large to be counted in")
    shifts = np.full(len(bias), -1)
    largest = np.abs(weight).max((1, 2, 3))
    begin = math.floor(math.log2((most + 1) / max(float(largest.min()), 1e-9)))
    for n in range(max(0, min(SHIFT_MAX, begin)), -1, -1):
        sums = np.abs(np.rint(weight * 2.0**n)).sum((1, 2, 3)) * layer.read_max
        bound = sums + np.abs(np.rint(bias * 2.0**n)) + 2.0**n
        fits = (np.rint(largest * 2.0**n) <= most) & (bound < SUM_MAX)
        shifts[fits & (shifts < 0)] = n
        if shifts.min() >= 0:
            return shifts
    raise ModelError(f"{layer.name}: no shift keeps its sums below {SUM_MAX}")


def _target(architecture: Architecture, layer: Layer, steps: Steps, outputs: int) -> tuple[Floats, Floats]:
    """(value of one unit of each output, offset in units)."""
    kind, _, scale = layer.target.partition(".")
    if kind == "params":
        return parameter_units(architecture, int(scale), outputs)
    if kind == "symbols":
        intervals = architecture.latent_levels - 1
        return np.full(outputs, 2 / intervals), np.full(outputs, intervals / 2)
    unit = steps[layer.target]
    if kind in ("enc", "dec", "context"):
        unit = unit / (1 << NARROW_BITS)
    return np.repeat(unit, outputs // len(unit)), np.zeros(outputs)


def parameter_units(a: Architecture, scale: int, outputs: int) -> tuple[Floats, Floats]:
    """(value of a unit, offset) of logits, means, log scales, coefficients, as coded; bins are a symbol wide."""
    latent = a.learned and scale > 0
    width, low = (2 / (a.latent_levels - 1), -1.0) if latent else (1.0, 0.0)
    each = parameter_channels(a, scale) * a.components
    gray = 1 << GRAY_BITS
    units = [1 / 16, width / gray, 1 / 16, 1 / 1024]
    offsets = [0.0, -low / width * gray, -16 * (math.log(width) + LOG_SCALE_OFFSET), 0.0]
    parts = outputs // each
    return np.repeat(units[:parts], each), np.repeat(offsets[:parts], each)
