"""l3c verify FILE..."""

from __future__ import annotations

import argparse
import json
import traceback

from l3c.cli.files import read_source, shown
from l3c.cli.folders import Report, add_folder_options, is_folder, root_of
from l3c.cli.info import describe
from l3c.cli.options import add_memory, add_threads, add_verbose
from l3c.cli.streams import say, visible
from l3c.errors import L3CError, explained


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "sources", metavar="FILE", nargs="+", help="l3c files, folders of them, or - for standard input"
    )
    parser.add_argument("-q", "--quiet", action="store_true", help="print nothing but errors")
    add_verbose(parser)
    add_threads(parser)
    add_memory(parser)
    add_folder_options(parser, writes=False)


def run(options: argparse.Namespace) -> int:
    """Check every file, even after a failure; the exit code is the first failure's."""
    codes = [check_tree(source, options) if is_folder(source) else check(source, options) for source in options.sources]
    return next((code for code in codes if code), 0)


def check_tree(source: str, options: argparse.Namespace) -> int:
    from l3c.bulk.check import Check, check_folder
    from l3c.convert.operations import Decoding

    task, workers = Check(root_of(source, options), options.max_memory, options.trace), options.jobs or options.threads
    with Report(options) as report:
        try:
            summary = check_folder(task, Decoding(), report, workers, options.cluster, report.watch)
        except (L3CError, OSError) as error:
            reason, code = explained(error, source)
            return failed(source, reason, code, options)
        return report.close(summary)


def check(source: str, options: argparse.Namespace) -> int:
    from l3c import api
    from l3c.errors import naming

    name = shown(source, "standard input")
    try:
        data = read_source(source)
        with naming(name):
            described = api.verify(data, threads=options.threads, max_memory=options.max_memory)
    except L3CError as error:
        return failed(name, str(error), error.exit_code, options)
    except MemoryError:
        return failed(name, f"{name}: not enough memory", 1, options)
    except OSError as error:
        return failed(name, explained(error, name)[0], 1, options)
    if options.json:
        print(json.dumps({"source": name, "status": "done", "bytes_in": len(data)}))
    elif not options.quiet:
        picture = f"{described.width} x {described.height} {described.layout}"
        held = picture if described.width else f"a file of {described.kept_size:,} bytes"
        print(visible(f"{name}: intact, {held}"))
        if options.verbose:
            print(describe(name, described))
    return 0


def failed(name: str, reason: str, code: int, options: argparse.Namespace) -> int:
    """Say what is wrong with a file, and return the exit code."""
    if options.trace:
        traceback.print_exc()
    if options.json:
        print(json.dumps({"source": name, "status": "failed", "error": reason, "code": code}))
    say(f"l3c: {reason}")
    return code
