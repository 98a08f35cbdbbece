"""l3c desktop --install, --remove, --thumbnail IN OUT."""

from __future__ import annotations

import argparse
import json
import sys

from l3c.cli.options import positive
from l3c.cli.streams import say

THUMBNAIL = 256  # pixels a side: "large" of the freedesktop standard


def add_arguments(parser: argparse.ArgumentParser) -> None:
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument(
        "--install", action="store_true", help="let file managers of this user know l3c files, and show their pictures"
    )
    what.add_argument("--remove", action="store_true", help="take back what --install did")
    what.add_argument(
        "--thumbnail", nargs=2, metavar=("IN", "OUT"), help="write a small PNG of an l3c file, as file managers ask for"
    )
    parser.add_argument(
        "--size", type=positive, default=THUMBNAIL, metavar="N", help=f"its longest side (default: {THUMBNAIL})"
    )
    parser.add_argument("--json", action="store_true", help="print the files as a JSON object")
    parser.add_argument("-q", "--quiet", action="store_true", help="print nothing but errors")


def run(options: argparse.Namespace) -> int:
    """Install, remove, or draw."""
    from l3c.desktop import install, remove, write_thumbnail

    if options.thumbnail:
        source, target = options.thumbnail
        files = [write_thumbnail(source, target, options.size)]
    else:
        files = install([sys.executable, "-m", "l3c"]) if options.install else remove()
    if options.json:
        print(json.dumps({"files": [str(file) for file in files]}))
    elif not options.quiet and not options.thumbnail:
        for file in files:
            say(f"{file}: {'written' if options.install else 'removed'}")
    return 0
