"""Options that several commands share."""

from __future__ import annotations

import argparse
import math
import os
import re
from pathlib import Path

UNITS = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30}  # binary: 4g is 4 GiB


def add_threads(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-t", "--threads", type=positive, metavar="N", help="threads to use (default: every processor)")


def add_target(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-f", "--force", action="store_true", help="overwrite the target where it exists")
    parser.add_argument("-q", "--quiet", action="store_true", help="print nothing but errors")


def add_verbose(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "-v", "--verbose", action="store_true", help="say more: how a file is coded, how long it took, each file's name"
    )


def add_dry_run(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--dry-run", action="store_true", help="say what would be done, and write nothing")


def add_json(parser: argparse.ArgumentParser) -> None:
    """Of commands whose results are lines."""
    parser.add_argument("--json", action="store_true", help="print each result as a JSON object, one a line")


DEBUG = "--debug"  # the option that shows where errors are raised

DEBUG_VARIABLE = "L3C_DEBUG"
"""Environment variable: if it is set, and not to 0, every command shows where errors are raised."""


def add_debug(parser: argparse.ArgumentParser) -> None:
    """To a command and all its steps; not where `--debug` means something else too, as for `l3c train`."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for step in action.choices.values():
                add_debug(step)
            return
    if DEBUG not in parser._option_string_actions:
        parser.add_argument(
            DEBUG, dest="trace", action="store_true", help="show where errors are raised, and warnings of libraries"
        )


def traces(options: argparse.Namespace) -> bool:
    """Whether to show where errors are raised: by `--debug`, whatever else it means, or by L3C_DEBUG."""
    asked = getattr(options, "trace", False) or getattr(options, "debug", False)
    return bool(asked or os.environ.get(DEBUG_VARIABLE, "0") not in ("", "0"))


def add_effort(parser: argparse.ArgumentParser) -> None:
    from l3c.api import DEFAULT_EFFORT, EFFORT_MAX

    text = f"1 (fastest) to {EFFORT_MAX} (smallest): how far models adapt to the picture (default: {DEFAULT_EFFORT})"
    efforts = range(1, EFFORT_MAX + 1)
    parser.add_argument("-e", "--effort", type=int, choices=efforts, metavar="N", help=text)


def add_memory(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--max-memory", type=size, metavar="BYTES", help="refuse files that need more, as 500M or 8G (default: 4G)"
    )


def add_log_dir(parser: argparse.ArgumentParser) -> None:
    default = Path(os.environ.get("L3C_RUNS") or "runs")
    parser.add_argument(
        "--log-dir",
        type=Path,
        default=default,
        metavar="DIR",
        help=f"where experiments lie (default: L3C_RUNS, or {default})",
    )


def add_device(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--device", choices=("auto", "cpu", "cuda"), default="auto", help="what to compute on (default: auto)"
    )


def positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not an integer above 0")
    return int(text)


BEST = "best"  # the word for the checkpoint of the best validation
BEST_ITERATION = -2  # what `l3c.training.checkpoints` calls it; its BEST would import PyTorch here


def checkpoint(text: str) -> int:
    """An iteration, -1 for the latest checkpoint, or `best`."""
    if text == BEST:
        return BEST_ITERATION
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is neither an iteration nor `{BEST}`") from None


SEED_MAX = 2**63 - 1  # that both NumPy and PyTorch take


def seed(text: str) -> int:
    if not text.isdecimal() or int(text) > SEED_MAX:
        raise argparse.ArgumentTypeError(f"{text!r} is not an integer from 0 to {SEED_MAX}")
    return int(text)


def positive_number(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0 < number < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number above 0")
    return number


def size(text: str) -> int:
    match = re.fullmatch(r"(\d+)([kmg]?)b?", text.lower())
    if not match:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of bytes, such as 800000, 500M or 8G")
    return int(match[1]) * UNITS[match[2]]
