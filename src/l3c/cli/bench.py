"""l3c bench FOLDER [--plot FILE]."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

from l3c.cli.options import add_effort, add_memory, add_threads, positive
from l3c.cli.progress import Progress
from l3c.cli.streams import BOLD, GREEN, RED, coloured, say
from l3c.convert.paths import MODEL

if TYPE_CHECKING:
    from l3c.convert.bench import Score

PLOTS = (".svg", ".png")  # suffixes of the plot

FAILED = 1
"""Exit code where a codec changed a picture."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", metavar="FOLDER", type=Path, help="pictures, at any depth: 8-bit gray, RGB or RGBA")
    parser.add_argument(
        "-m", "--models", metavar="NAME[,...]", default=f"wave-fast,{MODEL}",
        help=f"models of l3c to compare (default: wave-fast,{MODEL})",
    )  # fmt: skip
    add_effort(parser)
    parser.add_argument("-n", "--max-images", type=positive, metavar="N", help="so many pictures, evenly spaced")
    parser.add_argument(
        "--plot", metavar="FILE", type=Path, help="draw sizes against speeds, as .svg or .png; overwrites it"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object a codec")
    parser.add_argument("-q", "--quiet", action="store_true", help="print nothing but the table, and errors")
    add_threads(parser)
    add_memory(parser)


def run(options: argparse.Namespace) -> int:
    """Print a table, smallest files first; the exit code tells whether every pixel came back."""
    from l3c.convert.bench import Score, installed_codecs, measure, pictures
    from l3c.errors import InputError

    if options.plot and options.plot.suffix.lower() not in PLOTS:
        raise InputError(f"{options.plot}: a plot's name ends in .svg or .png")
    paths, there = pictures(options.folder, options.max_images)
    codecs = installed_codecs(options.models.split(","), options.effort, options.threads)
    scores = [Score(codec) for codec in codecs]
    left_out: list[str] = []
    with Progress(f"{len(paths)} pictures, {len(codecs)} codecs", options.quiet) as line:
        count = measure(paths, scores, options.max_memory, line, left_out.append)
    for reason in left_out if not options.quiet else ():
        say(f"left out: {reason}")
    if not count:
        raise InputError(f"{options.folder}: no picture that all codecs take")
    scores = sorted(scores, key=lambda score: score.size)
    if options.json:
        for score in scores:
            print(json.dumps(score.to_dict()))
    else:
        print(table(scores, count, there))
    if options.plot:
        draw(options.plot, scores)
    return FAILED if any(score.wrong for score in scores) else 0


def draw(target: Path, scores: list[Score]) -> None:
    from l3c.convert.bench_plot import png, svg
    from l3c.storage.atomic import write_whole

    write_whole(target, svg(scores).encode() if target.suffix.lower() == ".svg" else png(scores))


def table(scores: list[Score], count: int, there: int) -> str:
    """Sizes beside the smallest, speeds, and what went wrong."""
    width = max(len(score.codec.name) for score in scores)
    of = f" of {there:,}" if count < there else ""
    head = f"{'codec':<{width}} {'bytes':>14} {'bits/sub-pixel':>15} {'size':>7} {'encode':>11} {'decode':>11}"
    lines = [f"{count:,}{of} pictures, {scores[0].pixels / 1e6:.1f} megapixels", coloured(head, BOLD)]
    for score in scores:
        row = (
            f"{score.codec.name:<{width}} {score.size:>14,} {score.bits:>15.3f} {score.size / scores[0].size:>7.1%}"
            f" {score.encode_speed:>6.2f} MP/s {score.decode_speed:>6.2f} MP/s"
        )
        wrong = coloured(f"  changed: {', '.join(score.wrong)}", RED) if score.wrong else ""
        lines.append((coloured(row, GREEN) if score.codec.ours else row) + wrong)
    return "\n".join(lines)
