"""l3c sample EXP FOLDER[,...] OUT."""

from __future__ import annotations

import argparse
from pathlib import Path

from l3c.cli.extras import need_training
from l3c.cli.options import add_json, checkpoint, seed
from l3c.cli.selection import add_selection, commas, selection, settings
from l3c.cli.streams import tell
from l3c.errors import InputError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "experiment",
        metavar="EXP_OR_MODEL",
        help="an experiment: its path, or a unique part of its name in the log folder; or a model: its name, or path",
    )
    parser.add_argument("folders", metavar="FOLDER[,...]", help="folders of pictures, or single pictures")
    parser.add_argument(
        "out", metavar="OUT", type=Path, help="pictures are written to OUT/DATE of the experiment, or OUT/MODEL"
    )
    parser.add_argument(
        "-i",
        "--iteration",
        type=checkpoint,
        default=-1,
        metavar="N",
        help="the checkpoint at or before this one or `best` (default: latest)",
    )
    parser.add_argument("--seed", type=seed, default=0, help="of the random numbers (default: 0)")
    add_selection(parser)
    add_json(parser)


def run(options: argparse.Namespace) -> int:
    """Name every picture that is written."""
    need_training()
    from l3c.training.evaluation.test_sets import select
    from l3c.training.processes import choose_device
    from l3c.training.published.loading import find_trained
    from l3c.training.published.sampling import sample_all

    folders = [Path(folder) for folder in commas(options.folders, "FOLDER")]
    if not options.experiment:
        raise InputError("EXP_OR_MODEL: '' names nothing")
    trained = find_trained(options.experiment, options.log_dir, options.iteration, choose_device(options.device))
    for folder in folders:
        out = options.out / trained.name.split(" ")[0]
        out = out / folder.stem if len(folders) > 1 else out
        chosen = select(folder, selection(options))
        for path in sample_all(trained, chosen, out, settings(options), options.seed):
            tell(str(path), {"file": str(path), "model": trained.name}, options.json)
    return 0
