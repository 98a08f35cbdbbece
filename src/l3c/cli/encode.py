"""l3c encode IN [OUT], l3c encode DIR -o DIR."""

from __future__ import annotations

import argparse
import io
import sys
from typing import TYPE_CHECKING

from l3c.cli.files import STANDARD, check_target, read_source, shown, target
from l3c.cli.folders import add_folder_options, convert, is_folder
from l3c.cli.options import add_device, add_effort, add_target, add_threads
from l3c.cli.progress import Progress
from l3c.errors import install_command

if TYPE_CHECKING:
    from l3c.bulk.kinds import Encoding
    from l3c.images.picture import Picture

SUFFIX = ".l3c"
JPEG_START = b"\xff\xd8\xff"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "source", metavar="IN", help="a picture (PNG, TIFF, WebP, BMP, PPM, ...), a folder, or - for standard input"
    )
    parser.add_argument("target", metavar="OUT", nargs="?", help="the file to write (default: IN with .l3c appended)")
    parser.add_argument("-m", "--model", default="wave", help="the model to use (default: wave); see `l3c models`")
    add_effort(parser)
    parser.add_argument("--pixels", action="store_true", help="encode a JPEG file's pixels, not the file itself")
    parser.add_argument("--strip", action="store_true", help="leave metadata out: colour profile, EXIF, XMP, texts")
    parser.add_argument("--no-history", action="store_true", help="do not look for what was done to the pixels before")
    parser.add_argument("--preview", action="store_true", help="add a small picture, for quick looks: some kB")
    add_threads(parser)
    add_device(parser)
    add_target(parser)
    add_folder_options(parser)


def run(options: argparse.Namespace) -> int:
    """Encode one picture, or a folder."""
    if options.output or is_folder(options.source):
        return convert(encoding(options), options)
    out = options.target or (STANDARD if options.source == STANDARD else options.source + SUFFIX)
    check_target(out, options.source, options.force)
    name = shown(options.source, "standard input")
    raw = read_source(options.source)
    data = None if options.pixels else keep_jpeg(raw, options.threads)
    if data is None:
        return encode_pixels(raw, name, out, options)
    with target(out, options.force) as file:
        file.write(data)
    if not options.quiet:
        line = f"{name}: {len(raw):,} -> {len(data):,} bytes ({len(data) / len(raw):.1%}), the JPEG file itself"
        print(line if out == STANDARD else f"{line}: {out}", file=sys.stderr)
        if options.strip:
            print(f"{name}: its metadata is part of it and was kept; --pixels leaves it out", file=sys.stderr)
    return 0


def encoding(options: argparse.Namespace) -> Encoding:
    """For folders."""
    from l3c.bulk.kinds import Encoding

    return Encoding(
        options.model,
        options.effort,
        options.strip,
        not options.no_history,
        options.pixels,
        options.preview,
        options.device,
    )


def keep_jpeg(raw: bytes, threads: int | None) -> bytes | None:
    """The file that keeps a JPEG file; None for others, and where there is no libjxl to do it."""
    if not raw.startswith(JPEG_START):
        return None
    from l3c import api
    from l3c.jpeg.keep import can_keep
    from l3c.jpeg.transcode import available

    return api.encode_jpeg(raw, threads=threads) if available() and can_keep(raw) else None


def encode_pixels(raw: bytes, name: str, out: str, options: argparse.Namespace) -> int:
    """Encode a picture's samples."""
    from l3c import api
    from l3c.images.read import read_picture

    picture = read_picture(io.BytesIO(raw), name)
    with Progress(name, options.quiet) as progress:
        data = api.encode(
            picture.samples,
            model=options.model,
            threads=options.threads,
            device=options.device,
            layout=picture.layout,
            palette=picture.palette,
            metadata={} if options.strip else picture.metadata,
            effort=options.effort,
            history=not options.no_history,
            preview=options.preview,
            progress=progress,
        )
    with target(out, options.force) as file:
        file.write(data)
    if not options.quiet:
        report(name, shown(out, STANDARD), len(raw), len(data), picture.samples.size)
        if picture.source_format in ("JPEG", "MPO"):
            note(name, options.pixels)
        elif not options.no_history and missed_jpeg(picture):
            print(f"{name}: decoded from a JPEG; for a far smaller file: {install_command('jpeg')}", file=sys.stderr)
    return 0


def missed_jpeg(picture: Picture) -> bool:
    """Whether a JPEG decoder made the pixels, and there is no libjxl to make use of it."""
    from l3c.codec.pasts.decoded_jpeg import missed
    from l3c.container.constants import GRAY, RGB
    from l3c.container.structure import ImageHeader

    if picture.samples.dtype.name != "uint8" or picture.layout or picture.channels not in (1, 3):
        return False
    height, width = picture.samples.shape[:2]
    samples = picture.samples.reshape(height, width, -1)
    return missed(samples, ImageHeader(GRAY if picture.channels == 1 else RGB, height, width))


def report(name: str, out: str, before: int, after: int, samples: int) -> None:
    """One line of result."""
    share = f"{after / before:.1%}"
    line = f"{name}: {before:,} -> {after:,} bytes ({share}), {8 * after / samples:.3f} bits per sub-pixel"
    print(line if out == STANDARD else f"{line}: {out}", file=sys.stderr)


def note(name: str, wanted: bool) -> None:
    """Say that a JPEG's pixels were encoded, and how to keep the file."""
    text = "a JPEG's own file is smaller than its pixels without loss; the pixels were encoded"
    print(f"{name}: {text}" + ("" if wanted else f"; to keep the file: {install_command('jpeg')}"), file=sys.stderr)
