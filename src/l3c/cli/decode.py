"""l3c decode IN [OUT], l3c decode DIR -o DIR."""

from __future__ import annotations

import argparse
import sys
from pathlib import PurePath
from typing import TYPE_CHECKING

from l3c.cli.files import STANDARD, check_target, naming, read_source, shown, target
from l3c.cli.folders import add_folder_options, convert, is_folder
from l3c.cli.options import add_memory, add_target, add_threads
from l3c.cli.progress import Progress
from l3c.errors import FormatError, InputError

if TYPE_CHECKING:
    from l3c.images.picture import Picture

SUFFIX = ".l3c"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("source", metavar="IN", help="an l3c file, a folder, or - for standard input")
    parser.add_argument(
        "target", metavar="OUT", nargs="?", help="the picture to write, its format by suffix (default: IN without .l3c)"
    )
    parser.add_argument(
        "--salvage", action="store_true", help="write what is intact of a damaged file, 0 for the rest, and list that"
    )
    add_threads(parser)
    add_memory(parser)
    add_target(parser)
    add_folder_options(parser)


def default_target(source: str) -> str:
    """IN without its suffix; PNG where what is left names no format that keeps every pixel."""
    if source == STANDARD:
        return STANDARD
    if not source.lower().endswith(SUFFIX) or source.lower() == SUFFIX:
        raise InputError(f"{source}: does not end in {SUFFIX}; name a target")
    from l3c.images.write import WRITERS

    stem = source[: -len(SUFFIX)]
    return stem if PurePath(stem).suffix.lower() in WRITERS else stem + ".png"


def run(options: argparse.Namespace) -> int:
    """Decode one file, or a folder."""
    if options.output or is_folder(options.source):
        from l3c.bulk.kinds import Decoding

        if options.salvage:
            raise InputError(f"{options.source}: --salvage takes single files")
        return convert(Decoding(options.max_memory), options)
    from l3c.images.write import check_suffix

    out = options.target or default_target(options.source)
    check_suffix("" if out == STANDARD else out)
    check_target(out, options.source, options.force)
    name = shown(options.source, "standard input")
    data = read_source(options.source)
    picture, lost = salvage(data, name, options) if options.salvage else (decode(data, name, options), [])

    from l3c.images.write import write_picture

    with target(out, options.force) as file:
        dropped = write_picture(picture, file, "" if out == STANDARD else out)
    if dropped:
        print(
            f"l3c: {shown(out, STANDARD)}: the format cannot hold {', '.join(dropped)}, which was dropped",
            file=sys.stderr,
        )
    if not options.quiet and out != STANDARD:
        height, width = picture.samples.shape[:2]
        print(f"{name}: {width} x {height} pixels: {shown(out, STANDARD)}", file=sys.stderr)
    for line in lost:
        print(f"l3c: {name}: lost: {line}", file=sys.stderr)
    return FormatError.exit_code if lost else 0


def salvage(data: bytes, name: str, options: argparse.Namespace) -> tuple[Picture, list[str]]:
    """What is left of the picture in a file, and what is lost."""
    from l3c import api
    from l3c.images.picture import Picture

    with naming(name):
        found = api.salvage(data, threads=options.threads, max_memory=options.max_memory)
    return Picture(found.samples, found.metadata, layout=found.layout, palette=found.palette), found.lost


def decode(data: bytes, name: str, options: argparse.Namespace) -> Picture:
    """The picture in a file; errors name the file."""
    from l3c import api
    from l3c.container.constants import LAYOUT_NAMES, METADATA
    from l3c.container.read import read_file
    from l3c.images.picture import Picture

    with naming(name), Progress(name, options.quiet) as progress:
        contents = read_file(data)
        samples = api.decode_contents(
            contents, threads=options.threads, max_memory=options.max_memory, progress=progress
        )
    metadata = {METADATA[tag]: value for tag, value in contents.metadata.items()}
    layout = LAYOUT_NAMES[contents.header.layout]
    return Picture(samples, metadata, layout=layout, palette=contents.palette)
