"""l3c prepare open-images | rescale | thumbnails | unpack | imagenet."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from l3c.cli.folders import Report, add_workers, root_of
from l3c.cli.options import positive

if TYPE_CHECKING:
    from l3c.bulk.run import Account
    from l3c.prepare.tree import Workers

MIN_SIZE = 128


def add_arguments(parser: argparse.ArgumentParser) -> None:
    steps = parser.add_subparsers(dest="step", metavar="STEP", required=True)
    whole = steps.add_parser("open-images", help="Open Images, from the public bucket to folders for training")
    whole.add_argument("data", metavar="DATA_DIR", type=Path, help="gets unpacked, train_oi, val_oi, cache.json")
    whole.add_argument("--source", metavar="URL", help="where the archives lie (default: the public bucket)")
    rescale = steps.add_parser("rescale", help="rescale and discard photographs by the published rules")
    rescale.add_argument("source", metavar="DIR", help="a folder or URL of photographs")
    rescale.add_argument("-o", "--output", metavar="DIR", required=True, help="the folder for PNG files")
    rescale.add_argument("--discard", metavar="DIR", help="gets discarded originals (default: DIR_discarded)")
    rescale.add_argument("--seed", type=int, default=123, help="of the random scales (default: 123)")
    small = steps.add_parser("thumbnails", help="random squares of photographs, reduced to one small size")
    small.add_argument("source", metavar="DIR", help="a folder or URL of photographs")
    small.add_argument("-o", "--output", metavar="DIR", required=True, help="the folder for PNG files")
    small.add_argument("--size", type=positive, default=32, metavar="N", help="sides, pixels (default: 32)")
    small.add_argument("--each", type=positive, default=60, metavar="N", help="squares of each picture (default: 60)")
    small.add_argument("--seed", type=int, default=123, help="of the random squares (default: 123)")
    for name, what, text in (("unpack", "ARCHIVE", "tar and zip archives"), ("imagenet", "FILE", "packed ImageNet")):
        step = steps.add_parser(name, help=f"{text}, each to a folder of its name")
        step.add_argument("sources", metavar=what, nargs="+", help="files; archives may be URLs")
        step.add_argument("-o", "--output", metavar="DIR", required=True, help="the folder for their folders")
    for step in steps.choices.values():
        step.add_argument("-q", "--quiet", action="store_true", help="print nothing but errors")
        add_workers(step)


def run(options: argparse.Namespace) -> int:
    """Run one step."""
    from l3c.prepare.tree import Workers

    report = Report(options)
    accounts = STEPS[options.step](options, report, Workers(options.jobs, options.cluster))
    return max(report.close(account) for account in accounts)


def open_images(options: argparse.Namespace, report: Report, workers: Workers) -> list[Account]:
    """All steps, and the list of training pictures that `l3c train -p cache=FILE` takes."""
    from l3c.prepare.open_images import BUCKET, prepare_open_images
    from l3c.training.picture_files import list_pictures

    accounts = prepare_open_images((options.source or BUCKET).rstrip("/"), options.data.absolute(), report, workers)
    if not any(account.exit_code for account in accounts):
        cache = options.data / "cache.json"
        cache.unlink(missing_ok=True)
        list_pictures(str(options.data / "train_oi"), MIN_SIZE, cache)
    return accounts


def rescale(options: argparse.Namespace, report: Report, workers: Workers) -> list[Account]:
    from l3c.prepare.open_images import rescale_all
    from l3c.prepare.rescale import Rescale

    discard = options.discard or options.output.rstrip("/") + "_discarded"
    source, target, discarded = (root_of(root, options) for root in (options.source, options.output, discard))
    return [rescale_all(Rescale(source, target, discarded, options.seed), report, workers)]


def thumbnails(options: argparse.Namespace, report: Report, workers: Workers) -> list[Account]:
    from l3c.prepare.thumbnails import Thumbnails, thumbnails_of

    source, target = (root_of(root, options) for root in (options.source, options.output))
    return [thumbnails_of(Thumbnails(source, target, options.size, options.each, options.seed), report, workers)]


def unpack(options: argparse.Namespace, report: Report, workers: Workers) -> list[Account]:
    from l3c.prepare.open_images import unpack_all

    return [
        unpack_all([root_of(s, options) for s in options.sources], root_of(options.output, options), report, workers)
    ]


def imagenet(options: argparse.Namespace, report: Report, workers: Workers) -> list[Account]:
    from l3c.bulk.plan import Plan
    from l3c.bulk.run import run
    from l3c.prepare.imagenet import Extract, jobs_of

    accounts = []
    for source in [root_of(s, options) for s in options.sources]:  # one after another: a packed file is large
        found = Plan(jobs_of(source), [], {})
        accounts.append(
            run(Extract(root_of(options.output, options)), found, "extract", report, workers.count, workers.cluster)
        )
    return accounts


STEPS = {
    "open-images": open_images,
    "rescale": rescale,
    "thumbnails": thumbnails,
    "unpack": unpack,
    "imagenet": imagenet,
}
