"""Evaluate experiments on folders, remembering what was computed before."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import torch

from l3c.errors import InputError
from l3c.published.architecture import recursions_of
from l3c.training.evaluation import Progress, Result, Settings, evaluate
from l3c.training.experiments import Experiment, find_experiment
from l3c.training.loading import load_trained
from l3c.training.processes import choose_device
from l3c.training.results import ResultCache
from l3c.training.test_sets import Selection, TestSet, select


@dataclass(frozen=True)
class Request:
    """What is asked for. names: shown for the experiments, in their order. iterations: -1 is the latest."""

    experiments: tuple[str, ...]
    folders: tuple[Path, ...]
    log_dir: Path
    names: tuple[str, ...] = ()
    iterations: tuple[int, ...] = (-1,)
    selection: Selection = field(default_factory=Selection)
    settings: Settings = field(default_factory=Settings)
    device: str = "auto"
    overwrite_cache: bool = False
    reset_cache: bool = False


def evaluate_all(request: Request, progress_for: Callable[[str], Progress]) -> list[Result]:
    """Every experiment, at every iteration, on every folder."""
    device = choose_device(request.device)
    testsets = [select(folder, request.selection) for folder in request.folders]
    results = []
    for experiment, name in _named(request):
        if request.reset_cache:
            ResultCache(experiment.folder).clear()
        for iteration in request.iterations:
            for testset in testsets:
                progress = progress_for(f"{name} on {testset.name}")
                results.append(_evaluate(experiment, name, iteration, testset, request, device, progress))
    return results


def _named(request: Request) -> list[tuple[Experiment, str]]:
    found = [find_experiment(wanted, request.log_dir) for wanted in request.experiments]
    if not request.names:
        return [(experiment, experiment.name) for experiment in found]
    if len(request.names) != len(found):
        raise InputError(f"--names: {len(request.names)} names for {len(found)} experiments")
    return [(e, f"{name} ({e.name.split(' ')[0]})") for e, name in zip(found, request.names, strict=True)]


def _evaluate(
    experiment: Experiment,
    name: str,
    iteration: int,
    testset: TestSet,
    request: Request,
    device: torch.device,
    progress: Progress,
) -> Result:
    found, checkpoint = experiment.checkpoints.choose(iteration)
    cache = ResultCache(experiment.folder)
    path = cache.path(checkpoint, testset, request.settings, device.type)
    known = None if request.overwrite_cache else cache.read(path)
    if known is None:
        trained = load_trained(experiment, found, device)
        recursions = recursions_of(trained.network.architecture, request.settings.recursions)
        pictures = evaluate(trained.network, testset, request.settings, progress)
        known = Result(testset.name, name, found, recursions, pictures)
        cache.write(path, known)
    return Result(testset.name, name, found, known.recursions, known.pictures)
