"""l3c decode IN [OUT], l3c decode IN ... [-o DIR], l3c decode DIR -o DIR."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from l3c.cli.encode import details
from l3c.cli.files import STANDARD, attributes_of, check_target, draft_of, open_source, read_source, shown, target
from l3c.cli.folders import add_folder_options, convert_tree, is_folder
from l3c.cli.inputs import add_inputs, is_still_missing, placed, run_each
from l3c.cli.options import add_device, add_dry_run, add_memory, add_target, add_threads, add_verbose
from l3c.cli.part import region, write_part
from l3c.cli.progress import Progress
from l3c.cli.single import Single
from l3c.cli.streams import say
from l3c.container.constants import FILE_SUFFIX
from l3c.convert.paths import check_decoded_name, check_source_name
from l3c.errors import FormatError, InputError
from l3c.storage.large import LargeFile, whole

if TYPE_CHECKING:
    from l3c.convert.files import DecodeOptions


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_inputs(
        parser,
        "l3c files, a folder, or - for standard input",
        "the picture to write, its format by suffix (default: IN without .l3c, with .png or .tif appended where the "
        "suffix cannot hold it); a file that was kept is given back itself",
    )
    parser.add_argument(
        "--salvage", action="store_true", help="write what is intact of a damaged file, 0 for the rest, and list that"
    )
    parser.add_argument(
        "--mask",
        metavar="FILE",
        help="with --salvage, also write which pixels are intact: a gray picture, white where they are, else black",
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
    add_verbose(parser)
    add_dry_run(parser)
    add_folder_options(parser)


def run(options: argparse.Namespace) -> int:
    """Decode files, parts of them, or a folder."""
    return run_each(options, lambda word: not word.lower().endswith(FILE_SUFFIX) and not Path(word).is_dir(), run_one)


def run_one(options: argparse.Namespace) -> int:
    """Decode one file, a part of it, or a folder."""
    if options.region or options.preview:
        if options.output or options.salvage:
            raise InputError(f"{options.source}: --region and --preview take single files that are whole")
        return write_part(options)
    if options.output or is_folder(options.source):
        from l3c.convert.operations import Decoding

        if options.salvage:
            raise InputError(f"{options.source}: --salvage takes single files")
        return convert_tree(Decoding(decode_options(options)), options)
    if options.target is not None:
        check_decoded_name(options.target)
        check_target(options.target, options.source, options.force)
    elif options.source != STANDARD:
        check_source_name(options.source)
    if options.salvage:
        return salvage(options)
    if options.mask:
        raise InputError(f"{options.source}: --mask needs --salvage")
    return decode(options)


def decode_options(options: argparse.Namespace) -> DecodeOptions:
    from l3c.convert.files import DecodeOptions

    return DecodeOptions(options.max_memory, options.device, options.threads)


def default_target(raw: bytes | LargeFile, options: argparse.Namespace) -> str:
    """As folders name it, by what the file holds. Raises InputError where it is there already."""
    from l3c.convert.files import contents_of, target_name
    from l3c.errors import naming

    if options.source == STANDARD:
        return STANDARD
    with naming(options.source):
        out = placed(options, target_name(options.source, contents_of(raw)))
    if not is_still_missing(options):
        check_target(out, options.source, options.force)
    return out


def decode(options: argparse.Namespace) -> int:
    """Decode one file."""
    from l3c.convert.files import check_decoded, decode_file, dropping

    raw = open_source(options.source)
    out = options.target or default_target(raw, options)
    single, asked = Single(options, out), decode_options(options)
    if single.dry:
        return single.plan(len(raw), "decode")

    def work() -> int:
        name, suffixed = single.name, "" if out == STANDARD else out
        named = options.target not in (None, STANDARD)
        with draft_of(out) as draft:
            with Progress(name, options.quiet) as progress:
                decoded = decode_file(raw, name, suffixed, draft, asked, progress, named=named)
            missing = check_decoded(raw, draft.content(), name, suffixed or "x.png", asked) if single.checked else ()
            if decoded.dropped:
                single.say(f"l3c: {shown(out, STANDARD)}: {dropping(decoded.dropped)}")
            what = (
                f"the {decoded.kept} file, {draft.size:,} bytes"
                if decoded.kept
                else "{} x {} pixels".format(*decoded.size)
            )
            line = "" if out == STANDARD else f"{name}: {what}"
            return single.finish(
                draft, len(raw), line, missing, (), details(name, whole(raw)) if options.verbose else ()
            )

    return single.failing(work)


def salvage(options: argparse.Namespace) -> int:
    """Write what is left of the picture in a file, and say what is lost."""
    import numpy as np

    from l3c import api
    from l3c.errors import naming
    from l3c.images.picture import Picture
    from l3c.images.write import check_suffix, write_picture

    name = shown(options.source, "standard input")
    named = STANDARD if options.source == STANDARD else placed(options, options.source[: -len(FILE_SUFFIX)] + ".png")
    out = options.target or named
    suffixed = "" if out == STANDARD else out
    check_suffix(suffixed)
    check_target(out, options.source, options.force)
    mask = options.mask
    if mask:
        check_suffix(mask)
        check_target(mask, options.source, options.force)
        if mask == out:
            raise InputError(f"{mask}: is the target of the picture")
    if options.delete_source:
        raise InputError(f"{name}: --salvage never deletes a source")
    if options.dry_run:
        say(f"{name}: would salvage: {shown(out, STANDARD)}")
        return 0
    with naming(name):
        salvaged = api.salvage(read_source(options.source), threads=options.threads, max_memory=options.max_memory)
    picture = Picture(salvaged.samples, salvaged.metadata, layout=salvaged.layout, palette=salvaged.palette)
    with target(out, options.force, attributes_of(options.source)) as file:
        write_picture(picture, file, suffixed)
    if mask:
        with target(mask, options.force) as file:
            write_picture(Picture(salvaged.intact * np.uint8(255)), file, mask)
    if not options.quiet and out != STANDARD:
        height, width = salvaged.samples.shape[:2]
        say(f"{name}: {width} x {height} pixels: {shown(out, STANDARD)}")
    for line in salvaged.lost:
        say(f"l3c: {name}: lost: {line}")
    return FormatError.exit_code if salvaged.lost else 0
