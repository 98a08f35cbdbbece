"""l3c eval EXP_OR_MODEL[,...] FOLDER[,...]."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from l3c.cli.extras import need_training
from l3c.cli.files import STANDARD
from l3c.cli.options import checkpoint, positive
from l3c.cli.progress import lines_for
from l3c.cli.selection import add_selection, commas, selection, settings
from l3c.errors import InputError

if TYPE_CHECKING:
    from l3c.training.evaluation.costs import Result
    from l3c.training.evaluation.request import Request

FAILED = 1
"""Exit code where a picture was skipped: what is printed is of the others."""

SORT_KEYS = ("testset", "exp", "itr", "res")  # columns of the summary: test set, experiment, iteration, result


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "subjects", metavar="EXP_OR_MODEL[,...]",
        help="experiments: paths, or unique parts of names in the log folder; models: names of `l3c models`, or paths",
    )  # fmt: skip
    parser.add_argument("folders", metavar="FOLDER[,...]", help="folders of pictures, or single pictures")
    parser.add_argument("-n", "--names", default="", metavar="A,B", help="names to print instead")
    parser.add_argument(
        "-i",
        "--iteration",
        default="-1",
        metavar="N[,...]",
        help="checkpoints at or before these, or `best` (default: latest)",
    )
    parser.add_argument(
        "--max-pixels", type=positive, metavar="N", help="cut larger pictures into quarters (default: 3000000)"
    )
    parser.add_argument(
        "-s", "--sort", choices=SORT_KEYS, default="testset", help="order of the summary (default: testset)"
    )
    parser.add_argument("-f", "--overwrite-cache", action="store_true", help="compute again what was computed before")
    parser.add_argument("--reset-cache", action="store_true", help="forget all results of the experiments first")
    parser.add_argument(
        "--json", type=Path, metavar="FILE", help="write all results, picture by picture; - is standard output"
    )
    parser.add_argument("--csv", type=Path, metavar="FILE", help="the same as a table, a line a picture")
    parser.add_argument(
        "--history", action="store_true",
        help="measure models by the files that `l3c encode` makes, with what was done to the pixels before, and stored "
        "and graphics tiles, instead of by what they code themselves",
    )  # fmt: skip
    parser.add_argument(
        "--float", action="store_true", dest="float_form",
        help="measure models by the probabilities of their float form, scale by scale",
    )  # fmt: skip
    parser.add_argument("-q", "--quiet", action="store_true", help="print nothing but errors")
    add_selection(parser)
    _add_writing(parser)


def _add_writing(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("real files")
    group.add_argument(
        "--write", type=Path, metavar="DIR", help="encode each picture to DIR/NAME.l3c, decode it, compare, print times"
    )
    group.add_argument("--compare-theory", action="store_true", help="bytes beside theory, scale by scale")
    group.add_argument("--report", type=Path, metavar="FILE", help="write mean seconds of each stage, as JSON")
    group.add_argument("--images", type=Path, metavar="FOLDER", help="pictures to calibrate experiments with")


def run(options: argparse.Namespace) -> int:
    """Print the summary, write the tables."""
    from l3c.training.evaluation.evaluate import evaluate_all
    from l3c.training.evaluation.results import json_text, sort_results, table, write_csv, write_json

    if not options.write and (options.compare_theory or options.report):
        raise InputError("--compare-theory and --report need --write DIR")
    if sum(map(bool, (options.write, options.history, options.float_form))) > 1:
        raise InputError("--write, --history and --float exclude one another")
    asked = request(options)
    results = write(asked, options) if options.write else evaluate_all(asked, lines_for(options.quiet))
    results = sort_results(results, options.sort)
    to_standard = options.json is not None and str(options.json) == STANDARD
    if not options.quiet and not to_standard:
        print(table(results))
    if to_standard:
        print(json_text(results), end="")
    elif options.json:
        write_json(options.json, results)
    if options.csv:
        write_csv(options.csv, results)
    return FAILED if any(result.skipped for result in results) else 0


def request(options: argparse.Namespace) -> Request:
    """What is asked for. Raises InputError where an experiment is, but the packages for training are not here."""
    from l3c.training.evaluation.request import Request, is_model

    subjects = commas(options.subjects)
    if options.float_form or not all(map(is_model, subjects)):
        need_training()
    return Request(
        tuple(subjects), tuple(map(Path, commas(options.folders))), options.log_dir,
        tuple(commas(options.names)), tuple(iterations(options.iteration)), selection(options), settings(options),
        options.device, options.overwrite_cache, options.reset_cache, options.images, options.history,
        options.float_form,
    )  # fmt: skip


def write(asked: Request, options: argparse.Namespace) -> list[Result]:
    """Real files, a line each."""
    from l3c.training.evaluation.files import write_all, write_report
    from l3c.training.evaluation.subject import Writing

    silent = options.quiet or str(options.json) == STANDARD
    say = (lambda line: None) if silent else print
    results, files = write_all(asked, Writing(options.write, options.compare_theory, say))
    if options.report:
        write_report(options.report, files)
    return results


def iterations(text: str) -> list[int]:
    try:
        return [checkpoint(part) for part in commas(text)]
    except argparse.ArgumentTypeError as error:
        raise InputError(f"--iteration: {error}") from None
