"""l3c decode --region and --preview: a part of a picture, or a small one."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from l3c.cli.files import STANDARD, attributes_of, check_target, read_source, shown, target
from l3c.cli.streams import say
from l3c.container.constants import FILE_SUFFIX
from l3c.errors import InputError

if TYPE_CHECKING:
    from l3c.image import Image
    from l3c.images.picture import Picture

Region = tuple[int, int, int, int]


def region(text: str) -> Region:
    """X,Y,W,H, for argparse."""
    try:
        x, y, width, height = map(int, text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r}: needs X,Y,W,H: left column, top row, width, height") from None
    return x, y, width, height


def write_part(options: argparse.Namespace) -> int:
    """Decode a region, or show a preview, of one file; the file may be a URL."""
    from l3c.errors import naming
    from l3c.images.write import check_suffix, write_picture
    from l3c.storage.atomic import Attributes

    source, out = options.source, options.target or (STANDARD if options.source == STANDARD else None)
    if out is None and options.into is not None:
        out = str(Path(options.into) / f"{Path(source).name.removesuffix(FILE_SUFFIX)}.png")
    if out is None:
        raise InputError(f"{source}: --region and --preview need a target")
    check_suffix("" if out == STANDARD else out)
    check_target(out, STANDARD if "://" in source else source, options.force)
    name = shown(source, "standard input")
    with naming(name):
        picture = part(opened(options), options)
    private = Attributes(mode=attributes_of(source).mode)  # a part of a picture is no older than its command
    with target(out, options.force, private) as file, naming(shown(out, "the picture")):
        write_picture(picture, file, "" if out == STANDARD else out)
    if not options.quiet and out != STANDARD:
        height, width = picture.samples.shape[:2]
        what = "preview" if options.preview else "region"
        say(f"{name}: {what} of {width} x {height} pixels: {shown(out, STANDARD)}")
    return 0


def opened(options: argparse.Namespace) -> Image:
    from l3c.image import open_image

    source = read_source(STANDARD) if options.source == STANDARD else options.source
    return open_image(source, threads=options.threads, max_memory=options.max_memory)


def part(image: Image, options: argparse.Namespace) -> Picture:
    """The picture to write. Metadata goes with a region; a preview has none."""
    from l3c.images.picture import Picture

    if options.preview:
        return Picture(image.preview())
    return Picture(image.region(*options.region), image.metadata, layout=image.layout, palette=image.palette)
