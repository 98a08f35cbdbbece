"""Start, restart or continue a run."""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from l3c.errors import InputError, L3CError
from l3c.storage.atomic import write_whole
from l3c.training.checkpoints import LATEST
from l3c.training.config_files import AnyConfig, find_config, read_config
from l3c.training.experiments import (
    Experiment,
    create_experiment,
    find_experiment,
    label_parts,
    record_change,
    undone_unless_begun,
)
from l3c.training.processes import Processes, join_processes
from l3c.training.request import OnSave, Request
from l3c.training.restoring import NO_MODELS, Restore, check_same_network, find_weights, is_weight_file
from l3c.training.wings import wing_of

logger = logging.getLogger(__name__)

TRACE = "error.txt"  # in an experiment's folder: the traceback of an unforeseen error that ended a run


def train(request: Request, on_save: OnSave | None = None) -> Experiment:
    """Train until the end that the configuration sets, and return the experiment.

    on_save: of a published network's trainer, see there.
    """
    paths = find_config("model", request.model), find_config("data", request.data)
    config = read_config(paths, request.overrides)
    restore = _restore(request, config)
    if restore:
        _check(request, restore, config)
    wing = wing_of(config)
    with join_processes(wing.device(request)) as processes:
        wing.check(request, processes)
        with _experiment(request, config, paths, restore, processes) as experiment:
            if processes.leads:
                experiment.checkpoints.tidy()
            trainer = wing.trainer(experiment, config, request, processes, on_save)
            if restore:
                trainer.restore(restore)
            if request.restore_continue and restore and processes.leads:
                _record(experiment, config, restore)
            with _traced(experiment):
                trainer.train()
    return experiment


def _check(request: Request, restore: Restore, config: AnyConfig) -> None:
    """Raise InputError where a restore does not suit a configuration."""
    if request.restore_continue or (wing_of(config).restores_the_same_network and not restore.fresh):
        check_same_network(restore.experiment, config)
    if not restore.fresh or restore.file is None:
        restore.checkpoint()


def _restore(request: Request, config: AnyConfig) -> Restore | None:
    wanted = request.restore or request.restore_continue or request.restore_restart
    if wanted is None:
        if request.iteration != LATEST or not request.strict:
            raise InputError("--iteration and --no-strict need an experiment to begin with: --restore EXP")
        return None
    if request.restore_restart is not None:
        place = find_weights(wanted, request.log_dir, wing_of(config).channels(config))
        if request.iteration != LATEST and not isinstance(place, Experiment):
            raise InputError(f"{wanted}: is a model, which has no checkpoints to choose by an iteration")
        return Restore(place, request.iteration, fresh=True, strict=request.strict)
    if is_weight_file(wanted):
        begins = wing_of(config).channels(config) != NO_MODELS
        hint = "; a run can begin with it: --restore-restart" if begins else ""
        raise InputError(f"{wanted}: is no experiment that could go on{hint}")
    return Restore(find_experiment(wanted, request.log_dir), request.iteration, strict=request.strict)


@contextmanager
def _experiment(
    request: Request, config: AnyConfig, paths: tuple[Path, Path], restore: Restore | None, processes: Processes
) -> Iterator[Experiment]:
    """Lend the folder of this run, for all processes. The leader makes it, and undoes that on an early error."""
    if request.restore_continue and restore:
        experiment = restore.experiment
    else:
        made = None
        if processes.leads:
            made = create_experiment(request.log_dir, label_parts(*paths, request.overrides), config).folder
            print(f"experiment {made}", file=sys.stderr)
        shared = processes.share(made)
        assert shared is not None
        experiment = Experiment(shared)
    if not processes.leads:
        yield experiment
        return
    with undone_unless_begun(experiment, new=not request.restore_continue):
        yield experiment


@contextmanager
def _traced(experiment: Experiment) -> Iterator[None]:
    """Keep where an unforeseen error was raised: hours of a run may lie before it."""
    try:
        yield
    except (L3CError, OSError, MemoryError):
        raise
    except Exception:
        write_whole(experiment.folder / TRACE, traceback.format_exc().encode())
        raise


def _record(experiment: Experiment, config: AnyConfig, restore: Restore) -> None:
    """Save a run's earlier configuration before it goes on with another, and report the changes."""
    iteration, _ = restore.checkpoint()
    for change in record_change(experiment, config, iteration):
        logger.warning("%s: from iteration %d on, %s", experiment.name, iteration, change)


def debug(request: Request) -> Request:
    """Ask for the same, but for a single iteration with a validation."""
    options = {**request.options, "log_every": 1, "log_heavy": 1, "validate_every": 1}
    return replace(request, overrides=(*request.overrides, "run.iterations=1"), options=options)
