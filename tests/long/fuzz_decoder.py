"""Decode files that nobody wrote: `python -m tests.long.fuzz_decoder [COUNT] [--seed N] [--keep FOLDER]`.

Child processes decode many files each, under a limit of memory and with a limit of time for each file; after a death
or a hang another one goes on. Allowed are an error of l3c, and pixels that the file's checksums vouch for. Anything
else is reported, kept in FOLDER, and makes the exit code 1.
"""

from __future__ import annotations

import argparse
import os
import resource
import select
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

import l3c
from l3c.container.read import read_file
from l3c.container.tiling import boxes
from tests.long.hostile import Hostile, hostile_file

TIMEOUT = 5.0
START_TIMEOUT = 120.0
MAX_MEMORY = 256 << 20
ADDRESS_SPACE = 2 << 30
BAD = ("wrong pixels", "foreign exception", "crash", "hang")
Decode = Callable[..., NDArray[np.uint8]]


def examine(hostile: Hostile, decode: Decode = l3c.decode) -> tuple[str, str]:
    """(outcome, detail): outcome is "error", "exact", or one of BAD."""
    try:
        pixels = decode(hostile.data, threads=1, max_memory=MAX_MEMORY)
    except l3c.L3CError as error:
        return "error", type(error).__name__
    except Exception as error:
        return "foreign exception", f"{type(error).__name__}: {error}"
    right = np.array_equal(pixels, hostile.pixels) if hostile.pixels is not None else vouched_for(hostile.data, pixels)
    return ("exact", "") if right else ("wrong pixels", "")


def vouched_for(data: bytes, pixels: NDArray[np.uint8]) -> bool:
    """Whether size and checksums of all tiles are those that the file names, of bytes in one plane.

    A compact file without checks of tiles has one of its bytes, which reading it has tested.
    """
    contents = read_file(data)
    header = contents.header
    if header.history or len(header.components) > 1 or header.depth != 8:
        return bool(pixels.size == header.samples)
    if pixels.size != header.samples or pixels.shape[:2] != (header.height, header.width):
        return False
    cut = boxes(header.height, header.width, contents.tile_side)
    tiles = (np.ascontiguousarray(pixels[b.top : b.bottom, b.left : b.right]) for b in cut)
    return all(entry.crc in (None, crc32(tile.data)) for tile, entry in zip(tiles, contents.tiles, strict=True))


def work(seed: int, first: int, count: int) -> None:
    """What a child does: a line when it is ready, and one for each file."""
    hostile_file(seed, 0)
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))
    print("ready", flush=True)
    for number in range(first, count):
        hostile = hostile_file(seed, number)
        outcome, detail = examine(hostile)
        print(hostile.kind, outcome, " ".join(detail.split()), sep="\t", flush=True)


class Child:
    """A process that works through the files from `first` on."""

    def __init__(self, seed: int, first: int, count: int) -> None:
        command = [
            sys.executable,
            "-m",
            "tests.long.fuzz_decoder",
            str(count),
            "--seed",
            str(seed),
            "--first",
            str(first),
        ]
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        root = Path(__file__).parents[2]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, cwd=root, env=environment, bufsize=0)
        self._text = b""

    def line(self, timeout: float) -> str | None:
        """The next line; None at the end of the output. Raises TimeoutError."""
        assert self._process.stdout is not None
        limit = time.monotonic() + timeout
        while b"\n" not in self._text:
            left = limit - time.monotonic()
            if left <= 0 or not select.select([self._process.stdout], [], [], left)[0]:
                raise TimeoutError
            more = self._process.stdout.read(65536)
            if not more:
                return None
            self._text += more
        line, _, self._text = self._text.partition(b"\n")
        return line.decode()

    def end(self) -> int:
        """Kill it if it still runs; its exit status."""
        self._process.kill()
        assert self._process.stdout is not None
        self._process.stdout.close()
        return self._process.wait()


def results(seed: int, count: int) -> Iterator[tuple[str, str, str]]:
    """(kind, outcome, detail) of each file, in order."""
    number = 0
    while number < count:
        child = Child(seed, number, count)
        try:
            if child.line(START_TIMEOUT) != "ready":
                raise RuntimeError("a child process does not start")
            while number < count:
                found = next_result(child, seed, number)
                number += 1
                yield found
                if found[1] in ("crash", "hang"):
                    break
        finally:
            child.end()


def next_result(child: Child, seed: int, number: int) -> tuple[str, str, str]:
    try:
        line = child.line(TIMEOUT)
    except TimeoutError:
        return hostile_file(seed, number).kind, "hang", f"more than {TIMEOUT:.0f} s"
    if line is None:
        return hostile_file(seed, number).kind, "crash", f"exit status {child.end()}"
    kind, outcome, detail = line.split("\t")
    return kind, outcome, detail


def table(counts: Counter[tuple[str, str]]) -> str:
    """Kinds of files down, outcomes across."""
    outcomes = ["error", "exact", *BAD]
    kinds = list(dict.fromkeys(kind for kind, _ in counts))
    rows = [["kind", *outcomes], *([kind, *(str(counts[kind, o]) for o in outcomes)] for kind in kinds)]
    rows.append(["all", *(str(sum(counts[kind, o] for kind in kinds)) for o in outcomes)])
    widths = [20, *(len(outcome) + 3 for outcome in outcomes)]
    return "\n".join("".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip() for row in rows)


def fuzz(seed: int, count: int, keep: Path | None) -> int:
    """Run, report, and return the exit code."""
    counts: Counter[tuple[str, str]] = Counter()
    start = time.monotonic()
    for number, (kind, outcome, detail) in enumerate(results(seed, count)):
        counts[kind, outcome] += 1
        if outcome in BAD:
            print(f"file {number} of seed {seed}: {kind}: {outcome} {detail}")
            if keep:
                keep.mkdir(parents=True, exist_ok=True)
                (keep / f"{seed}-{number}.l3c").write_bytes(hostile_file(seed, number).data)
    print(table(counts))
    print(f"{count} files in {time.monotonic() - start:.0f} s, seed {seed}")
    return int(any(counts[key] for key in counts if key[1] in BAD))


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("count", type=int, nargs="?", default=10_000, help="files to decode (default: 10,000)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="where to write files that fail")
    parser.add_argument("--first", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.first is not None:
        work(options.seed, options.first, options.count)
        return 0
    return fuzz(options.seed, options.count, options.keep)


if __name__ == "__main__":
    sys.exit(main())
