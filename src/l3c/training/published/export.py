"""From an experiment to a model of the codec."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from torch import Tensor

from l3c.errors import InputError
from l3c.published.architecture import Architecture
from l3c.published.export import Weights, export_layers
from l3c.published.fine_tuning import OnCost, fine_tune
from l3c.published.float_state import float_name, write_float
from l3c.published.graph_export import export_own
from l3c.published.grid import WEIGHT_BITS, Grids
from l3c.published.models import write_model
from l3c.published.pictures import Pixels
from l3c.training.batch_plan import BatchPlan
from l3c.training.checkpoints import LATEST, read_state
from l3c.training.experiments import Experiment
from l3c.training.picture_files import ReadableFrom, centre_crop, list_pictures, walk_pictures
from l3c.training.published.batches import training_batches
from l3c.training.published.config import Config
from l3c.training.published.loading import load_trained
from l3c.training.published.trainer import evaluated_weights

PICTURES_MAX = 32  # pictures to calibrate with; by trial
SIDE_MAX = 256  # pixels a side of their middles; by trial


@dataclass(frozen=True)
class FineTuning:
    """Training on the integers' grid before a network is written. on_cost: called with every batch's cost."""

    iterations: int
    rate: float
    on_cost: OnCost


def export_experiment(
    experiment: Experiment,
    target: Path,
    images: Path,
    iteration: int = LATEST,
    tuning: FineTuning | None = None,
    bits: int = 16,
) -> tuple[int, bytes]:
    """Write the integer network of a checkpoint, averaged weights where it has them: (iteration, digest).

    images: a folder of pictures like those that are to be coded; 32 of them, evenly spaced, are looked at, and fine
    tuning sees random crops of them all. bits: of the weights of predictors and classifiers, 8 or 16. Raises InputError
    for 8 bits of a network of one's own.
    """
    chosen, path = experiment.checkpoints.choose(iteration)
    config = experiment.config()

    def tune(a: Architecture, weights: Weights, grids: Grids) -> Weights:
        if tuning is None:
            return weights
        batches = _crops(images, config)
        return fine_tune(a, weights, grids, batches, tuning.iterations, tuning.rate, tuning.on_cost)

    pictures = calibration_pictures(images)
    if config.network.own:
        if bits != max(WEIGHT_BITS):
            raise InputError("--weight-bits is for the paper's networks")
        network = load_trained(experiment, chosen).network
        return chosen, write_model(target, *export_own(network, pictures, tune))
    layers = export_layers(config.network, evaluated_weights(read_state(path), path), pictures, tune, bits)
    return chosen, write_model(target, config.network, layers)


def export_float(experiment: Experiment, target: Path, iteration: int = LATEST, model: bytes = b"") -> tuple[Path, str]:
    """Write the float form of a checkpoint beside its integers: (file, digest). model: digest of the integers."""
    chosen, path = experiment.checkpoints.choose(iteration)
    place, state = float_name(target), evaluated_weights(read_state(path), path)
    return place, write_float(place, experiment.config().network, state, chosen, model.hex())


def _crops(images: Path, config: Config) -> Iterable[Tensor]:
    """Endless batches as in training, in its order of a run that begins."""
    paths = list_pictures(str(images), config.data.crop)
    plan = BatchPlan(len(paths), config.data.batch, config.run.seed, crops=config.data.crops)
    return training_batches(paths, config.data, config.run.seed, plan, workers=0)


def training_images(experiment: Experiment) -> Path:
    """The folder that an experiment was trained on. Raises InputError where it is not here."""
    source = experiment.config().data.train
    if not source or not Path(source).is_dir():
        raise InputError(f"the training images {source!r} are not here: name a folder with --images")
    return Path(source)


def calibration_pictures(folder: Path) -> Iterator[Pixels]:
    """Middles of at most 32 pictures, evenly spaced, uint8 [H, W, 3], sides up to 256; damaged ones give the next."""
    paths = sorted(walk_pictures(str(folder)))
    if not paths:
        raise InputError(f"{folder}: holds no pictures to calibrate with")
    read = ReadableFrom(paths)
    for number in np.linspace(0, len(paths) - 1, min(PICTURES_MAX, len(paths))).astype(int):
        yield centre_crop(read(int(number)), SIDE_MAX)
