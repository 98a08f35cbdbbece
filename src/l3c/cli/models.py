"""l3c models [FILE ...]."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from l3c.codec.models import Listed

KINDS = {1: "gray", 2: "chroma", 3: "RGB"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "files",
        metavar="FILE",
        nargs="*",
        help="paths or URLs of files to verify (default: list all that is known)",
    )


def run(options: argparse.Namespace) -> int:
    """One line for each model: name, kind of picture, digest, file; every file is read, and its digest verified."""
    from l3c.codec.models import describe_file, list_models
    from l3c.errors import ModelError

    broken = False
    for model in map(describe_file, options.files) if options.files else list_models():
        if model.problem:
            print(f"l3c: {problem(model)}", file=sys.stderr)
            broken = broken or bool(model.place)
        else:
            print(f"{model.name:<11} {KINDS[model.channels]:<6}  {model.digest[:32]}  {model.place}")
    return ModelError.exit_code if broken else 0


def problem(model: Listed) -> str:
    """What is wrong, behind the file or folder that it is wrong with."""
    return model.problem if model.problem.startswith(model.place) else f"{model.place}: {model.problem}"
