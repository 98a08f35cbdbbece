"""Evaluate experiments by their probabilities, remembering what was computed before; or as models, by their files."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import replace

import torch

from l3c.codec.models import find_model
from l3c.published.architecture import RGB_CHANNELS, recursions_of
from l3c.training.evaluation.costs import Progress, Result, Settings, check_finite
from l3c.training.evaluation.probabilities import cost_of, evaluate
from l3c.training.evaluation.request import Request
from l3c.training.evaluation.results import ResultCache
from l3c.training.evaluation.subject import Subject, Writing
from l3c.training.evaluation.test_sets import TestSet
from l3c.training.experiments import Experiment, find_experiment
from l3c.training.picture_files import Pixels
from l3c.training.processes import choose_device
from l3c.training.published.export import export_experiment, training_images
from l3c.training.published.loading import load_float, load_trained
from l3c.training.restoring import need_float

logger = logging.getLogger(__name__)


def evaluate_experiment(
    subject: str, label: str, request: Request, progress_for: Callable[[str], Progress]
) -> list[Result]:
    """One experiment at every iteration on every folder."""
    experiment, device = find_experiment(subject, request.log_dir), choose_device(request.device)
    testsets = request.testsets()
    if request.reset_cache:
        ResultCache(experiment.folder).clear()
    return [
        _evaluate(experiment, label, iteration, testset, request, device, progress_for(f"{label} on {testset.name}"))
        for iteration in request.iterations
        for testset in testsets
    ]


def _evaluate(
    experiment: Experiment,
    name: str,
    iteration: int,
    testset: TestSet,
    request: Request,
    device: torch.device,
    progress: Progress,
) -> Result:
    chosen, checkpoint = experiment.checkpoints.choose(iteration)
    cache = ResultCache(experiment.folder)
    path = cache.path(checkpoint, testset, request.settings, device.type)
    known = None if request.overwrite_cache else cache.read(path)
    if known is None:
        trained = load_trained(experiment, chosen, device)
        recursions = recursions_of(trained.network.architecture, request.settings.recursions)
        pictures, skipped = evaluate(trained.network, trained.place, testset, request.settings, progress)
        known = Result(testset.name, name, chosen, recursions, pictures, skipped)
        try:
            cache.write(path, known)
        except OSError as error:
            logger.warning("%s: %s; the result is not remembered", cache.folder, error.strerror or error)
    return replace(known, experiment=name)


def evaluate_float(subject: str, label: str, request: Request, progress_for: Callable[[str], Progress]) -> list[Result]:
    """A model by its float form, on every folder; nothing is remembered. Raises ModelError where that is not here."""
    trained = load_float(need_float(subject), choose_device(request.device))
    recursions = recursions_of(trained.network.architecture, request.settings.recursions)
    results = []
    for testset in request.testsets():
        progress = progress_for(f"{label} on {testset.name}")
        pictures, skipped = evaluate(trained.network, trained.place, testset, request.settings, progress)
        results.append(Result(testset.name, f"{label}, float", trained.iteration, recursions, pictures, skipped))
    return results


def export_subjects(subject: str, label: str, request: Request, writing: Writing) -> Iterator[Subject]:
    """An experiment as a model at every iteration, beside the files that it writes: they need it to be decoded."""
    experiment = find_experiment(subject, request.log_dir)
    images = request.images or training_images(experiment)
    for iteration in request.iterations:
        chosen, _ = experiment.checkpoints.choose(iteration)
        path = writing.folder / f"{experiment.name.split(' ')[0]}_{chosen}.safetensors"
        export_experiment(experiment, path, images, chosen)
        writing.say(f"{path}: iteration {chosen} as integers; decoding needs it: L3C_MODELS={writing.folder}")
        loss = _loss(experiment, chosen, choose_device(request.device)) if writing.theory else None
        yield Subject(label, find_model(str(path), RGB_CHANNELS, request.device), chosen, loss)


def _loss(experiment: Experiment, iteration: int, device: torch.device) -> Callable[[Pixels], tuple[float, ...]]:
    trained = load_trained(experiment, iteration, device)

    def loss(tile: Pixels) -> tuple[float, ...]:
        bits = cost_of(trained.network, tile, Settings(max_pixels=tile.size))
        check_finite(bits, trained.place, "a tile")
        return bits

    return loss
