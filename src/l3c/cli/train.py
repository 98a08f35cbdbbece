"""l3c train MODEL_CONFIG DATA_CONFIG LOG_DIR."""

from __future__ import annotations

import argparse
import json
import logging
import sys
from contextlib import nullcontext, redirect_stdout
from pathlib import Path

from l3c.cli.extras import need_training
from l3c.cli.options import add_device, checkpoint, positive, positive_number

# options that count iterations, with their help
INTERVALS = {
    "log_every": "scalars (default: 100; wave: 1000)",
    "log_heavy": "pictures, every N-th log (default: 5)",
    "validate_every": "validation (default: 500; wave: 4000)",
    "save_every": "checkpoints (default: 250; wave: 1000)",
    "keep_every": "keep every N-th of them (default: 10)",
    "keep_last": "keep the N newest too (default: 3)",
}

# options that count minutes, with their help
MINUTES = {
    "validate_minutes": "validate every X minutes instead; not of networks for JPEG files",
    "save_minutes": "save every X minutes instead; not of networks for JPEG files",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", metavar="MODEL_CONFIG", help="a YAML file, or the name of one of the package's")
    parser.add_argument("data", metavar="DATA_CONFIG", help="a YAML file, or the name of one of the package's")
    parser.add_argument("log_dir", metavar="LOG_DIR", type=Path, help="where the experiment's folder is made")
    parser.add_argument(
        "-p", dest="overrides", metavar="KEY=VALUE", action="append", default=[], help="override a key, as data.batch=8"
    )
    parser.add_argument("-t", "--temporary", action="store_true", help="write to LOG_DIR_TMP instead")
    parser.add_argument(
        "--debug", action="store_true",
        help="one iteration and one validation, into LOG_DIR_TMP; show where errors are raised (L3C_DEBUG=1 does that "
        "for whole runs)",
    )  # fmt: skip
    parser.add_argument(
        "--json",
        action="store_true",
        help="print the experiment's folder at the end, as JSON; reports then go to standard error",
    )
    add_device(parser)
    _add_restore(parser)
    _add_intervals(parser)


def _add_restore(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("restoring").add_mutually_exclusive_group()
    group.add_argument("--restore", metavar="EXP", help="go on from an experiment's checkpoint, in a new folder")
    group.add_argument("--restore-continue", metavar="EXP", help="go on in the experiment's own folder")
    group.add_argument(
        "--restore-restart",
        metavar="EXP_OR_MODEL",
        help="begin at iteration 0 with the weights of an experiment, or of a model",
    )
    parser.add_argument(
        "-i",
        "--iteration",
        type=checkpoint,
        default=-1,
        help="restore the checkpoint at or before this one, or `best` (default: latest)",
    )
    parser.add_argument("--no-strict", action="store_true", help="restore what fits the network, name what does not")


def _add_intervals(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("intervals, in iterations")
    for name, text in INTERVALS.items():
        group.add_argument(f"--{name.replace('_', '-')}", type=positive, metavar="N", help=text)
    for name, text in MINUTES.items():
        group.add_argument(f"--{name.replace('_', '-')}", type=positive_number, metavar="X", help=text)
    group.add_argument("--no-save", dest="save", action="store_const", const=False, help="write no checkpoints")
    group.add_argument(
        "-W", "--workers", type=workers, metavar="N",
        help="processes that load pictures, 0 for none (default: one a core, up to 8)",
    )  # fmt: skip


def workers(text: str) -> int:
    from l3c.training.options import most_workers

    if not text.isdecimal() or int(text) > most_workers():
        raise argparse.ArgumentTypeError(f"{text!r} is not from 0 to {most_workers()}, the most for the cores here")
    return int(text)


def run(options: argparse.Namespace) -> int:
    """Train; under torchrun, as one of several processes."""
    need_training()
    logging.basicConfig(format="%(levelname)s: %(message)s")
    from l3c.training.processes import leads
    from l3c.training.train import debug, train

    request = _request(options)
    with redirect_stdout(sys.stderr) if options.json else nullcontext():  # reports are no results
        experiment = train(debug(request) if options.debug else request)
    if options.json and leads():
        print(json.dumps({"experiment": str(experiment.folder), "iterations": list(experiment.checkpoints.all())}))
    return 0


def _request(options: argparse.Namespace):  # type: ignore[no-untyped-def]
    from l3c.training.request import Request

    temporary = options.temporary or options.debug
    log_dir = options.log_dir.with_name(options.log_dir.name + "_TMP") if temporary else options.log_dir
    given = {name: getattr(options, name) for name in (*INTERVALS, *MINUTES, "save", "workers")}
    settings = {name: value for name, value in given.items() if value is not None}
    return Request(
        options.model, options.data, log_dir, tuple(options.overrides), options.restore, options.restore_continue,
        options.restore_restart, options.iteration, not options.no_strict, options.device, settings,
    )  # fmt: skip
