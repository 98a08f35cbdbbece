"""`l3c eval --write`: every picture to a file and back, with times, and bytes beside theory."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from l3c.container.constants import FILE_SUFFIX
from l3c.errors import InputError, L3CError
from l3c.storage.atomic import write_whole
from l3c.training.evaluation.costs import PictureCost, Result
from l3c.training.evaluation.real_files import RealFile
from l3c.training.evaluation.request import Request, find_subject, is_model
from l3c.training.evaluation.subject import Subject, Writing
from l3c.training.evaluation.test_sets import TestSet


def write_all(request: Request, writing: Writing) -> tuple[list[Result], list[RealFile]]:
    """Every subject on every folder. Raises InputError where a file is there already."""
    testsets, results, files = request.testsets(), [], []
    subjects = list(_subjects(request, writing))
    if writing.theory:
        _check_theory(subjects, writing)
    several = len(subjects) * len(testsets) > 1
    for subject in subjects:
        for testset in testsets:
            folder = writing.folder / _folder_name(subject, testset) if several else writing.folder
            skipped = list[str]()
            made = list(_write(subject, testset, folder, writing, request.device, skipped))
            costs = tuple(PictureCost(path.name, f.subpixels, (8.0 * len(f.data),)) for path, f in made)
            results.append(Result(testset.name, subject.label, subject.iteration, 0, costs, tuple(skipped)))
            files += [file for _, file in made]
    return results, files


def _subjects(request: Request, writing: Writing) -> Iterator[Subject]:
    for name, label in zip(request.subjects, request.labels(), strict=True):
        if is_model(name):
            yield Subject(label, find_subject(name, request.device))
        else:
            from l3c.training.evaluation.trained import export_subjects

            yield from export_subjects(name, label, request, writing)


def _check_theory(subjects: Sequence[Subject], writing: Writing) -> None:
    """Name the models that have no scales to compare; raise InputError where no other is asked for."""
    without = [subject.label for subject in subjects if not subject.has_scales]
    said = f"{', '.join(without)}: codes all at once; only published networks have scales to compare with theory"
    if len(without) == len(subjects):
        raise InputError(f"--compare-theory: {said}")
    if without:
        writing.say(said)


def _folder_name(subject: Subject, testset: TestSet) -> str:
    name = f"{subject.model.name} {Path(testset.name).name}"
    return name.replace("/", "-")


def _write(
    subject: Subject, testset: TestSet, folder: Path, writing: Writing, device: str, skipped: list[str]
) -> Iterator[tuple[Path, RealFile]]:
    folder.mkdir(parents=True, exist_ok=True)
    for _, path, image in testset.pictures(skipped):
        target = folder / (path.name + FILE_SUFFIX)
        if target.exists():
            raise InputError(f"{target}: exists already; choose another folder")
        try:
            file = subject.make(image, device)
        except L3CError as error:
            raise type(error)(f"{path}: {error}") from error
        write_whole(target, file.data, replace=False)
        writing.say(_line(target, file))
        if writing.theory and file.theory:
            writing.say(comparison(file, subject.losses(image)))
        yield path, file


def _line(target: Path, file: RealFile) -> str:
    times = ", ".join(f"{stage} {seconds:.2f} s" for stage, seconds in file.seconds.items())
    return f"{target}: {len(file.data):,} bytes, {8 * len(file.data) / file.subpixels:.4f} bpsp; {times}"


def comparison(file: RealFile, losses: list[float] | None) -> str:
    """A table: bytes of each scale by the float network, by the integer model's frequencies, and in the payloads."""
    columns = [list(file.theory), list(file.actual)]
    columns = [losses, *columns] if losses else columns
    names = ["image", *(f"z{scale}" for scale in range(1, len(file.theory)))]
    rows = [[column[i] for column in columns] for i in range(len(names))]
    total = [sum(column) for column in columns]
    whole = [*total[:-1], float(len(file.data))]
    heads = "".join(f"{head:>12}" for head in (["loss"] if losses else []) + ["theory", "actual", "excess"])
    named = zip([*names, "all scales", "whole file"], [*rows, total, whole], strict=True)
    return "\n".join([f"  {'scale':<12}{heads}", *(_row(name, row) for name, row in named)])


def _row(name: str, row: list[float]) -> str:
    excess = f"{row[-1] / row[-2] - 1:+.2%}" if row[-2] else "-"
    return f"  {name:<12}{''.join(f'{value:>12,.0f}' for value in row)}{excess:>12}"


def write_report(path: Path, files: Sequence[RealFile]) -> None:
    """Mean seconds of each stage as JSON; the first picture warms up, and does not count unless it is the only one."""
    counted = files[1:] or files
    stages = dict.fromkeys(stage for file in counted for stage in file.seconds)
    means = {s: float(np.mean([file.seconds[s] for file in counted if s in file.seconds])) for s in stages}
    write_whole(path, (json.dumps({"pictures": len(counted), "seconds": means}, indent=1) + "\n").encode())
