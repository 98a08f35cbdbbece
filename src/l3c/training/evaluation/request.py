"""What an evaluation is asked for, and which of its subjects are models."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from l3c.codec.models import TileModel, find_model
from l3c.errors import InputError, ModelError
from l3c.published.architecture import RGB_CHANNELS
from l3c.published.float_state import find_float
from l3c.training.evaluation.costs import Settings
from l3c.training.evaluation.test_sets import Selection, TestSet, select
from l3c.training.experiments import find_experiment, is_experiment
from l3c.training.restoring import is_known, other_kind

MODEL_SUFFIX = ".safetensors"  # of model files: subjects without it may be experiments


@dataclass(frozen=True)
class Request:
    """What is asked for. subjects: experiments and models. names: shown for them, in their order.

    iterations: -1 is the latest. images: a folder to calibrate with where an experiment has to be exported.
    history: measure models by the files that `l3c encode` makes, instead of by what they code themselves. float_form:
    measure them by the probabilities of their float form, scale by scale.
    """

    subjects: tuple[str, ...]
    folders: tuple[Path, ...]
    log_dir: Path
    names: tuple[str, ...] = ()
    iterations: tuple[int, ...] = (-1,)
    selection: Selection = field(default_factory=Selection)
    settings: Settings = field(default_factory=Settings)
    device: str = "auto"
    overwrite_cache: bool = False
    reset_cache: bool = False
    images: Path | None = None
    history: bool = False
    float_form: bool = False

    def testsets(self) -> list[TestSet]:
        return [select(folder, self.selection) for folder in self.folders]

    def labels(self) -> list[str]:
        """What each subject is called in tables."""
        shown = [_shown(subject, self.log_dir) for subject in self.subjects]
        if not self.names:
            return shown
        if len(self.names) != len(shown):
            raise InputError(f"--names: {len(self.names)} names for {len(shown)} experiments")
        return [f"{name} ({text.split(' ')[0]})" for name, text in zip(self.names, shown, strict=True)]


def is_model(subject: str) -> bool:
    """Whether it names a model: by a file's path or URL, or exactly, in any form; all else are experiments.

    The path of an experiment's folder is none, whatever files beside it are called.
    """
    if is_experiment(subject):
        return False
    return subject.endswith(MODEL_SUFFIX) or is_known(subject) or find_float(subject) is not None


def find_subject(name: str, device: str) -> TileModel:
    """The model of that name for RGB pictures. Raises ModelError, EngineError."""
    if other_kind(name) == "JPEG":
        raise ModelError(f"{name}: codes JPEG files themselves, not pixels; sizes of files tell what it saves")
    return find_model(name, RGB_CHANNELS, device)


def _shown(subject: str, log_dir: Path) -> str:
    return subject if is_model(subject) else find_experiment(subject, log_dir).name
