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
from l3c.training.wave.config import WaveConfig
from l3c.training.wave.objective import Parameters, initial_parameters, parameter_count
from l3c.training.wave.quantize import split
from l3c.wave.definition.architecture import WIDTHS, Architecture
from l3c.wave.definition.parameters import network_parameters
from l3c.wave.model_file import read_stored


def start(restore: Restore, architecture: Architecture, seed: int = 0) -> Parameters:
    """float32 [N] for an architecture, of a network that costs the same: what only this one has counts nothing yet.

    New inputs and outputs have weights of 0. Where layers are wider, new units take random weights, and what follows
    them weights of 0: so they learn, which units without any weights would not. seed: of the random weights.

    Raises ModelError where the network is another one, InputError where there is none.
    """
    own: Architecture | None = None
    if restore.file is None:
        _, place = restore.checkpoint()
        parameters = _of_state(read_state(place), place, averaged=restore.fresh)
        config = restore.experiment.any_config()
        own = config.network.architecture() if isinstance(config, WaveConfig) else None
    elif restore.file.endswith(".npz"):
        place = Path(restore.file)
        parameters = read_checkpoint(place)
    else:
        place, network = Path(restore.file), read_stored(restore.file).network
        parameters, own = network_parameters(network), network.architecture
    return _fitting(parameters, own, architecture, place, seed)


def _of_state(state: dict[str, Any], place: Path, averaged: bool) -> Parameters:
    if "parameters" not in state:
        raise ModelError(f"{place}: is a checkpoint of another network")
    parameters: Parameters = exported(state) if averaged else state["parameters"].numpy()
    return parameters


def exported(state: dict[str, Any]) -> Parameters:
    """The parameters of a checkpoint that are exported and begun with: averaged ones, where it has such."""
    parameters: Parameters = state.get("average", state["parameters"]).numpy()
    return parameters


def read_checkpoint(path: Path) -> Parameters:
    """Float parameters of a NumPy archive. Raises ModelError where it has none."""
    try:
        with np.load(path) as stored:
            return np.asarray(stored["parameters"], np.float32)
    except OSError as error:
        raise ModelError(f"{path}: not a checkpoint of the wave network: {error}") from error
    except (ValueError, KeyError) as error:  # NumPy says how to run what is in it
        raise ModelError(f"{path}: not a checkpoint of the wave network: holds no array `parameters`") from error


def _fitting(
    parameters: Parameters, own: Architecture | None, wanted: Architecture, place: Path, seed: int
) -> Parameters:
    """own: the architecture of the parameters, where it is known."""
    if own == wanted or (own is None and parameters.size == parameter_count(wanted)):
        return parameters
    plain = (replace(wanted, coupled=0), replace(wanted, coupled=0, fitted=0))
    for known in plain if own is None else [own]:
        if parameters.size == parameter_count(known) and _may_widen(known, wanted):
            return widened(known, parameters, wanted, seed)
    raise ModelError(f"{place}: its {parameters.size} parameters do not fit the {parameter_count(wanted)} here")


def _may_widen(plain: Architecture, wide: Architecture) -> bool:
    """Whether the wide one differs by inputs that the other lacks, and by wider layers, alone."""
    return (
        all(getattr(plain, name) == getattr(wide, name) for name in ("channels", "side_channels", "components"))
        and all(getattr(plain, name) <= getattr(wide, name) for name in ("fitted", "coupled", *WIDTHS))
        and (plain.fitted == wide.fitted or not plain.coupled)
    )


def widened(plain: Architecture, parameters: Parameters, wide: Architecture, seed: int = 0) -> Parameters:
    """The same network with more inputs, at the ends of segments or in further ones, and more outputs and units."""
    wider, begun = np.zeros(parameter_count(wide), np.float32), initial_parameters(wide, seed)
    for (old, weights, bias), (new, target, target_bias), (_, first, _) in zip(
        split(plain, parameters), split(wide, wider), split(wide, begun), strict=True
    ):
        target_bias[: old.outputs] = bias
        source = at = 0
        for size, room in zip_longest(old.segments, new.segments, fillvalue=0):
            target[: old.outputs, at : at + size] = weights[:, source : source + size]
            source, at = source + size, at + room
        if wide.coupled and not plain.coupled and plain.fitted and new.name in ("stage1.0", "stage2.0"):
            _couple(target[:, plain.context - plain.channels : plain.context])
        if not new.name.startswith("head") or new.name.endswith(".0"):  # a layer of units, no mixture's outputs
            target[old.outputs :] = first[old.outputs :]
    return wider


def _couple(of_fits: Parameters) -> None:
    """Weights of the fits: those of later channels are of what exceeds the first, which counts for them too."""
    of_fits[:, 0] = of_fits.sum(axis=1)
