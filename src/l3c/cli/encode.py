"""l3c encode IN [OUT], l3c encode IN ... [-o DIR], l3c encode DIR -o DIR."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from l3c.cli.files import STANDARD, check_target, draft_of, open_source
from l3c.cli.folders import add_folder_options, convert_tree, is_folder
from l3c.cli.inputs import add_inputs, is_still_missing, placed, run_each
from l3c.cli.options import (
    add_device,
    add_dry_run,
    add_effort,
    add_memory,
    add_target,
    add_threads,
    add_verbose,
)
from l3c.cli.progress import Progress
from l3c.cli.single import Single
from l3c.container.constants import FILE_SUFFIX
from l3c.convert.paths import MODEL, check_encoded_name
from l3c.errors import InputError
from l3c.storage.atomic import is_special
from l3c.storage.large import whole

if TYPE_CHECKING:
    from l3c.convert.files import Encoded, EncodeOptions


def add_arguments(parser: argparse.ArgumentParser) -> None:
    what = "pictures (PNG, TIFF, WebP, BMP, PPM, JPEG, ...), a folder, or - for standard input"
    add_inputs(parser, what, "if it ends in .l3c (default: IN with .l3c appended)")
    parser.add_argument("-m", "--model", help=f"the model to use (default: {MODEL}); see `l3c models`")
    add_effort(parser)
    parser.add_argument("--pixels", action="store_true", help="encode a JPEG file's pixels, not the file itself")
    parser.add_argument("--strip", action="store_true", help="leave out metadata: colour profile, EXIF, XMP, texts")
    parser.add_argument("--no-history", action="store_true", help="do not look for what was done to the pixels before")
    parser.add_argument("--preview", action="store_true", help="add a small picture, for quick looks: some kB")
    parser.add_argument(
        "--everything",
        action="store_true",
        help="keep files of any other kind too, byte for byte; in folders hidden ones as well",
    )
    add_memory(parser)
    add_threads(parser)
    add_device(parser)
    add_target(parser)
    add_verbose(parser)
    add_dry_run(parser)
    add_folder_options(parser)


def run(options: argparse.Namespace) -> int:
    """Encode pictures, or a folder."""
    return run_each(options, is_result, run_one)


def is_result(word: str) -> bool:
    """Whether the second of two words names the l3c file to write."""
    return word == STANDARD or word.lower().endswith(FILE_SUFFIX) or is_special(Path(word))


def run_one(options: argparse.Namespace) -> int:
    """Encode one picture, or a folder."""
    if options.output or is_folder(options.source):
        from l3c.convert.operations import Encoding

        if not options.cluster:  # whose workers may have models that this machine has not
            check_model(options.model or MODEL, options.device)
        in_place = bool(options.output) and is_same_folder(options.source, options.output)
        operation = Encoding(encode_options(options), in_place)
        return convert_tree(operation, options, changed=given(options))
    named = STANDARD if options.source == STANDARD else placed(options, options.source + FILE_SUFFIX)
    out = options.target or named
    if not is_still_missing(options):
        check_target(out, options.source, options.force)
    check_encoded_name(out)
    single = Single(options, out)
    return single.failing(lambda: encode(single, options))


def check_model(name: str, device: str) -> None:
    """Raise ModelError for a name that no model has, once instead of for every file."""
    from l3c.codec.models import check_name, codes

    if not any(codes(name, channels, device) for channels in (3, 1)):
        check_name(name)


def is_same_folder(one: str, other: str) -> bool:
    return "://" not in one and "://" not in other and Path(one).resolve() == Path(other).resolve()


def given(options: argparse.Namespace) -> str:
    """The options that would have made other files of sources that are done already."""
    named = {"-m": options.model, "-e": options.effort}
    return " and ".join(f"{option} {value}" for option, value in named.items() if value)


def encode_options(options: argparse.Namespace) -> EncodeOptions:
    from l3c.api import DEFAULT_EFFORT
    from l3c.convert.files import EncodeOptions

    return EncodeOptions(
        options.model or MODEL,
        options.effort or DEFAULT_EFFORT,
        options.strip,
        not options.no_history,
        options.pixels,
        options.preview,
        options.device,
        options.threads,
        options.everything,
        options.max_memory,
    )


def encode(single: Single, options: argparse.Namespace) -> int:
    """Encode one file."""
    from l3c.convert.files import check_encoded, encode_file, is_known, outlook

    raw, asked = open_source(single.source), encode_options(options)
    name = single.name if single.source == STANDARD else single.source
    if single.dry:
        return single.plan(len(raw), f"encode {outlook(raw, name, asked)}")
    with draft_of(single.out) as draft:
        with Progress(single.name, options.quiet) as progress:
            try:
                encoded = encode_file(raw, name, draft, asked, progress)
            except InputError as error:
                if asked.pixels or is_known(raw):
                    raise
                raise InputError(f"{error}; --everything keeps the file itself") from error
        missing = check_encoded(raw, draft.content(), name, asked) if single.checked else ()
        share = encoded.size / max(1, len(raw))
        line = f"{single.name}: {len(raw):,} -> {encoded.size:,} bytes ({share:.1%}), {what(encoded)}"
        idle = options.effort and encoded.kept == "JPEG"
        notes = (*encoded.notes, *(["-e changes nothing here: a JPEG file has no choices to search"] if idle else ()))
        described = list(details(single.out, whole(draft.content()))) if options.verbose else []
        return single.finish(draft, len(raw), line, missing, notes, described)


def details(name: str, data: bytes) -> Iterator[str]:
    """What `l3c info` says of an l3c file."""
    from l3c import api
    from l3c.cli.info import describe

    yield describe(name, api.info(data))


def what(encoded: Encoded) -> str:
    """What the file holds, for people."""
    if encoded.samples:
        return f"{8 * encoded.size / encoded.samples:.3f} bits per sub-pixel"
    return f"the {encoded.kept} file itself" if encoded.kept else "the file itself"
