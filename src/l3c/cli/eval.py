"""l3c eval EXP_OR_MODEL[,...] FOLDER[,...]."""

from __future__ import annotations

import argparse
import errno
import os
from pathlib import Path
from tempfile import TemporaryFile
from typing import TYPE_CHECKING

from l3c.cli.extras import need_training
from l3c.cli.files import STANDARD
from l3c.cli.options import checkpoint, positive
from l3c.cli.progress import lines_for
from l3c.cli.selection import add_selection, commas, optional, selection, settings
from l3c.errors import InputError
from l3c.storage.atomic import is_special, write_whole

if TYPE_CHECKING:
    from l3c.training.evaluation.costs import Result
    from l3c.training.evaluation.real_files import RealFile
    from l3c.training.evaluation.request import Request

FAILED = 1
"""Exit code where a picture was skipped: what is printed is of the others."""

LATEST = "-1"  # instead of an iteration: that of the newest checkpoint

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
        default=LATEST,
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
    parser.add_argument("--csv", type=Path, metavar="FILE", help="the same as a table, a line a picture; - too")
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
    from l3c.training.evaluation.results import csv_text, json_text, sort_results, table

    check_modes(options)
    asked = request(options)
    check_concerned(options, asked)
    outputs = {name: text for name, text in ((options.json, json_text), (options.csv, csv_text)) if name is not None}
    check_outputs([*outputs, *([options.report] if options.report else [])])
    results, files = write(asked, options) if options.write else (evaluate_all(asked, lines_for(options.quiet)), [])
    results = sort_results(results, options.sort)
    if not options.quiet and Path(STANDARD) not in outputs:
        print(table(results))
    try:
        for path in sorted(outputs, key=lambda path: path != Path(STANDARD)):  # figures are out before a disk is full
            put_text(path, outputs[path](results))
        if options.report:
            from l3c.training.evaluation.files import write_report

            write_report(options.report, files)
    except OSError:
        if options.quiet and Path(STANDARD) not in outputs:  # nothing else has them
            print(table(results))
        raise
    return FAILED if any(result.skipped for result in results) else 0


def check_modes(options: argparse.Namespace) -> None:
    """Raise InputError for options that exclude or need one another."""
    if not options.write and (options.compare_theory or options.report or options.images):
        raise InputError("--compare-theory, --report and --images need --write DIR")
    if sum(map(bool, (options.write, options.history, options.float_form))) > 1:
        raise InputError("--write, --history and --float exclude one another")
    if options.json is not None and options.json == options.csv:
        raise InputError(f"--json and --csv: both go to {options.json}")
    if options.write and options.recursive is not None:
        raise InputError("--recursive: files always apply RGB Shared 3 times more")
    if options.write and options.reset_cache:
        raise InputError("--reset-cache: results of --write are not remembered")
    for name, given in (("--max-pixels", options.max_pixels), ("--bfloat16", options.bfloat16)):
        if options.write and given:
            raise InputError(f"{name}: files are made of integers, tile by tile; it is for probabilities")


def check_concerned(options: argparse.Namespace, asked: Request) -> None:
    """Raise InputError for options that concern none of the subjects: they would be ignored."""
    from l3c.training.evaluation.request import is_model

    models, names = [is_model(subject) for subject in asked.subjects], ", ".join(asked.subjects)
    of_models = {"--history": options.history, "--float": options.float_form}
    if not any(models) and (wrong := [name for name, given in of_models.items() if given]):
        raise InputError(f"{wrong[0]}: is for models; {names}: an experiment, measured by its probabilities")
    if not all(models):
        return
    of_experiments = {
        "--iteration": options.iteration != LATEST,
        "--reset-cache": options.reset_cache,
        "--images": options.images is not None,
    }
    of_probabilities = {
        "--recursive": options.recursive is not None,
        "--max-pixels": options.max_pixels is not None,
        "--bfloat16": options.bfloat16,
    }
    if wrong := [name for name, given in of_experiments.items() if given]:
        raise InputError(f"{wrong[0]}: is for experiments; {names}: a model, which has no checkpoints")
    if not options.float_form and (wrong := [name for name, given in of_probabilities.items() if given]):
        raise InputError(f"{wrong[0]}: is for experiments, and for models by --float; {names}: measured by files")


def check_outputs(paths: list[Path]) -> None:
    """Raise OSError, before anything is computed, for what could not be written. Nothing is left behind."""
    for path in paths:
        if path == Path(STANDARD) or is_special(path):
            continue
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
        folder = next(above for above in path.absolute().parents if above.exists())
        try:
            with TemporaryFile(dir=folder):
                pass
        except OSError as error:
            error.filename = str(path)
            raise


def put_text(path: Path, text: str) -> None:
    if path == Path(STANDARD):
        print(text, end="")
    else:
        write_whole(path, text.encode())


def request(options: argparse.Namespace) -> Request:
    """What is asked for. Raises InputError where an experiment is, but the packages for training are not here."""
    from l3c.training.evaluation.request import Request, is_model

    subjects, folders = commas(options.subjects, "EXP_OR_MODEL"), commas(options.folders, "FOLDER")
    if options.float_form or not all(map(is_model, subjects)):
        need_training()
    return Request(
        tuple(subjects), tuple(map(Path, folders)), options.log_dir,
        tuple(optional(options.names, "--names")), tuple(iterations(options.iteration)), selection(options),
        settings(options), options.device, options.overwrite_cache, options.reset_cache, options.images,
        options.history, options.float_form,
    )  # fmt: skip


def write(asked: Request, options: argparse.Namespace) -> tuple[list[Result], list[RealFile]]:
    """Real files, a line each."""
    from l3c.training.evaluation.files import write_all
    from l3c.training.evaluation.subject import Writing

    silent = options.quiet or Path(STANDARD) in (options.json, options.csv)
    say = (lambda line: None) if silent else print
    return write_all(asked, Writing(options.write, options.compare_theory, say))


def iterations(text: str) -> list[int]:
    try:
        return [checkpoint(part) for part in commas(text, "--iteration")]
    except argparse.ArgumentTypeError as error:
        raise InputError(f"--iteration: {error}") from None
