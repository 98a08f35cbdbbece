"""Where a run that does not begin anew begins."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from l3c.errors import InputError
from l3c.training.checkpoints import LATEST
from l3c.training.config_files import AnyConfig
from l3c.training.experiments import Experiment, find_experiment

WEIGHT_FILES = (".safetensors", ".npz")


@dataclass(frozen=True)
class Restore:
    """place: an experiment, or a file of weights. fresh: only the weights, at iteration 0. strict: all must fit."""

    place: Experiment | Path
    iteration: int = LATEST
    fresh: bool = False
    strict: bool = True

    @property
    def experiment(self) -> Experiment:
        """Raises InputError where it is a file."""
        if isinstance(self.place, Path):
            raise InputError(f"{self.place}: is no experiment; only the wave network restarts from files of weights")
        return self.place

    def checkpoint(self) -> tuple[int, Path]:
        """Iteration and file."""
        return self.experiment.checkpoints.choose(self.iteration)


def find_weights(wanted: str, log_dir: Path) -> Experiment | Path:
    """A file of weights by its path, or an experiment as `find_experiment` finds it."""
    path = Path(wanted)
    return path if path.suffix in WEIGHT_FILES and path.is_file() else find_experiment(wanted, log_dir)


def check_same_network(experiment: Experiment, config: AnyConfig) -> None:
    """Raise InputError where a run that is to go on had another network."""
    network = experiment.any_config().network
    if network != config.network:
        raise InputError(f"{experiment.folder}: was begun with another network: {network}")
