"""From float parameters of the wave network to a codec's integers, and the rounding that training simulates."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from l3c.wave.definition.architecture import Architecture, Layer
from l3c.wave.definition.network import SHIFT_MAX
from l3c.wave.definition.pairs import WEIGHT_MAX, limit_pairs
from l3c.wave.definition.scales import ACTIVATION_UNIT, output_units


def weight_exponents(weights: NDArray[np.float32], units: NDArray[np.int64]) -> NDArray[np.int64]:
    """For each output the power of two that scales its weights into -127..127 and leaves a right shift of 0..14."""
    largest = np.maximum(np.abs(weights).max(axis=1), 1e-9)
    exponents = np.floor(np.log2(WEIGHT_MAX / largest)).astype(np.int64)
    least = units - ACTIVATION_UNIT
    clipped: NDArray[np.int64] = np.clip(exponents, least, SHIFT_MAX + least)
    return clipped


def integer_weights(
    layer: Layer, weights: NDArray[np.float32], units: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """(integers [outputs, inputs], exponents [outputs]): weights are about integers / 2^exponent.

    Where shortening a row's pairs would cost more than halving its resolution, its resolution is halved.
    """
    finest = weight_exponents(weights, units)
    least = units - ACTIVATION_UNIT
    options = []
    for exponents in (finest, np.maximum(finest - 1, least)):
        scale = np.exp2(exponents)[:, None]
        integers = limit_pairs(layer, np.floor(weights * scale + 0.5))
        options.append((integers, exponents, np.square(integers / scale - weights).sum(axis=1)))
    (fine, fine_exponents, fine_error), (coarse, coarse_exponents, coarse_error) = options
    halve = coarse_error < fine_error
    return np.where(halve[:, None], coarse, fine), np.where(halve, coarse_exponents, fine_exponents)


def split(
    architecture: Architecture, parameters: NDArray[np.float32]
) -> Iterator[tuple[Layer, NDArray[np.float32], NDArray[np.float32]]]:
    """Yield (layer, weights [outputs, inputs], bias [outputs]) as views of the flat parameters."""
    at = 0
    for layer in architecture.layers():
        n = layer.outputs * layer.inputs
        yield (
            layer,
            parameters[at : at + n].reshape(layer.outputs, layer.inputs),
            parameters[at + n : at + n + layer.outputs],
        )
        at += n + layer.outputs


def round_parameters(architecture: Architecture, parameters: NDArray[np.float32]) -> NDArray[np.float32]:
    """All weights and biases on the export's grid; the same layout."""
    rounded = parameters.copy()
    for layer, weights, bias in split(architecture, rounded):
        integers, exponents = integer_weights(layer, weights, output_units(architecture, layer))
        weights[:] = integers / np.exp2(exponents)[:, None]
        steps = np.exp2(exponents + ACTIVATION_UNIT)
        bias[:] = np.floor(bias * steps + 0.5) / steps
    return rounded
