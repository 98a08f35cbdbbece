"""l3c verify FILE..."""

from __future__ import annotations

import argparse
import sys

from l3c.cli.files import naming, read_source, shown
from l3c.cli.folders import Report, add_folder_options, is_folder, root_of
from l3c.cli.options import add_memory, add_threads
from l3c.errors import L3CError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "sources", metavar="FILE", nargs="+", help="l3c files, folders of them, or - for standard input"
    )
    parser.add_argument("-q", "--quiet", action="store_true", help="print nothing but errors")
    add_threads(parser)
    add_memory(parser)
    add_folder_options(parser, writes=False)


def run(options: argparse.Namespace) -> int:
    """Check every file, whatever is wrong with the others; the exit code is the first failure's."""
    codes = [check_tree(source, options) if is_folder(source) else check(source, options) for source in options.sources]
    return next((code for code in codes if code), 0)


def check_tree(source: str, options: argparse.Namespace) -> int:
    from l3c.bulk.check import Check, check_folder

    report = Report(options)
    try:
        task = Check(root_of(source, options), options.max_memory)
        account = check_folder(task, report, options.jobs or options.threads, options.cluster)
    except L3CError as error:
        print(f"l3c: {error}", file=sys.stderr)
        return error.exit_code
    return report.close(account)


def check(source: str, options: argparse.Namespace) -> int:
    from l3c import api

    name = shown(source, "standard input")
    try:
        data = read_source(source)
        with naming(name):
            found = api.verify(data, threads=options.threads, max_memory=options.max_memory)
    except L3CError as error:
        print(f"l3c: {error}", file=sys.stderr)
        return error.exit_code
    except OSError as error:
        print(f"l3c: {name}: {error.strerror or error}", file=sys.stderr)
        return 1
    if not options.quiet:
        print(f"{name}: intact, {found.width} x {found.height} {found.layout}")
    return 0
