"""l3c import-released ARCHIVE_OR_FOLDER [--log-dir DIR]."""

from __future__ import annotations

import argparse
from pathlib import Path

from l3c.cli.extras import need_training
from l3c.cli.options import add_log_dir


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "source", metavar="ARCHIVE_OR_FOLDER", type=Path, help="as released: .tar.gz, .zip, folder, or ckpt_N.pt"
    )
    add_log_dir(parser)


def run(options: argparse.Namespace) -> int:
    """One line for each checkpoint."""
    need_training()
    from l3c.training.import_released import import_released

    for experiment in import_released(options.source, options.log_dir):
        network = experiment.config().network
        for iteration in experiment.checkpoints.all():
            print(f"{experiment.folder}: {network.kind}, iteration {iteration}")
    return 0
