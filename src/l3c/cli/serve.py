"""l3c serve [FOLDER]."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from l3c.cli.options import add_memory, add_threads
from l3c.cli.streams import say

PORT = 8353
"""Where the gallery is, unless another port is asked for: not registered for anything."""

HIGHEST = 65535  # of ports


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "folder",
        metavar="FOLDER",
        type=Path,
        nargs="?",
        default=Path(),
        help="a folder of l3c files, at any depth (default: this one)",
    )
    parser.add_argument(
        "--port", type=port, default=PORT, metavar="N", help=f"on this machine; 0 takes a free one (default: {PORT})"
    )
    parser.add_argument("--open", action="store_true", help="show it in the browser")
    parser.add_argument("--json", action="store_true", help="print the address as a JSON object")
    parser.add_argument("-q", "--quiet", action="store_true", help="print nothing but errors")
    add_threads(parser)
    add_memory(parser)


def port(text: str) -> int:
    if not text.isdecimal() or int(text) > HIGHEST:
        raise argparse.ArgumentTypeError(f"{text!r} is no port: 0 to {HIGHEST}")
    return int(text)


def run(options: argparse.Namespace) -> int:
    """Serve until Ctrl-C."""
    from l3c.serve.gallery import Gallery
    from l3c.serve.server import Server

    gallery = Gallery(options.folder, options.max_memory, options.threads)
    with Server(gallery, options.port) as server:
        if options.json:
            print(json.dumps({"url": server.url, "files": len(gallery.paths)}), flush=True)
        elif not options.quiet:
            say(f"{options.folder}: {len(gallery.paths):,} files at {server.url} (Ctrl-C ends it)")
        if options.open:
            import webbrowser

            webbrowser.open(server.url)
        server.serve_forever()
    return 0
