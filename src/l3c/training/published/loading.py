"""Trained networks: of experiments, and of models by their float form."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch

from l3c.errors import InputError, ModelError
from l3c.models import search_path
from l3c.published.float_state import ENDING, read_float
from l3c.published.network import Published, make_network
from l3c.training.checkpoints import LATEST, read_state
from l3c.training.experiments import Experiment
from l3c.training.published.trainer import evaluated_weights, load_weights
from l3c.training.restoring import find_weights


@dataclass(frozen=True)
class Trained:
    """A network in evaluation mode, and where it came from. name: of the experiment, or the model.

    iteration: None where it is not known. place: the file of its weights, by path or URL.
    """

    network: Published
    name: str
    iteration: int | None
    place: str


def load_trained(experiment: Experiment, iteration: int = LATEST, device: torch.device | str = "cpu") -> Trained:
    """Load the checkpoint at or before an iteration; averaged weights where it has them."""
    chosen, path = experiment.checkpoints.choose(iteration)
    state = read_state(path)
    network = make_network(experiment.config().network)
    load_weights(network, evaluated_weights(state, path), True, str(path))
    return Trained(_ready(network, device, str(path)), experiment.name, chosen, str(path))


def load_float(place: str, device: torch.device | str = "cpu") -> Trained:
    """Load the float form of a model, by its path or URL. Raises ModelError."""
    stored = read_float(place)
    network = make_network(stored.architecture)
    load_weights(network, stored.state, True, place)
    name = search_path.stem(place).removesuffix(ENDING)
    return Trained(_ready(network, device, place), name, stored.iteration, place)


def find_trained(wanted: str, log_dir: Path, iteration: int = LATEST, device: torch.device | str = "cpu") -> Trained:
    """The network of a model, by its name or path, or else of an experiment. Raises InputError and ModelError."""
    source = find_weights(wanted, log_dir)
    if isinstance(source, Experiment):
        return load_trained(source, iteration, device)
    if iteration != LATEST:
        raise InputError(f"{wanted}: is a model, which has no checkpoints to choose by an iteration")
    return load_float(str(source), device)


def _ready(network: Published, device: torch.device | str, place: str) -> Published:
    """Raises ModelError where a weight is not finite: some of those a cost would not show."""
    for name, value in network.state_dict().items():
        if not bool(torch.isfinite(value).all()):
            raise ModelError(f"{place}: {name} has values that are not finite")
    return network.to(device).eval().requires_grad_(False)
