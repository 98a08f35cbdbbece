"""Read mutated files in every way: `python -m tests.fuzz [MINUTES] [--seed N] [--files N] [--every N] [--keep FOLDER]`.

Child processes read many files each, under a limit of memory and of time for each file; after a death or a hang another
one goes on. Ways that run commands, which take ten times as long, read every eighth file, or every Nth. Whatever is
neither a result nor an error of l3c is reported, and makes the exit code 1.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import select
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

from tests.fuzz.mutate import mutated
from tests.fuzz.ways import SLOW, WAYS, examine

TIMEOUT = 60.0
"""Seconds for one file, all ways together."""

START_TIMEOUT = 300.0
ADDRESS_SPACE = 3 << 30
SLOW_EVERY = 8
"""Of so many files one is read by commands, too, if nothing else is asked for."""

PROGRESS = 500
"""Files after which a line says how many were read."""

ROOT = Path(__file__).parents[2]


def ways_of(number: int, every: int) -> tuple[str, ...]:
    return tuple(name for name in WAYS if name not in SLOW or number % every == 0)


def work(seed: int, first: int, every: int) -> None:
    """What a child does, for ever: a line of JSON for each file, when it begins and when it is read."""
    mutated(seed, 0)
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))
    number = first
    while True:
        name, data = mutated(seed, number)
        print(json.dumps([number, name, examine(data, ways_of(number, every))]), flush=True)
        number += 1


class Reader:
    """A child process, and its lines."""

    def __init__(self, seed: int, first: int, every: int) -> None:
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        command = [sys.executable, "-m", "tests.fuzz", "--seed", str(seed), "--first", str(first)]
        command += ["--every", str(every)]
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=ROOT, env=environment, bufsize=0
        )
        self._text = b""

    def line(self, timeout: float) -> str | None:
        """None at the end of the output. Raises TimeoutError."""
        out, limit = self.process.stdout, time.monotonic() + timeout
        assert out is not None
        while b"\n" not in self._text:
            left = limit - time.monotonic()
            if left <= 0 or not select.select([out], [], [], left)[0]:
                raise TimeoutError
            more = out.read(65536)
            if not more:
                return None
            self._text += more
        line, _, self._text = self._text.partition(b"\n")
        return line.decode()

    def end(self) -> int:
        self.process.kill()
        assert self.process.stdout is not None
        self.process.stdout.close()
        return self.process.wait()


def run(minutes: float, files: int | None, seed: int, keep: Path | None, every: int) -> int:
    """Report, and return the exit code."""
    until, number = time.monotonic() + 60 * minutes, 0
    counts: Counter[tuple[str, str]] = Counter()
    wrong: Counter[tuple[str, str]] = Counter()
    while time.monotonic() < until and (files is None or number < files):
        reader, timeout = Reader(seed, number, every), START_TIMEOUT
        try:
            while time.monotonic() < until and (files is None or number < files):
                found = next_result(reader, timeout)
                timeout = TIMEOUT
                for way, outcome in found.items():
                    counts[way, outcome[:1] if outcome.startswith("!") else outcome] += 1
                    if outcome.startswith("!"):
                        report(seed, number, way, outcome[1:], wrong, keep)
                number += 1
                if number % PROGRESS == 0:
                    print(f"{number} files, {sum(wrong.values())} faults", flush=True)
                if "file" in found:
                    break
        finally:
            reader.end()
    for way in [*WAYS, "file"]:
        row = {outcome: count for (name, outcome), count in sorted(counts.items()) if name == way}
        if row:
            print(f"{way:20} {row.get('read', 0):7} read {row.get('error', 0):7} errors {row.get('!', 0):5} wrong")
    print(f"{number} files, seed {seed}, {sum(wrong.values())} faults of {len(wrong)} kinds")
    return int(bool(wrong))


def next_result(reader: Reader, timeout: float) -> dict[str, str]:
    """What a file came to; of one that ends or stops the child, what happened to that."""
    try:
        line = reader.line(timeout)
    except TimeoutError:
        return {"file": f"!more than {timeout:.0f} s"}
    if line is None:
        return {"file": f"!the process ends with status {reader.end()}"}
    results: dict[str, str] = json.loads(line)[2]
    return results


def report(seed: int, number: int, way: str, what: str, wrong: Counter[tuple[str, str]], keep: Path | None) -> None:
    """Print the first of each kind, and keep its file."""
    kind = (way, what.partition(":")[0])
    wrong[kind] += 1
    if wrong[kind] > 2:
        return
    name, data = mutated(seed, number)
    print(f"file {number} of seed {seed}, made of {name!r}, {way}: {what}", flush=True)
    if keep:
        keep.mkdir(parents=True, exist_ok=True)
        (keep / f"{seed}-{number}.l3c").write_bytes(data)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("minutes", type=float, nargs="?", default=20, help="how long (default: 20)")
    parser.add_argument("--files", type=int, help="how many at most")
    parser.add_argument("--seed", type=int, default=0)
    every = f"read every Nth file by commands, too (default: {SLOW_EVERY})"
    parser.add_argument("--every", type=int, default=SLOW_EVERY, metavar="N", help=every)
    parser.add_argument(
        "--keep", type=Path, metavar="FOLDER", help="where to write files that are not read as they should"
    )
    parser.add_argument("--first", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.first is not None:
        work(options.seed, options.first, options.every)
    return run(options.minutes, options.files, options.seed, options.keep, options.every)


if __name__ == "__main__":
    sys.exit(main())
