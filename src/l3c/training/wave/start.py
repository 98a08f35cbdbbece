"""Parameters that another training of the wave network begins with: of an experiment, a weight file, a checkpoint."""

from __future__ import annotations

from dataclasses import replace
from itertools import zip_longest
from pathlib import Path
from typing import Any

import numpy as np

from l3c.errors import ModelError
from l3c.training.checkpoints import read_state
from l3c.training.restoring import Restore
from l3c.training.wave.objective import Parameters, parameter_count
from l3c.training.wave.quantize import split
from l3c.wave.definition.architecture import Architecture
from l3c.wave.definition.parameters import network_parameters
from l3c.wave.model_file import read_stored


def start(restore: Restore, architecture: Architecture) -> Parameters:
    """float32 [N] for an architecture; inputs and outputs that only this one has get weights of 0.

    Raises ModelError where the network is another one, InputError where there is none.
    """
    if restore.file is None:
        _, place = restore.checkpoint()
        parameters = _of_state(read_state(place), place)
    elif restore.file.endswith(".npz"):
        place = Path(restore.file)
        parameters = read_checkpoint(place)
    else:
        place, parameters = Path(restore.file), network_parameters(read_stored(restore.file).network)
    return _fitting(parameters, architecture, place)


def _of_state(state: dict[str, Any], place: Path) -> Parameters:
    if "parameters" not in state:
        raise ModelError(f"{place}: is a checkpoint of another network")
    parameters: Parameters = state["parameters"].numpy()
    return parameters


def read_checkpoint(path: Path) -> Parameters:
    """Float parameters of a NumPy archive. Raises ModelError where it has none."""
    try:
        with np.load(path) as stored:
            return np.asarray(stored["parameters"], np.float32)
    except (OSError, ValueError, KeyError) as error:
        raise ModelError(f"{path}: not a checkpoint of the wave network: {error}") from error


def _fitting(parameters: Parameters, architecture: Architecture, place: Path) -> Parameters:
    if parameters.size == parameter_count(architecture):
        return parameters
    for plain in (replace(architecture, coupled=0), replace(architecture, coupled=0, fitted=0)):
        if parameters.size == parameter_count(plain):
            return widened(plain, parameters, architecture)
    raise ModelError(f"{place}: its {parameters.size} parameters do not fit the {parameter_count(architecture)} here")


def widened(plain: Architecture, parameters: Parameters, wide: Architecture) -> Parameters:
    """The same network with more inputs, at the ends of segments or in further ones, and more outputs."""
    wider = np.zeros(parameter_count(wide), np.float32)
    for (old, weights, bias), (new, target, target_bias) in zip(
        split(plain, parameters), split(wide, wider), strict=True
    ):
        target_bias[: old.outputs] = bias
        source = at = 0
        for size, room in zip_longest(old.segments, new.segments, fillvalue=0):
            target[: old.outputs, at : at + size] = weights[:, source : source + size]
            source, at = source + size, at + room
        if wide.coupled and plain.fitted and new.name in ("stage1.0", "stage2.0"):
            _couple(target[:, plain.context - plain.channels : plain.context])
    return wider


def _couple(of_fits: Parameters) -> None:
    """Weights of the fits: those of later channels are of what exceeds the first, which counts for them too."""
    of_fits[:, 0] = of_fits.sum(axis=1)
