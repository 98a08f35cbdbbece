"""What the command line asks of training and of export, for either family."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from l3c.training.checkpoints import LATEST

OnSave = Callable[[Any, bool], None]
"""Called with a published network's trainer after each save, and whether it was the last."""


@dataclass(frozen=True)
class Request:
    """What the command line asks for. At most one of the restores is given: the name or path of an experiment.

    restore: go on in a new folder. restore_continue: go on in its own. restore_restart: its weights, iteration 0;
    a model's name or file too. options: those of `Options` that are not as usual.
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
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class ExportRequest:
    """images: a folder to calibrate with, None for those of the training. fine_tune: iterations. learning: by name.

    learning_rate: of fine-tuning, at its start. on_cost: called with iteration and cost while that runs. weight_bits:
    of the weights of predictors and classifiers of the paper's networks, None for as usual.
    """

    target: Path
    iteration: int = LATEST
    images: Path | None = None
    fine_tune: int | None = None
    learning_rate: float = 1e-5
    learning: str | None = None
    on_cost: Callable[[int, float], None] = lambda iteration, cost: None
    weight_bits: int | None = None
