"""l3c import-released [NAME_OR_PLACE] [--from PLACE] [--log-dir DIR] [--export MODEL --images FOLDER]."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from l3c.cli.extras import need_training
from l3c.cli.options import add_json, add_log_dir
from l3c.cli.progress import lines_for
from l3c.cli.streams import tell
from l3c.errors import InputError

if TYPE_CHECKING:
    from l3c.training.experiments import Experiment


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "source", metavar="NAME_OR_PLACE", nargs="?",
        help="a released model's name (without any: list them); or the path or URL of what was released: .tar.gz, "
        ".zip, ckpt_N.pt, or the path of a folder",
    )  # fmt: skip
    parser.add_argument(
        "--from", dest="place", default="", metavar="PLACE",
        help="the folder that has the archive of a name, or its URL (default: this folder, else the authors' page)",
    )  # fmt: skip
    parser.add_argument(
        "--export", type=Path, metavar="MODEL", help="write integers to code with, NAME.safetensors, and the float form"
    )
    parser.add_argument("--images", type=Path, metavar="FOLDER", help="pictures to calibrate the integers with")
    add_log_dir(parser)
    add_json(parser)


def run(options: argparse.Namespace) -> int:
    """One line for each checkpoint, and for each file of a model."""
    if options.source is None:
        tell_all(options.json)
        return 0
    need_training()
    if options.export and not options.images:
        raise InputError("--export needs --images: pictures like those that are to be coded")
    from l3c.cli.export import check_target
    from l3c.training.published.import_released import import_released

    if options.export:
        check_target(options.export)
    experiments = import_released(options.source, options.log_dir, options.place, lines_for(quiet=False))
    for experiment in experiments:
        network = experiment.config().network
        for iteration in experiment.checkpoints.all():
            record = {"experiment": str(experiment.folder), "kind": network.kind, "iteration": iteration}
            tell(f"{experiment.folder}: {network.kind}, iteration {iteration}", record, options.json)
    if options.export:
        export(experiments, options)
    return 0


def tell_all(as_json: bool) -> None:
    """What the authors released."""
    from l3c.training.published.publications import PUBLICATIONS, table

    if not as_json:
        print(table())
        return
    for p in PUBLICATIONS:
        record = {
            "name": p.name, "network": p.network, "experiment": p.experiment, "trained_on": p.trained_on, "url": p.url
        }  # fmt: skip
        tell("", record, as_json)


def export(experiments: list[Experiment], options: argparse.Namespace) -> None:
    """The latest checkpoint of the one experiment, in both forms."""
    from l3c.cli.export import tell_model, write_float_form
    from l3c.training.published.export import export_experiment

    if len(experiments) > 1:
        names = ", ".join(experiment.name for experiment in experiments)
        raise InputError(f"--export: {options.source} has several experiments, {names}: use l3c export for each")
    iteration, digest = export_experiment(experiments[0], options.export, options.images)
    tell_model(options.export, iteration, digest, options.json)
    write_float_form(experiments[0], options.export, iteration, digest, options.json)
