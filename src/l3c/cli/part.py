"""l3c decode --region and --preview: a part of a picture, or a small one."""

from __future__ import annotations

import argparse
from pathlib import Path

from l3c.cli.files import STANDARD, attributes_of, check_target, read_source, shown, target
from l3c.cli.inputs import placed
from l3c.cli.streams import say
from l3c.container.constants import FILE_SUFFIX
from l3c.errors import InputError
from l3c.image import Region
from l3c.storage.remote import is_remote, path_of


def region(text: str) -> Region:
    """X,Y,W,H, for argparse."""
    try:
        x, y, width, height = map(int, text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r}: needs X,Y,W,H: left column, top row, width, height") from None
    return x, y, width, height


def write_part(options: argparse.Namespace) -> int:
    """Decode a region, or show a preview, of one file; the file may be a URL."""
    from l3c.convert.part import decode_part
    from l3c.images.write import check_suffix
    from l3c.storage.atomic import Attributes

    source, out = options.source, options.target or (STANDARD if options.source == STANDARD else None)
    if out is None and options.into is not None:
        base = path_of(source).name if is_remote(source) else Path(source).name
        out = placed(options, f"{base.removesuffix(FILE_SUFFIX)}.png")
    if out is None:
        raise InputError(f"{source}: --region and --preview need a target")
    check_suffix("" if out == STANDARD else out)
    check_target(out, STANDARD if "://" in source else source, options.force)
    name = shown(source, "standard input")
    what = "preview" if options.preview else "region"
    if options.dry_run:
        say(f"{name}: would decode a {what}: {shown(out, STANDARD)}")
        return 0
    given = read_source(STANDARD) if source == STANDARD else source
    suffixed = "" if out == STANDARD else out
    data, (width, height) = decode_part(given, suffixed, options.region, options.threads, options.max_memory, name)
    private = Attributes(mode=attributes_of(source).mode)  # a part of a picture is no older than its command
    with target(out, options.force, private) as file:
        file.write(data)
    if not options.quiet and out != STANDARD:
        say(f"{name}: {what} of {width} x {height} pixels: {shown(out, STANDARD)}")
    return 0
