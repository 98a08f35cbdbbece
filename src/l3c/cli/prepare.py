"""l3c prepare open-images | rescale | thumbnails | unpack | imagenet | pack | parts."""

from __future__ import annotations

import argparse
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from l3c.cli.folders import Report, add_workers, root_of
from l3c.cli.options import add_json, positive, seed, size
from l3c.cli.streams import say, tell

if TYPE_CHECKING:
    from l3c.bulk.run import RunSummary
    from l3c.prepare.tree import Workers

FAILED = 1
"""Exit code where a picture could not be read: what is written is of the others."""

MIN_SIZE = 128  # pixels: the crops that the networks of the paper are trained on (docs/training.md)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    steps = parser.add_subparsers(dest="step", metavar="STEP", required=True)
    whole = _step(steps, "open-images", "download, unpack, rescale and discard Open Images")
    whole.add_argument("data", metavar="DATA_DIR", type=Path, help="gets unpacked, train_oi, val_oi, cache.json")
    whole.add_argument("--source", metavar="URL", help="where the archives lie (default: the public bucket)")
    rescale = _step(steps, "rescale", "rescale and discard photographs by the published rules")
    rescale.add_argument("source", metavar="DIR", help="a folder or URL of photographs")
    rescale.add_argument("-o", "--output", metavar="DIR", required=True, help="the folder for PNG files")
    rescale.add_argument("--discard", metavar="DIR", help="gets discarded originals (default: DIR_discarded)")
    rescale.add_argument("--seed", type=seed, default=123, help="of the random scales (default: 123)")
    small = _step(steps, "thumbnails", "cut random squares from photographs and reduce them to one small size")
    small.add_argument("source", metavar="DIR", help="a folder or URL of photographs")
    small.add_argument("-o", "--output", metavar="DIR", required=True, help="the folder for PNG files")
    small.add_argument("--size", type=positive, default=32, metavar="N", help="sides, pixels (default: 32)")
    small.add_argument("--each", type=positive, default=60, metavar="N", help="squares of each picture (default: 60)")
    small.add_argument("--seed", type=seed, default=123, help="of the random squares (default: 123)")
    for name, what, text in (
        ("unpack", "ARCHIVE", "tar and zip archives"),
        ("imagenet", "FILE", "downsampled ImageNet"),
    ):
        step = _step(steps, name, f"unpack {text}, each file to a folder of its name")
        step.add_argument("sources", metavar=what, nargs="+", help="files; archives may be URLs")
        step.add_argument(
            "-o",
            "--output",
            metavar="DIR",
            required=True,
            help="for their folders; one that holds another source is refused",
        )
    for step in (rescale, small):
        step.epilog = "Pictures that are done are left. A folder of another source, or of other options, is refused."
    for step in list(steps.choices.values()):
        step.add_argument("-q", "--quiet", action="store_true", help="print nothing but errors")
        add_workers(step)
    _add_file_steps(steps)


def _step(
    steps: argparse._SubParsersAction[argparse.ArgumentParser], name: str, summary: str
) -> argparse.ArgumentParser:
    return steps.add_parser(name, help=summary, description=f"{summary[0].upper()}{summary[1:]}.")


