"""Where a run that does not begin anew begins."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from l3c.dct import presets as jpeg
from l3c.dct.model import FORMAT as JPEG
from l3c.errors import InputError, ModelError
from l3c.models import search_path
from l3c.published.float_state import find_float
from l3c.training.checkpoints import LATEST
from l3c.training.config_files import AnyConfig
from l3c.training.experiments import Experiment, find_experiment, is_experiment
from l3c.wave import presets as wave
from l3c.wave.model import FORMAT as WAVE

NO_MODELS = 0
"""Instead of the channels of models that a run may begin with: there are no such models."""

# models that have no float form: formats and names of the package's, by the kind that messages name
OTHERS = {"wave": (WAVE, wave.names), "JPEG": (JPEG, jpeg.names)}

WEIGHT_FILES = (".safetensors", ".npz")  # files that hold weights alone


@dataclass(frozen=True)
class Restore:
    """place: an experiment, or a file of weights by path or URL. fresh: only the weights, at iteration 0.

    strict: all must fit.
    """

    place: Experiment | Path | str
    iteration: int = LATEST
    fresh: bool = False
    strict: bool = True

    @property
    def file(self) -> str | None:
        """Path or URL; None of an experiment."""
        return None if isinstance(self.place, Experiment) else str(self.place)

    @property
    def experiment(self) -> Experiment:
        """Raises InputError where it is a file."""
        if not isinstance(self.place, Experiment):
            raise InputError(f"{self.place}: is no experiment")
        return self.place

    def checkpoint(self) -> tuple[int, Path]:
        """Iteration and file."""
        return self.experiment.checkpoints.choose(self.iteration)


def find_weights(wanted: str, log_dir: Path, channels: int | None = None) -> Experiment | str:
    """The float form of a model, or a file of weights, by path or URL; or an experiment as `find_experiment` finds it.

    Models go before experiments, but not before the path of one.
    channels: of a wave network, whose own models are found by name too; 2 is chroma.
    NO_MODELS: experiments alone. Raises InputError where there is neither, ModelError where a model has no float form.
    """
    if channels == NO_MODELS:
        if is_weight_file(wanted):
            raise InputError(f"{wanted}: is a file of weights; such networks begin with an experiment")
        return find_experiment(wanted, log_dir)
    if is_experiment(wanted):
        return find_experiment(wanted, log_dir)
    weights = find_float(wanted) if channels is None else wave_weights(wanted, channels)
    if weights is not None:
        return weights
    if is_weight_file(wanted):
        return wanted if channels is not None else need_float(wanted)
    try:
        return find_experiment(wanted, log_dir)
    except InputError:
        if channels is None and is_known(wanted):
            need_float(wanted)
        raise


def is_weight_file(wanted: str) -> bool:
    return Path(wanted).suffix in WEIGHT_FILES and Path(wanted).is_file()


def need_float(name: str) -> str:
    """As `find_float`. Raises ModelError where there is none, saying why."""
    place = find_float(name)
    if place is not None:
        return place
    if kind := other_kind(name):
        raise ModelError(f"{name}: is a {kind} model, which has no float form: only the paper's networks have one")
    file = search_path.find(name)
    if file is None:
        raise ModelError(f"{name}: no model of that name is here")
    form = search_path.metadata(file).get("format")
    raise ModelError(f"{file}: format {form!r}, neither a published network nor its float form")


def is_known(name: str) -> bool:
    """Whether it is the name, or the path or URL, of a model of any kind that is here."""
    if other_kind(name):
        return True
    file = search_path.find(name)
    return file is not None and bool(search_path.format_of(file))


def other_kind(name: str) -> str:
    """The kind of a model that has no float form; empty where it is another, or none."""
    file = search_path.find(name)
    form = search_path.format_of(file) if file else ""
    return next((kind for kind, (its, names) in OTHERS.items() if form == its or name in names()), "")


def wave_weights(name: str, channels: int) -> str | None:
    """The file of a wave model for so many channels, by the model's name, or None."""
    preset = wave.PRESETS.get((name, channels))
    if preset is not None:
        return str(wave.FOLDER / preset.file)
    file = search_path.find(name)
    return file if file is not None and search_path.format_of(file) == WAVE else None


def check_same_network(experiment: Experiment, config: AnyConfig) -> None:
    """Raise InputError where a run that is to go on had another network."""
    network = experiment.any_config().network
    if network != config.network:
        raise InputError(f"{experiment.folder}: was begun with another network: {network}")
