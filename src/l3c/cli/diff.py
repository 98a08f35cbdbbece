"""l3c diff A B."""

from __future__ import annotations

import argparse
import json

from l3c.cli.files import read_source, shown
from l3c.cli.options import add_json, add_memory, add_threads
from l3c.cli.streams import RED, coloured, say, visible

DIFFERENT = 1
"""Exit code where the pictures differ, as of diff and cmp."""

TROUBLE = 2
"""Exit code where one of them cannot be read."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("one", metavar="A", help="an l3c file or a picture, or - for standard input")
    parser.add_argument("other", metavar="B", help="another one, of any format")
    parser.add_argument("-p", "--pixels", action="store_true", help="compare pixels alone, no metadata")
    parser.add_argument("-q", "--quiet", action="store_true", help="print nothing but errors: the exit code tells")
    add_json(parser)
    add_threads(parser)
    add_memory(parser)


def run(options: argparse.Namespace) -> int:
    """Print a line for each difference, and nothing where there is none."""
    from l3c.errors import L3CError, explained

    names = [shown(name, "standard input") for name in (options.one, options.other)]
    try:
        found = differences(options, names)
    except (L3CError, OSError, MemoryError) as error:
        if options.trace:
            import traceback

            traceback.print_exc()
        named = next((name for name in names if str(error).startswith(name)), names[0])
        say(f"l3c: {explained(error, getattr(error, 'filename', None) or named)[0]}")
        return TROUBLE
    if options.json:
        listed = [{"what": d.what, "page": d.page, "text": d.text} for d in found]
        print(json.dumps({"files": names, "same": not found, "differences": listed}))
    elif not options.quiet:
        for difference in found:
            print(f"{visible(' '.join(names))}: {coloured(visible(str(difference)), RED)}")
    return DIFFERENT if found else 0


def differences(options: argparse.Namespace, names: list[str]):  # type: ignore[no-untyped-def]
    from l3c.convert.compare import compare, load
    from l3c.convert.files import DecodeOptions

    one, other = read_source(options.one), read_source(options.other)
    if one == other and options.one != options.other:
        return []
    limits = DecodeOptions(options.max_memory, "auto", options.threads)
    return compare(load(one, names[0], limits), load(other, names[1], limits), metadata=not options.pixels)
