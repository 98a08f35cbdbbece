"""l3c models [FILE ...], l3c models --fetch NAME[,...]."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from l3c.cli.options import add_json
from l3c.cli.progress import lines_for
from l3c.cli.selection import commas
from l3c.cli.streams import say, tell
from l3c.models.search_path import COEFFICIENTS

if TYPE_CHECKING:
    from l3c.codec.models import Listed

# a model's channels; 0 stands for the float form, which codes nothing
KINDS = {0: "float", 1: "gray", 2: "chroma", 3: "RGB", COEFFICIENTS: "JPEG"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "files",
        metavar="FILE",
        nargs="*",
        help="paths or URLs of files to verify (default: list all that is known)",
    )
    parser.add_argument(
        "--fetch", metavar="NAME[,...]", help="fetch released models into the cache, where they are found by name"
    )
    add_json(parser)


def run(options: argparse.Namespace) -> int:
    """One line for each model: name, kind of picture, digest, file; every file is read, and its digest verified."""
    from l3c.codec.models import describe_file, list_models
    from l3c.errors import InputError, ModelError

    if options.fetch is not None:
        if options.files:
            raise InputError("--fetch takes no files")
        return fetch(commas(options.fetch, "--fetch"), options.json)
    broken = False
    for model in map(describe_file, options.files) if options.files else list_models():
        if model.problem:
            say(f"l3c: {problem(model)}" if model.place else f"note: {model.problem}")
            broken = broken or bool(model.place)
        else:
            kind = KINDS[model.channels]
            record = {"name": model.name, "kind": kind, "digest": model.digest, "file": str(model.place)}
            tell(f"{model.name:<11} {kind:<6}  {model.digest[:32]}  {model.place}", record, options.json)
    return ModelError.exit_code if broken else 0


def fetch(names: list[str], as_json: bool) -> int:
    """One line for each file."""
    from l3c.models.fetch import fetch as fetch_model

    for name in names:
        for file in fetch_model(name, lines_for(quiet=False)):
            record = {"name": name, "file": str(file.path), "bytes": file.size, "fetched": file.new}
            tell(f"{file.path}: {file.size:,} bytes, {'fetched' if file.new else 'was here already'}", record, as_json)
    return 0


def problem(model: Listed) -> str:
    """The problem, after the name of its file or folder."""
    return model.problem if model.problem.startswith(model.place) else f"{model.place}: {model.problem}"
