"""From an experiment to a model of the codec."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from l3c.errors import InputError
from l3c.published.export import export_layers
from l3c.published.models import write_model
from l3c.published.pictures import Pixels
from l3c.training.checkpoints import LATEST, read_state
from l3c.training.experiments import Experiment

PICTURES_MAX = 32
SIDE_MAX = 256
SUFFIXES = (".png", ".webp", ".jpg", ".jpeg", ".bmp", ".ppm", ".tif", ".tiff")


def export_experiment(experiment: Experiment, target: Path, images: Path, iteration: int = LATEST) -> tuple[int, bytes]:
    """Write the integer network of a checkpoint, averaged weights where it has them: (iteration, digest).

    images: a folder of pictures like those that are to be coded; 32 of them, evenly spaced, are looked at.
    """
    found, path = experiment.checkpoints.choose(iteration)
    state = read_state(path)
    architecture = experiment.config().network
    network = export_layers(architecture, state.get("ema") or state["network"], calibration_pictures(images))
    return found, write_model(target, architecture, network)


def training_images(experiment: Experiment) -> Path:
    """The folder that an experiment was trained on. Raises InputError where it is not here."""
    source = experiment.config().data.train
    if not source or not Path(source).is_dir():
        raise InputError(f"the training images {source!r} are not here: name a folder with --images")
    return Path(source)


def calibration_pictures(folder: Path) -> Iterator[Pixels]:
    """Middles of at most 32 pictures, uint8 [H, W, 3], sides up to 256."""
    from PIL import Image

    paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES)
    if not paths:
        raise InputError(f"{folder}: holds no pictures to calibrate with")
    places = np.linspace(0, len(paths) - 1, min(PICTURES_MAX, len(paths))).astype(int)
    for path in (paths[i] for i in places):
        with Image.open(path) as image:
            yield _middle(np.asarray(image.convert("RGB")))


def _middle(image: Pixels) -> Pixels:
    top, left = (max(0, size - SIDE_MAX) // 2 for size in image.shape[:2])
    return image[top : top + SIDE_MAX, left : left + SIDE_MAX]
