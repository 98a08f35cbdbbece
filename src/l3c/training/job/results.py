"""Results in a few small files, by which another call goes on."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path

from l3c.errors import InputError
from l3c.storage.atomic import write_whole
from l3c.training.experiments import LOG, Experiment
from l3c.training.job.job import Job, Stage, machine
from l3c.training.job.table import COST, Line, table_of

TABLE = "table.md"
"""In the folder of results."""

RESULT = re.compile(r"(.+?)(?:-float\.safetensors|-state-\d+\.safetensors|\.safetensors|\.npz)")
"""A stage's files, after its name."""


class Results:
    """What is left in the folder of results: earlier lines of the log, then those of this call's stages.

    operations: of a training step for each pixel, by stage.
    """

    def __init__(self, job: Job, rate: float | None) -> None:
        self.job, self._rate = job, rate
        self._earlier = _lines(job.previous / LOG) if job.previous else []
        if job.previous and not all("stage" in line for line in self._earlier):
            raise InputError(f"{job.previous / LOG}: is no log of a job, whose lines name their stages")
        self.call = 1 + max((line.get("call", 0) for line in self._earlier), default=0)
        self._now: dict[str, list[Line]] = {}
        self.operations: dict[str, float] = {}

    def note(self, stage: Stage, experiment: Experiment) -> None:
        """Take over a stage's log so far, and write log and table."""
        marks = {"stage": stage.name, "call": self.call}
        self._now[stage.name] = [{**marks, **line} for line in _lines(experiment.folder / LOG)]
        self.write()

    def write(self) -> None:
        """Log and table."""
        lines = [*self._earlier, *(line for stage in self._now.values() for line in stage)]
        write_whole(self.job.out / LOG, "".join(json.dumps(line) + "\n" for line in lines).encode())
        write_whole(self.job.out / TABLE, table_of(lines, self.operations, self._rate, machine()).encode())

    def best_before(self, stage: Stage) -> tuple[float, int] | None:
        """(bits per sub-pixel, iteration) of a stage's best validation in earlier calls."""
        validations = [
            (line[COST], line["iteration"]) for line in self._earlier if line["stage"] == stage.name and COST in line
        ]
        return min(validations, default=None)


def finish(job: Job, name: str) -> None:
    """Leave the results for another call on this machine, in a folder of that name, and print the table."""
    _copy_results(job.out, job.work / name)
    print((job.out / TABLE).read_text(), flush=True)


def carry_over(job: Job, stages: Iterable[str]) -> None:
    """Take an earlier call's results of these stages, by name, into this one's.

    Raises InputError where there are none.
    """
    if job.previous is None:
        return
    if job.previous.resolve() == job.out.resolve():
        raise InputError(f"{job.out}: results of before and of now need folders of their own")
    names = set(stages)
    files = [path for path in job.previous.iterdir() if path.is_file() and _stage_of(path) in names]
    if not files:
        raise InputError(f"{job.previous}: holds no results of an earlier call for {', '.join(sorted(names))}")
    for path in files:
        write_whole(job.out / path.name, path.read_bytes())


def _stage_of(path: Path) -> str | None:
    """The stage that a file of results belongs to; None of the log and the table, which are written anew."""
    match = RESULT.fullmatch(path.name)
    return match[1] if match else None


def _copy_results(out: Path, results: Path) -> None:
    """Copy results to the work folder, so that a call after this one on the same machine can go on.

    Those of before go: parts of an earlier state belong to no whole one.
    """
    if results.resolve() == out.resolve():
        return
    written = {path.name for path in out.iterdir() if path.is_file() and (path.name in (LOG, TABLE) or _stage_of(path))}
    for name in written:
        write_whole(results / name, (out / name).read_bytes())
    for path in results.iterdir():
        if path.is_file() and path.name not in written:
            path.unlink()


def _lines(path: Path) -> list[Line]:
    try:
        lines = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
    except ValueError as error:
        raise InputError(f"{path}: is no log of a training: {error}") from error
    if not all(isinstance(line, dict) for line in lines):
        raise InputError(f"{path}: is no log of a training")
    return lines
