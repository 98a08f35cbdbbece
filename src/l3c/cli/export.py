"""l3c export EXP OUT [--iteration N] [--images FOLDER] [--fine-tune N] [--learning NAME]."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from l3c.cli.extras import need_training
from l3c.cli.options import add_json, add_log_dir, checkpoint, positive, positive_number
from l3c.cli.streams import tell
from l3c.errors import InputError

if TYPE_CHECKING:
    from l3c.training.experiments import Experiment

SUFFIX = ".safetensors"  # models are safetensors files
WEIGHT_BITS = (8, 16)  # as `published.grid` has them, which a command need not wait for
EVERYDAY = "everyday"  # the way of learning of model `wave`


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "experiment", metavar="EXP", help="a path, a unique part of a name in the log folder, or NAME-float.safetensors"
    )
    parser.add_argument("target", metavar="OUT", type=Path, help=f"the model to write, NAME{SUFFIX}")
    parser.add_argument(
        "-i", "--iteration", type=checkpoint, default=-1, metavar="N", help="checkpoint or `best` (default: latest)"
    )
    parser.add_argument(
        "--images", type=Path, metavar="FOLDER", help="pictures to calibrate with (default: those it was trained on)"
    )
    parser.add_argument(
        "--fine-tune", type=positive, metavar="N", help="train N iterations more, on the integers' grid, before writing"
    )
    parser.add_argument(
        "--learning-rate",
        type=positive_number,
        default=1e-5,
        metavar="RATE",
        help="of fine-tuning, at its start (default: 1e-5)",
    )
    parser.add_argument(
        "--learning",
        metavar="NAME",
        help=f"how a wave network learns while it codes: {EVERYDAY} (default), light, fast, archives or none; "
        f"whether a coefficient model is calibrated: {EVERYDAY} (default, it is) or none",
    )
    parser.add_argument(
        "--weight-bits",
        type=int,
        choices=WEIGHT_BITS,
        help="of the paper's networks' weights (default: 16; with 8 the file is half as large, and a network that "
        "began with `interpolate` far worse)",
    )
    parser.add_argument("--integers-only", action="store_true", help="leave out the float form, NAME-float.safetensors")
    add_log_dir(parser)
    add_json(parser)


def run(options: argparse.Namespace) -> int:
    """Write one model; one line of result."""
    need_training()
    from l3c.training.experiments import find_experiment
    from l3c.training.restoring import is_weight_file

    check_target(options.target)
    if not is_weight_file(options.experiment):
        return write(find_experiment(options.experiment, options.log_dir), options)
    from l3c.training.published.carried import from_float

    with TemporaryDirectory() as folder:
        return write(from_float(Path(options.experiment), Path(folder) / "float"), options)


def write(experiment: Experiment, options: argparse.Namespace) -> int:
    """The integers of an experiment, and their float form."""
    from l3c.training.request import ExportRequest
    from l3c.training.wings import wing_of

    config = experiment.any_config()
    wing = wing_of(config)
    request = ExportRequest(
        options.target, options.iteration, options.images, options.fine_tune, options.learning_rate,
        options.learning, Average(options.fine_tune, options.json),
        options.weight_bits,
    )  # fmt: skip
    iteration, digest = wing.export(experiment, config, request)
    tell_model(options.target, iteration, digest, options.json)
    if wing.has_float_form(config) and not options.integers_only:
        write_float_form(experiment, options.target, iteration, digest, options.json)
    return 0


def tell_model(target: Path, iteration: int, digest: bytes, as_json: bool) -> None:
    record = {"file": str(target), "iteration": iteration, "digest": digest.hex()}
    tell(f"{target}: iteration {iteration}, digest {digest.hex()[:32]}", record, as_json)


def check_target(target: Path) -> None:
    """Raise InputError for names that no model has."""
    if target.suffix != SUFFIX:
        raise InputError(f"{target}: a model's name ends in {SUFFIX}")


def write_float_form(
    experiment: Experiment, target: Path, iteration: int, digest: bytes, as_json: bool = False
) -> None:
    """Beside the integers, whose digest is given; one line of result."""
    from l3c.training.published.export import export_float

    place, float_digest = export_float(experiment, target, iteration, digest)
    record: dict[str, object] = {"file": str(place), "float": True, "digest": float_digest}
    tell(f"{place}: its float form, digest {float_digest[:32]}", record, as_json)


class Average:
    """Hears of fine-tuning, and prints ten lines of mean costs."""

    def __init__(self, iterations: int | None, as_json: bool) -> None:
        self._stream = sys.stderr if as_json else sys.stdout
        self._every = max(1, (iterations or 0) // 10)
        self._costs: list[float] = []

    def __call__(self, iteration: int, bpsp: float) -> None:
        self._costs.append(bpsp)
        if iteration % self._every == 0:
            print(
                f"fine-tuning {iteration}: {sum(self._costs) / len(self._costs):.4f} bpsp",
                file=self._stream,
                flush=True,
            )
            self._costs.clear()
