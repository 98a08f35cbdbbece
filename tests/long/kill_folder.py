"""Kill runs that delete their sources, at random moments: `python -m tests.long.kill_folder [TIMES]`."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from tests.bulk.folders import Pixels, make_tree, pixels_of, tree

COUNT, SIDE = 24, 48
LONGER = 1.2
"""A run is given more time than the one before: a busy machine may need all of it to start."""


def main(times: int = 50, seed: int = 0) -> None:
    """Encode whole trees until `times` runs were killed. Raises AssertionError where one has lost a file."""
    rng, killed, finished = random.Random(seed), 0, 0
    while killed < times:
        with tempfile.TemporaryDirectory() as folder:
            source, target = Path(folder, "in"), Path(folder, "out")
            pictures = make_tree(source, COUNT, SIDE)
            patience = 1.0
            while tree(source):
                killed += run_and_kill(source, target, patience * rng.uniform(0.15, 0.9))
                check(pictures, source, target)
                patience *= LONGER
            finished += 1
            assert not [name for name in tree(target) if not name.endswith(".l3c")]
    print(f"{killed} runs were killed, {finished} trees finished, every picture was there each time")


def run_and_kill(source: Path, target: Path, after: float) -> bool:
    """Whether the run was killed before it ended. It is given `after` seconds from its first sign of work."""
    command = [
        sys.executable,
        "-m",
        "l3c",
        "encode",
        str(source),
        "-o",
        str(target),
        "--delete-source",
        "-j",
        "2",
        "-q",
    ]
    run = subprocess.Popen(command, start_new_session=True)
    try:
        run.wait(after)
    except subprocess.TimeoutExpired:
        os.killpg(run.pid, signal.SIGKILL)
    return run.wait() == -signal.SIGKILL


def check(pictures: dict[str, Pixels], source: Path, target: Path) -> None:
    """Every picture is there, whole, as its source or its result; every result is whole."""
    for name, pixels in pictures.items():
        result = target / f"{name}.l3c"
        if result.exists():
            np.testing.assert_array_equal(pixels_of(result), pixels, err_msg=f"{result} at {time.time()}")
        else:
            np.testing.assert_array_equal(pixels_of(source / name), pixels, err_msg=f"{source / name}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 50)
