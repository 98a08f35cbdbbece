"""A run's state in a few small files, to carry it to another machine: weights exact, moments at half precision."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

import torch
from torch import Tensor

from l3c.errors import ModelError
from l3c.published.float_state import read_float
from l3c.published.network import make_network
from l3c.storage.atomic import write_whole
from l3c.training.checkpoints import Policy
from l3c.training.config_files import config_from
from l3c.training.experiments import Experiment
from l3c.training.published.config import Config
from l3c.training.published.optimizers import MOMENTS

FORMAT = "l3c-training-1"  # in the metadata of files, with a version
LIMIT = 16 << 20
"""Bytes of a file at most, where nothing else is asked for."""

HEADER = 128 << 10
"""Bytes left free for a file's header: some hundred tensors of about 120 bytes each."""

NETWORK = "network"  # begins the names of a network's tensors


def write_run(folder: Path, name: str, state: Mapping[str, Any], limit: int = LIMIT) -> list[Path]:
    """Write a checkpoint's state as `NAME-state-1.safetensors`, -2, ... of at most `limit` bytes; parts of before go.

    Weights are float32, moments of the optimizer bfloat16; averaged weights are left out.
    """
    from safetensors.torch import save

    config = config_from(state["config"], name)
    assert isinstance(config, Config)
    tensors = {f"{NETWORK}.{key}": value.float() for key, value in state[NETWORK].items()}
    moments = state["optimizer"]["state"]
    for place, key in enumerate(_trained(config)):
        for part in MOMENTS[config.optimizer.name]:
            if place in moments:
                tensors[f"{part}.{key}"] = moments[place][part].bfloat16()
    steps = max((float(entry["step"]) for entry in moments.values()), default=0.0)
    said = {"iteration": state["iteration"], "config": state["config"], "steps": steps}
    parts = _divided({key: value.detach().cpu().contiguous().clone() for key, value in tensors.items()}, limit - HEADER)
    common = {"format": FORMAT, "save": uuid4().hex, "parts": str(len(parts)), "state": json.dumps(said)}
    files = {_file(folder, name, i): save(part, {**common, "part": str(i)}) for i, part in enumerate(parts, 1)}
    for path, data in files.items():  # all are made before the first is written, so that parts rarely differ in age
        write_whole(path, data)
    for path in set(_files(folder, name)) - set(files):
        path.unlink()
    return list(files)


def read_run(folder: Path, name: str) -> dict[str, Any]:
    """The state that was written, as of a checkpoint.

    Raises ModelError where parts are missing, damaged or of another save.
    """
    from safetensors import SafetensorError, safe_open

    paths = _files(folder, name)
    if not paths:
        raise ModelError(f"{folder}: holds no {_file(folder, name, 1).name}")
    tensors: dict[str, Tensor] = {}
    saves: set[tuple[str | None, str | None]] = set()
    said: dict[str, str] = {}
    for path in paths:
        try:
            with safe_open(path, "pt") as file:
                said = file.metadata() or {}
                saves.add((said.get("format"), said.get("save")))
                tensors |= {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
        except (OSError, SafetensorError) as error:
            raise ModelError(f"{path}: damaged: {error}") from error
    if len(saves) != 1 or said.get("format") != FORMAT or said.get("parts") != str(len(paths)):
        raise ModelError(
            f"{paths[0]}: these {len(paths)} parts are not one whole state: some are missing or of another save"
        )
    try:
        return _state(json.loads(said["state"]), tensors, str(paths[0]))
    except (KeyError, ValueError) as error:
        raise ModelError(f"{paths[0]}: is no state of a run: {error}") from error


def holds_run(folder: Path, name: str) -> bool:
    return bool(_files(folder, name))


def from_float(place: Path, folder: Path) -> Experiment:
    """Make an experiment's folder of the float form of a model. Raises ModelError where it is none."""
    stored = read_float(str(place))
    experiment, config = Experiment(folder), Config(network=stored.architecture)
    experiment.folder.mkdir(parents=True)
    experiment.write_config(config)
    iteration = stored.iteration or 0
    state = {NETWORK: stored.state, "iteration": iteration, "config": config.to_dict()}
    experiment.checkpoints.save(iteration, state, Policy(), permanent=True)
    return experiment


def _state(said: Mapping[str, Any], tensors: Mapping[str, Tensor], place: str) -> dict[str, Any]:
    config = config_from(said["config"], place)
    assert isinstance(config, Config)
    network = {key.partition(".")[2]: value for key, value in tensors.items() if key.startswith(NETWORK + ".")}
    parts, trained = MOMENTS[config.optimizer.name], _trained(config)
    step = torch.tensor(said["steps"])
    moments = {
        i: {"step": step.clone(), **{part: tensors[f"{part}.{key}"].float() for part in parts}}
        for i, key in enumerate(trained)
        if f"{parts[0]}.{key}" in tensors
    }
    optimizer = {"state": moments, "param_groups": [{"params": list(range(len(trained)))}]}
    return {NETWORK: network, "optimizer": optimizer, "iteration": said["iteration"], "config": said["config"]}


def _trained(config: Config) -> list[str]:
    """Names of the parameters that are trained, in the optimizer's order."""
    with torch.device("meta"):
        network = make_network(config.network)
    return [name for name, parameter in network.named_parameters() if parameter.requires_grad]


def _divided(tensors: Mapping[str, Tensor], limit: int) -> list[dict[str, Tensor]]:
    """Parts in order, each of at most `limit` bytes; a tensor above that has a part of its own."""
    parts: list[dict[str, Tensor]] = [{}]
    left = limit
    for key, value in tensors.items():
        if value.nbytes > left and parts[-1]:
            parts.append({})
            left = limit
        parts[-1][key] = value
        left -= value.nbytes
    return parts


def _file(folder: Path, name: str, part: int) -> Path:
    return folder / f"{name}-state-{part}.safetensors"


def _files(folder: Path, name: str) -> list[Path]:
    return sorted(folder.glob(f"{name}-state-*.safetensors"))
