"""Released checkpoints into experiment folders."""

from __future__ import annotations

from pathlib import Path

from l3c.errors import InputError
from l3c.published.released import Released, read_released
from l3c.training.checkpoints import Policy
from l3c.training.config import Config, Optimizer
from l3c.training.experiments import Experiment


def import_released(source: Path, log_dir: Path) -> list[Experiment]:
    """Copy every checkpoint into `log_dir`; an experiment keeps its name. Its optimizer's state is left out.

    The released optimizer state names parameters by addresses in memory, which mean nothing any more.
    """
    experiments = {}
    for released in read_released(source):
        experiments[released.experiment] = _write(released, log_dir)
    return list(experiments.values())


def _write(released: Released, log_dir: Path) -> Experiment:
    experiment = Experiment(log_dir / released.experiment)
    config = Config(network=released.architecture, optimizer=Optimizer(schedule="exp_0.75_e5"))
    if experiment.folder.exists() and experiment.config().network != config.network:
        raise InputError(f"{experiment.folder}: exists already, with another network")
    experiment.folder.mkdir(parents=True, exist_ok=True)
    experiment.write_config(config)
    state = {"network": released.state, "iteration": released.iteration, "config": config.to_dict()}
    experiment.checkpoints.save(released.iteration, state, Policy(), keep=True)
    return experiment