def _add_file_steps(steps: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """What writes a file or copies, and needs no workers."""
    pack = _step(steps, "pack", "decode all pictures into one file, which training maps into memory")
    pack.add_argument("sources", metavar="FOLDER", nargs="+", help="folders, pictures, or patterns with *")
    pack.add_argument("-o", "--output", metavar="FILE", type=Path, required=True, help="a name that ends in .pack")
    pack.add_argument(
        "--scale", metavar=("LEAST", "MOST"), nargs=2, type=float, help="reduce each by a random factor between these"
    )
    pack.add_argument("--seed", type=seed, default=123, help="of the random factors (default: 123)")
    pack.add_argument(
        "--min-size", type=positive, default=MIN_SIZE, metavar="N", help="leave out shorter sides (default: 128)"
    )
    parts = _step(steps, "parts", "copy folders into parts of limited size, to move them one by one")
    parts.add_argument("folders", metavar="NAME=FOLDER", nargs="+", help="becomes PREFIX-1/NAME, PREFIX-2/NAME, ...")
    parts.add_argument("-o", "--output", metavar="PREFIX", type=Path, required=True, help="of the parts' names")
    parts.add_argument("--size", type=size, required=True, metavar="BYTES", help="of a part at most, as 40M")
    for step in (pack, parts):
        step.add_argument("-q", "--quiet", action="store_true", help="print nothing but errors")
        add_json(step)


def run(options: argparse.Namespace) -> int:
    """Run one step."""
    if options.step in FILE_STEPS:
        done = FILE_STEPS[options.step](options)
        if options.json or not options.quiet:
            tell(done.text, done.record, options.json)
        return done.code
    from l3c.prepare.tree import Workers

    with Report(options) as report:
        summaries = STEPS[options.step](options, report, Workers(options.jobs, options.cluster))
        return max(report.close(summary) for summary in summaries)


def open_images(options: argparse.Namespace, report: Report, workers: Workers) -> list[RunSummary]:
    """All steps, and the sizes of training pictures that `l3c train -p cache=FILE` takes."""
    from l3c.prepare.open_images import BUCKET, prepare_open_images
    from l3c.training.picture_files import list_pictures

    summaries = prepare_open_images((options.source or BUCKET).rstrip("/"), options.data.absolute(), report, workers)
    if not any(summary.exit_code for summary in summaries):
        cache = options.data / "cache.json"
        cache.unlink(missing_ok=True)
        list_pictures(str(options.data / "train_oi"), MIN_SIZE, cache)
    return summaries


def rescale(options: argparse.Namespace, report: Report, workers: Workers) -> list[RunSummary]:
    from l3c.prepare.open_images import rescale_all
    from l3c.prepare.rescale import Rescale

    discard = options.discard or options.output.rstrip("/") + "_discarded"
    source, target, discarded = (root_of(root, options) for root in (options.source, options.output, discard))
    return [rescale_all(Rescale(source, target, discarded, options.seed), report, workers)]


def thumbnails(options: argparse.Namespace, report: Report, workers: Workers) -> list[RunSummary]:
    from l3c.prepare.thumbnails import Thumbnails, thumbnails_of

    source, target = (root_of(root, options) for root in (options.source, options.output))
    return [thumbnails_of(Thumbnails(source, target, options.size, options.each, options.seed), report, workers)]


def unpack(options: argparse.Namespace, report: Report, workers: Workers) -> list[RunSummary]:
    from l3c.prepare.open_images import unpack_all

    return [
        unpack_all([root_of(s, options) for s in options.sources], root_of(options.output, options), report, workers)
    ]


def imagenet(options: argparse.Namespace, report: Report, workers: Workers) -> list[RunSummary]:
    from l3c.prepare.imagenet import extract_all

    sources = [root_of(source, options) for source in options.sources]
    return extract_all(sources, root_of(options.output, options), report, workers)


class Outcome(NamedTuple):
    """A result, for people and as JSON, and the exit code."""

    text: str
    record: dict[str, object]
    code: int = 0


def pack(options: argparse.Namespace) -> Outcome:
    from l3c.errors import InputError, L3CError
    from l3c.training.packed import SUFFIX, Reduction, Source
    from l3c.training.packed import pack as pack_all

    if options.output.suffix != SUFFIX:
        raise InputError(f"{options.output}: a packed file's name ends in {SUFFIX}")
    reduction = Reduction(options.scale[0], options.scale[1], options.seed) if options.scale else None
    sources = [Source(where, reduction) for where in options.sources]
    with counted_damage(options.quiet) as damaged:
        try:
            count, pixels = pack_all(sources, options.output, options.min_size)
        except InputError as error:
            raise L3CError(str(error)) if damaged else error from None
    record: dict[str, object] = {"file": str(options.output), "pictures": count, "pixels": pixels}
    if damaged:
        record["damaged"] = len(damaged)
    said = f", {len(damaged):,} that cannot be used left out" if damaged else ""
    return Outcome(f"{options.output}: {count:,} pictures, {pixels:,} pixels{said}", record, FAILED if damaged else 0)


@contextmanager
def counted_damage(quiet: bool) -> Iterator[list[str]]:
    """Say which pictures are left out meanwhile, and collect the lines of those that could not be read.

    Training's warnings name both. quiet: name the damaged ones alone.
    """
    lines: list[str] = []

    class Handler(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if getattr(record, "damaged", False):
                lines.append(record.getMessage())
                say(f"l3c: {record.getMessage()}")
            elif not quiet:
                say(record.getMessage())

    from l3c.training.picture_files import logger

    handler = Handler(logging.WARNING)
    logger.addHandler(handler)
    try:
        yield lines
    finally:
        logger.removeHandler(handler)


def parts(options: argparse.Namespace) -> Outcome:
    from l3c.errors import InputError
    from l3c.prepare.parts import divide

    folders = {}
    for text in options.folders:
        name, separator, folder = text.partition("=")
        if not separator or not folder or name in folders:
            raise InputError(f"{text}: NAME=FOLDER expected, each name once")
        folders[name] = Path(folder)
    made = [str(part) for part in divide(folders, options.output, options.size)]
    return Outcome("\n".join(made), {"parts": made})


# steps that read or write folders, with workers
STEPS = {
    "open-images": open_images,
    "rescale": rescale,
    "thumbnails": thumbnails,
    "unpack": unpack,
    "imagenet": imagenet,
}

FILE_STEPS = {"pack": pack, "parts": parts}  # steps that read or write one file, without workers
