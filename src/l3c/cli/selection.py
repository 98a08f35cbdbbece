"""Options of commands that take trained networks and folders of pictures."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from l3c.cli.options import add_device, add_log_dir, positive
from l3c.errors import InputError

if TYPE_CHECKING:
    from l3c.training.evaluation.costs import Settings
    from l3c.training.evaluation.test_sets import Selection


def add_selection(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--match", metavar="NAMES", default="", help="only pictures with these base names, separated by commas"
    )
    parser.add_argument(
        "-m", "--max-images", type=positive, metavar="N", help="N pictures of each folder, evenly spaced"
    )
    parser.add_argument("--crop", type=positive, metavar="N", help="centre crops of N x N pixels")
    parser.add_argument(
        "--recursive", type=recursions, metavar="N", help="apply RGB Shared N times more, or auto (3; the default)"
    )
    parser.add_argument("--bfloat16", action="store_true", help="compute the networks in bfloat16")
    add_device(parser)
    add_log_dir(parser)


def recursions(text: str) -> int | None:
    if text != "auto" and not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is neither auto nor a whole number")
    return None if text == "auto" else int(text)


def selection(options: argparse.Namespace) -> Selection:
    from l3c.training.evaluation.test_sets import Selection

    return Selection(tuple(optional(options.match, "--match")), options.max_images, options.crop)


def settings(options: argparse.Namespace) -> Settings:
    from l3c.training.evaluation.costs import MAX_PIXELS, Settings

    return Settings(options.recursive, getattr(options, "max_pixels", None) or MAX_PIXELS, options.bfloat16)


def commas(text: str, what: str) -> list[str]:
    """The parts, at least one. what: names them in the InputError where there is none."""
    parts = [part for part in text.split(",") if part]
    if not parts:
        raise InputError(f"{what}: {text!r} names nothing")
    return parts


def optional(text: str, what: str) -> list[str]:
    """The same, or none of an empty text."""
    return commas(text, what) if text else []
