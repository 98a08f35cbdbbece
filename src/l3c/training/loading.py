"""Trained networks out of experiment folders."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch

from l3c.published.network import Published, make_network
from l3c.training.checkpoints import LATEST, read_state
from l3c.training.experiments import Experiment
from l3c.training.trainer import evaluated_weights, load_weights


@dataclass(frozen=True)
class Trained:
    """A network in evaluation mode, and where it came from."""

    network: Published
    experiment: Experiment
    iteration: int
    checkpoint: Path


def load_trained(experiment: Experiment, iteration: int = LATEST, device: torch.device | str = "cpu") -> Trained:
    """Load the checkpoint at or before an iteration; averaged weights where they were kept."""
    found, path = experiment.checkpoints.choose(iteration)
    state = read_state(path)
    network = make_network(experiment.config().network)
    load_weights(network, evaluated_weights(state, path), True, str(path))
    return Trained(network.to(device).eval().requires_grad_(False), experiment, found, path)
