"""l3c export EXP OUT [--iteration N] [--images FOLDER]."""

from __future__ import annotations

import argparse
from pathlib import Path

from l3c.cli.extras import need_training
from l3c.cli.options import add_log_dir
from l3c.errors import InputError

SUFFIX = ".safetensors"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("experiment", metavar="EXP", help="a path, or a unique part of a name in the log folder")
    parser.add_argument("target", metavar="OUT", type=Path, help=f"the model to write, NAME{SUFFIX}")
    parser.add_argument("-i", "--iteration", type=int, default=-1, metavar="N", help="checkpoint (default: latest)")
    parser.add_argument(
        "--images", type=Path, metavar="FOLDER", help="pictures to calibrate with (default: those it was trained on)"
    )
    add_log_dir(parser)


def run(options: argparse.Namespace) -> int:
    """Write one model; one line of result."""
    need_training()
    from l3c.training.experiments import find_experiment
    from l3c.training.export import export_experiment, training_images

    if options.target.suffix != SUFFIX:
        raise InputError(f"{options.target}: a model's name ends in {SUFFIX}")
    experiment = find_experiment(options.experiment, options.log_dir)
    images = options.images or training_images(experiment)
    iteration, digest = export_experiment(experiment, options.target, images, options.iteration)
    print(f"{options.target}: iteration {iteration}, digest {digest.hex()[:32]}")
    return 0
