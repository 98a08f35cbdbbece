"""Writes a trained wave network as the integers a codec runs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from l3c.errors import InputError, ModelError
from l3c.storage.atomic import write_whole
from l3c.training.checkpoints import read_state
from l3c.training.experiments import Experiment
from l3c.training.wave.config import WaveConfig
from l3c.training.wave.quantize import integer_weights, split
from l3c.training.wave.start import exported
from l3c.wave.definition.architecture import Architecture, Layer
from l3c.wave.definition.network import IntegerLayer
from l3c.wave.definition.scales import ACTIVATION_UNIT, OFFSET, offset_inputs, output_units
from l3c.wave.model_file import file_content
from l3c.wave.presets import LEARNING

SUM_MAX = 2**31 - 1  # of int32: the codec's sums
EVERYDAY = "everyday"
"""How a network learns unless another name is given."""


def integer_layer(
    architecture: Architecture, layer: Layer, weights: NDArray[np.float32], bias: NDArray[np.float32]
) -> IntegerLayer:
    """Round one layer; the 128 that is added to differences is taken off the bias. Proves that sums fit 32 bits.

    Raises ModelError where they do not, or where a parameter is no finite number.
    """
    if not (np.isfinite(weights).all() and np.isfinite(bias).all()):
        raise ModelError(f"{layer.name}: parameters that are no finite numbers; train on from an earlier checkpoint")
    units = output_units(architecture, layer)
    rounded, exponents = integer_weights(layer, weights, units)
    integers = rounded.astype(np.int64)
    start = np.floor(bias.astype(np.float64) * np.exp2(exponents + ACTIVATION_UNIT) + 0.5).astype(np.int64)
    start -= OFFSET * integers[:, offset_inputs(architecture, layer)].sum(axis=1)
    if (np.abs(integers).sum(axis=1) * 255 + np.abs(start) + 2**24).max() > SUM_MAX:
        raise ModelError(f"{layer.name}: a sum may leave 32 bits")
    shift = (exponents + ACTIVATION_UNIT - units).astype(np.uint8)
    return IntegerLayer(integers.astype(np.int8), start.astype(np.int32), shift)


def export(architecture: Architecture, parameters: NDArray[np.float32]) -> dict[str, NDArray[np.generic]]:
    """Tensors NAME.weight, NAME.bias, NAME.shift of all layers. Raises ModelError naming a layer that is no such."""
    tensors: dict[str, NDArray[np.generic]] = {}
    for layer, weights, bias in split(architecture, parameters):
        integers = integer_layer(architecture, layer, weights, bias)
        tensors |= {f"{layer.name}.{part}": value for part, value in vars(integers).items() if part != "weights"}
        tensors[f"{layer.name}.weight"] = integers.weights
    return tensors


def export_wave(
    experiment: Experiment, config: WaveConfig, target: Path, iteration: int, learning: str
) -> tuple[int, bytes]:
    """Write the integers of a checkpoint, whole or not at all: (iteration, digest). learning: a key of LEARNING."""
    if learning not in LEARNING:
        raise InputError(f"learning {learning!r}: there is {', '.join(LEARNING)}")
    chosen, path = experiment.checkpoints.choose(iteration)
    architecture = config.network.architecture()
    tensors = export(architecture, exported(read_state(path)))
    content, digest = file_content(architecture, tensors, LEARNING[learning])
    write_whole(target, content)
    return chosen, digest
