"""l3c eval EXP[,...] FOLDER[,...]."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from l3c.cli.extras import need_training
from l3c.cli.options import positive
from l3c.cli.progress import Progress
from l3c.cli.selection import add_selection, commas, selection, settings

SORT_KEYS = ("testset", "exp", "itr", "res")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "experiments", metavar="EXP[,...]", help="experiments: paths, or unique parts of names in the log folder"
    )
    parser.add_argument("folders", metavar="FOLDER[,...]", help="folders of pictures, or single pictures")
    parser.add_argument("-n", "--names", default="", metavar="A,B", help="names to print for the experiments")
    parser.add_argument(
        "-i", "--iteration", default="-1", metavar="N[,...]", help="checkpoints at or before these (default: latest)"
    )
    parser.add_argument(
        "--max-pixels", type=positive, metavar="N", help="cut larger pictures into quarters (default: 3000000)"
    )
    parser.add_argument(
        "-s", "--sort", choices=SORT_KEYS, default="testset", help="order of the summary (default: testset)"
    )
    parser.add_argument("-f", "--overwrite-cache", action="store_true", help="compute again what was computed before")
    parser.add_argument("--reset-cache", action="store_true", help="forget all results of the experiments first")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all results, picture by picture")
    parser.add_argument("--csv", type=Path, metavar="FILE", help="the same as a table, a line a picture")
    parser.add_argument("-q", "--quiet", action="store_true", help="print nothing but errors")
    add_selection(parser)


def run(options: argparse.Namespace) -> int:
    """Print the summary, write the tables."""
    need_training()
    from l3c.training.evaluate import Request, evaluate_all
    from l3c.training.results import sort_results, table, write_csv, write_json

    request = Request(
        tuple(commas(options.experiments)), tuple(map(Path, commas(options.folders))), options.log_dir,
        tuple(commas(options.names)), tuple(iterations(options.iteration)), selection(options), settings(options),
        options.device, options.overwrite_cache, options.reset_cache,
    )  # fmt: skip
    results = sort_results(evaluate_all(request, progress_for(options.quiet)), options.sort)
    if not options.quiet:
        print(table(results))
    if options.json:
        write_json(options.json, results)
    if options.csv:
        write_csv(options.csv, results)
    return 0


def progress_for(quiet: bool) -> Callable[[str], Callable[[float], None]]:
    """Progress lines for one thing after another; each wipes itself when it is done."""

    def begin(label: str) -> Callable[[float], None]:
        line = Progress(label, quiet)

        def show(share: float) -> None:
            line(share)
            if share >= 1:
                line.__exit__()

        return show

    return begin


def iterations(text: str) -> list[int]:
    from l3c.errors import InputError

    try:
        return [int(part) for part in commas(text)]
    except ValueError:
        raise InputError(f"--iteration: {text!r} is no list of whole numbers") from None
