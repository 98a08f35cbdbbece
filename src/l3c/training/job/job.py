"""What a job of a few minutes is asked for, and how its stages are trained."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import torch

from l3c.errors import InputError
from l3c.training.request import Request

RESERVE = 15.0
"""Seconds at the end for the last validation and results, at most."""

RESERVE_SHARE = 0.05
"""The same, of the whole time."""

LOG_EVERY = 100
"""Iterations between two lines of the log, a few seconds on a GPU."""

LEAST_SECONDS = 0.2
"""Less for a stage is refused: nothing would be learned."""


@dataclass(frozen=True)
class Job:
    """What is asked for. began: when the minutes began, seconds of `time.time`; building the package is in them.

    previous: a folder with an earlier call's results, or None. work: for packed files and checkpoints. settings: of all
    stages, `key=value`.
    """

    minutes: float
    data: Path
    out: Path
    work: Path
    began: float = field(default_factory=time.time)
    previous: Path | None = None
    device: str = "auto"
    settings: tuple[str, ...] = ()

    @property
    def seconds_left(self) -> float:
        """Until the last validation has to begin."""
        whole = 60 * self.minutes
        return self.began + whole - min(RESERVE, RESERVE_SHARE * whole) - time.time()


@dataclass(frozen=True)
class Stage:
    """One training: its name in results, its configuration, and settings beside those of its data configuration."""

    name: str
    model: str
    settings: tuple[str, ...] = ()


def seconds_of(job: Job, stage: Stage, minutes: float) -> float:
    """What a stage may take. Raises InputError where no time is left."""
    seconds = min(60 * minutes, job.seconds_left)
    if seconds < LEAST_SECONDS:
        raise InputError(f"{stage.name}: no time is left of the {job.minutes:g} minutes; results are those of before")
    print(f"{stage.name}: {seconds:.0f} s", flush=True)
    return seconds


def options_of(minutes: float) -> dict[str, Any]:
    """Of a training whose minutes begin now: validations and saves at least every minute, and what results need."""
    return {
        "validate_minutes": min(1.0, minutes / 2), "save_minutes": min(1.0, minutes / 2), "log_every": LOG_EVERY,
        "log_heavy": 10**9, "keep_every": 10**9, "keep_last": 1, "workers": 0, "board": False,
        "began": time.monotonic(),
    }  # fmt: skip


def one_step(request: Request) -> Request:
    """The same without validations, saves and reports; it fails where the graph cannot be compiled."""
    never = {
        "validate_minutes": None, "save_minutes": None, "validate_every": 10**9, "save": False, "log_every": 10**9,
        "fall_back": False,
    }  # fmt: skip
    return replace(request, options={**request.options, **never})


def machine() -> str:
    """What computes here."""
    if not torch.cuda.is_available():
        return f"PyTorch {torch.__version__}, {torch.get_num_threads()} threads of a processor"
    properties = torch.cuda.get_device_properties(torch.cuda.current_device())
    return f"PyTorch {torch.__version__}, {properties.name}, {properties.total_memory / 2**30:.0f} GiB"
