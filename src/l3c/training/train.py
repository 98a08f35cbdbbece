"""Start, restart or continue a run."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field, replace
from pathlib import Path

from l3c.errors import InputError
from l3c.training.checkpoints import LATEST
from l3c.training.config import Config, read_config
from l3c.training.experiments import Experiment, create_experiment, find_experiment, label_parts
from l3c.training.processes import Processes, join_processes
from l3c.training.trainer import Options, Restore, Trainer, check_same_network

CONFIGS = Path("configs")


@dataclass(frozen=True)
class Request:
    """What the command line asks for. At most one of the restores is given: the name or path of an experiment.

    restore: go on in a new folder. restore_continue: go on in its own. restore_restart: its weights, iteration 0.
    """

    model: str
    data: str
    log_dir: Path
    overrides: tuple[str, ...] = ()
    restore: str | None = None
    restore_continue: str | None = None
    restore_restart: str | None = None
    iteration: int = LATEST
    strict: bool = True
    device: str = "auto"
    options: Options = field(default_factory=Options)


def find_config(kind: str, name: str) -> Path:
    """Take a path to a configuration, or the name of one in `configs/KIND`."""
    path = Path(name)
    named = CONFIGS / kind / f"{name}.yaml"
    if not path.is_file() and named.is_file():
        return named
    if not path.is_file():
        known = ", ".join(sorted(found.stem for found in named.parent.glob("*.yaml"))) or "none"
        raise InputError(f"{name}: no such file, and not in {named.parent}, which has {known}")
    return path


def train(request: Request) -> Experiment:
    """Train until the end that the configuration sets, and return the experiment."""
    paths = find_config("model", request.model), find_config("data", request.data)
    config = read_config(paths, request.overrides)
    with join_processes(request.device) as processes:
        restore = _restore(request)
        if request.restore_continue and restore:
            check_same_network(restore.experiment, config)
        folder = _folder(request, config, paths, restore, processes)
        trainer = Trainer(Experiment(folder), config, request.options, processes)
        if restore:
            trainer.restore(restore)
        trainer.train()
    return Experiment(folder)


def _restore(request: Request) -> Restore | None:
    wanted = request.restore or request.restore_continue or request.restore_restart
    if wanted is None:
        return None
    experiment = find_experiment(wanted, request.log_dir)
    return Restore(experiment, request.iteration, request.restore_restart is not None, request.strict)


def _folder(
    request: Request, config: Config, paths: tuple[Path, Path], restore: Restore | None, processes: Processes
) -> Path:
    """Choose the folder of this run, the same for all processes; the leader makes it."""
    if request.restore_continue and restore:
        if processes.leads:
            restore.experiment.write_config(config)
        return restore.experiment.folder
    made = None
    if processes.leads:
        made = create_experiment(request.log_dir, label_parts(*paths, request.overrides), config).folder
        print(f"experiment {made}", file=sys.stderr)
    shared = processes.share(made)
    assert shared is not None
    return shared


def debug(request: Request) -> Request:
    """Ask for the same, but for a single iteration with a validation."""
    options = replace(request.options, log_every=1, heavy=1, validate_every=1)
    return replace(request, overrides=(*request.overrides, "run.iterations=1"), options=options)
