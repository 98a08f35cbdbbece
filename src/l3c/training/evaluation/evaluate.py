"""Evaluate trained networks and models of the codec on folders. PyTorch is needed for the former only."""

from __future__ import annotations

from collections.abc import Callable

from l3c import api
from l3c.training.evaluation.costs import PictureCost, Progress, Result
from l3c.training.evaluation.real_files import model_file
from l3c.training.evaluation.request import Request, find_subject, is_model
from l3c.training.evaluation.test_sets import TestSet


def evaluate_all(request: Request, progress_for: Callable[[str], Progress]) -> list[Result]:
    """Every subject, experiments at every iteration, on every folder."""
    results = []
    for subject, label in zip(request.subjects, request.labels(), strict=True):
        if request.float_form and is_model(subject):
            from l3c.training.evaluation.trained import evaluate_float

            results += evaluate_float(subject, label, request, progress_for)
        elif is_model(subject):
            for testset in request.testsets():
                progress = progress_for(f"{label} on {testset.name}")
                results.append(evaluate_model(subject, label, testset, request, progress))
        else:
            from l3c.training.evaluation.trained import evaluate_experiment

            results += evaluate_experiment(subject, label, request, progress_for)
    return results


def evaluate_model(name: str, label: str, testset: TestSet, request: Request, progress: Progress) -> Result:
    """What RGB pictures cost under a model: files whose every tile it codes, or those that `l3c encode` makes."""
    model, device = find_subject(name, request.device), request.device
    costs, skipped = [], list[str]()
    for number, path, image in testset.pictures(skipped):
        data = api.encode(image, model=name, device=device) if request.history else model_file(image, model)
        costs.append(PictureCost(path.name, image.size, (8.0 * len(data),)))
        progress((number + 1) / len(testset.paths))
    return Result(testset.name, label, None, 0, tuple(costs), tuple(skipped))
