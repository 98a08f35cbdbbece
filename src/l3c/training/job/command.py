"""The command line of a job's module."""

from __future__ import annotations

import argparse
import logging
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from l3c.errors import L3CError
from l3c.training.job.job import Job, Stage
from l3c.training.job.packs import PLAIN, SCALED, VALID


def main_of(
    arguments: list[str],
    module: str,
    description: str,
    stages: Mapping[str, Stage],
    run: Callable[[Job], None],
    compile_only: Callable[[Job, Stage], None],
) -> int:
    """The command line of a job's module."""
    parser = argparse.ArgumentParser(prog=f"python -m {module}", description=description.splitlines()[0])
    parser.add_argument("minutes", type=float, help="from --began to the end, all included")
    parser.add_argument("data", type=Path, help=f"a folder with folders {PLAIN}, {VALID} and perhaps {SCALED}")
    parser.add_argument("out", type=Path, help="gets the results: at most 8 files")
    parser.add_argument("--previous", type=Path, help="a folder with an earlier call's results, to go on from")
    parser.add_argument("--work", type=Path, default=Path("/tmp/l3c-work"), help="packed files and checkpoints")
    parser.add_argument("--began", type=float, default=time.time(), help="seconds since 1970")
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
    parser.add_argument("-p", dest="settings", action="append", default=[], metavar="KEY=VALUE", help="of all stages")
    parser.add_argument("--compile-only", choices=stages, help=argparse.SUPPRESS)
    o = parser.parse_args(arguments)
    logging.basicConfig(format="%(levelname)s: %(message)s", level=logging.INFO)
    job = Job(o.minutes, o.data, o.out, o.work, o.began, o.previous, o.device, tuple(o.settings))
    try:
        if o.compile_only:
            compile_only(job, stages[o.compile_only])
        else:
            run(job)
    except (L3CError, OSError) as error:  # a full disk, above all
        print(f"l3c: {error}", file=sys.stderr)
        return error.exit_code if isinstance(error, L3CError) else L3CError.exit_code
    return 0
