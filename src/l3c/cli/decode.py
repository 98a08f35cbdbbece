"""l3c decode IN [OUT], l3c decode DIR -o DIR."""

from __future__ import annotations

import argparse
import io
import sys
from pathlib import PurePath
from typing import TYPE_CHECKING

from l3c.cli.files import STANDARD, check_target, naming, read_source, shown, target
from l3c.cli.folders import add_folder_options, convert, is_folder
from l3c.cli.options import add_device, add_memory, add_target, add_threads
from l3c.cli.part import region, write_part
from l3c.cli.progress import Progress
from l3c.errors import FormatError, InputError

if TYPE_CHECKING:
    from l3c.images.picture import Picture

SUFFIX = ".l3c"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("source", metavar="IN", help="an l3c file, a folder, or - for standard input")
    parser.add_argument(
        "target",
        metavar="OUT",
        nargs="?",
        help="the picture to write, its format by suffix (default: IN without .l3c); "
        "a JPEG file that was kept is given back itself",
    )
    parser.add_argument(
        "--salvage", action="store_true", help="write what is intact of a damaged file, 0 for the rest, and list that"
    )
    parts = parser.add_mutually_exclusive_group()
    parts.add_argument(
        "--region", type=region, metavar="X,Y,W,H", help="only these pixels; reads and decodes little else"
    )
    parts.add_argument("--preview", action="store_true", help="only a small picture, at most 320 pixels a side")
    add_threads(parser)
    add_device(parser)
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
    """Decode one file, a part of it, or a folder."""
    if options.region or options.preview:
        if options.output or options.salvage:
            raise InputError(f"{options.source}: --region and --preview take single files that are whole")
        return write_part(options)
    if options.output or is_folder(options.source):
        from l3c.bulk.kinds import Decoding

        if options.salvage:
            raise InputError(f"{options.source}: --salvage takes single files")
        return convert(Decoding(options.max_memory, options.device), options)
    name = shown(options.source, "standard input")
    if options.target is not None:
        check_target(options.target, options.source, options.force)
    elif options.source != STANDARD:
        default_target(options.source)
    data = read_source(options.source)
    jpeg = None if options.salvage else kept_jpeg(data, name, options)
    if jpeg is not None:
        return write_jpeg(jpeg, name, options)
    return write_pixels(data, name, options)


def kept_jpeg(data: bytes, name: str, options: argparse.Namespace) -> bytes | None:
    """The JPEG file that is kept; None for others, and where the target names a format for its pixels."""
    from l3c import api
    from l3c.container.read import read_file
    from l3c.images.write import WRITERS

    suffix = PurePath(options.target or "").suffix.lower()
    with naming(name):
        contents = read_file(data)
        if contents.jpeg is None or (suffix and suffix in WRITERS):
            return None
        return api.original_of(contents, threads=options.threads, max_memory=options.max_memory)


def write_jpeg(jpeg: bytes, name: str, options: argparse.Namespace) -> int:
    """Write the very file that was encoded."""
    out = options.target or (STANDARD if options.source == STANDARD else options.source[: -len(SUFFIX)])
    check_jpeg_target(out)
    check_target(out, options.source, options.force)
    with target(out, options.force) as file:
        file.write(jpeg)
    if not options.quiet and out != STANDARD:
        print(f"{name}: the JPEG file, {len(jpeg):,} bytes: {shown(out, STANDARD)}", file=sys.stderr)
    return 0


def check_jpeg_target(out: str) -> None:
    """Raise InputError for names that would make it look like another format."""
    from l3c.images.write import LOSSY
    from l3c.jpeg.keep import SUFFIXES

    suffix = PurePath(out).suffix.lower()
    if suffix in LOSSY and suffix not in SUFFIXES:
        raise InputError(f"{out}: the file holds a JPEG file, not {suffix[1:]}")


def write_pixels(data: bytes, name: str, options: argparse.Namespace) -> int:
    """Decode samples and write them as a picture."""
    from l3c.images.write import check_suffix

    out = options.target or default_target(options.source)
    check_suffix("" if out == STANDARD else out)
    check_target(out, options.source, options.force)
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
    from l3c.container.constants import LAYOUT_NAMES
    from l3c.container.read import read_file
    from l3c.images.picture import Picture
    from l3c.images.read import read_picture

    with naming(name), Progress(name, options.quiet) as progress:
        contents = read_file(data)
        if contents.jpeg is not None:
            jpeg = api.original_of(contents, threads=options.threads, max_memory=options.max_memory)
            return read_picture(io.BytesIO(jpeg), name)
        samples = api.decode_contents(
            contents,
            threads=options.threads,
            device=options.device,
            max_memory=options.max_memory,
            progress=progress,
        )
    metadata = contents.named_metadata
    layout = LAYOUT_NAMES[contents.header.layout]
    return Picture(samples, metadata, layout=layout, palette=contents.palette)
