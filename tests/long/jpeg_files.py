"""Mutated JPEG files, and mutated l3c files that keep JPEG files: `python -m tests.long.jpeg_files [FOLDER ...]`.

Every mutated JPEG file must come back byte for byte. Mutated l3c files, whose sections' checksums are right, must give
an error of l3c or the very JPEG file. Child processes work through parts of the numbers, under a limit of memory; a
crash, another exception, wrong bytes, or a file that takes more than TIMEOUT seconds makes the exit code 1.
"""

from __future__ import annotations

import argparse
import io
import resource
import subprocess
import sys
import time
from collections import Counter
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

import l3c
from l3c.container.read import read_file
from l3c.container.write import write_file
from tests.checks import smooth_picture

PART = 250  # files of a child
TIMEOUT = 10.0  # seconds of the processor for one file
ADDRESS_SPACE = 3 << 30
MAX_MEMORY = 256 << 20
LARGE = 60_000  # bytes: larger files of folders are left out
WAYS: dict[str, dict[str, Any]] = {
    "4:2:0": {},
    "4:4:4": {"subsampling": 0, "quality": 92},
    "4:2:2 optimised": {"subsampling": 1, "optimize": True},
    "progressive": {"progressive": True},
    "restarts": {"restart_marker_blocks": 2, "quality": 40},
}


@cache
def seeds(folders: tuple[str, ...]) -> list[bytes]:
    """Small JPEG files of several kinds, and those of folders."""
    found = []
    for number, options in enumerate(WAYS.values()):
        picture = Image.fromarray(smooth_picture(40 + 9 * number, 70 - 7 * number, 3))
        for mode in ("RGB", "L", "CMYK") if number % 3 == 0 else ("RGB",):
            file = io.BytesIO()
            picture.convert(mode).save(file, "JPEG", **options)
            found.append(file.getvalue())
    found.append(
        found[0][:2] + b"\xff\xe1" + (len(found[-1]) + 8).to_bytes(2, "big") + b"Exif\0\0" + found[-1] + found[0][2:]
    )
    found.append(found[0] + found[3] + b"\0" * 100)
    paths = sorted(path for folder in folders for path in Path(folder).rglob("*") if path.is_file())
    contents = (path.read_bytes() for path in paths if path.stat().st_size <= LARGE)
    return found + [content for content in contents if content[:3] == b"\xff\xd8\xff"]


def mutated(data: bytes, random: np.random.Generator) -> bytes:
    """One to four changes: bits, bytes, runs that are cut out, doubled, moved in or overwritten, an early end."""
    out = bytearray(data)
    for _ in range(random.integers(1, 5)):
        at, length = int(random.integers(0, max(1, len(out)))), int(random.integers(1, 40))
        match random.integers(0, 7):
            case 0 if out:
                out[at] ^= 1 << int(random.integers(0, 8))
            case 1 if out:
                out[at] = int(random.choice(np.array([0, 1, 0x7F, 0x80, 0xFE, 0xFF, random.integers(0, 256)])))
            case 2:
                del out[at : at + length]
            case 3:
                out[at:at] = out[at : at + length]
            case 4:
                out[at:at] = random.integers(0, 256, length, np.uint8).tobytes()
            case 5:
                out[at : at + 2] = bytes([0xFF, int(random.integers(0xC0, 0x100))])
            case _ if random.integers(0, 6) == 0:
                del out[at:]
    return bytes(out)


def jpeg_file(number: int, folders: tuple[str, ...]) -> str:
    """A mutated JPEG file there and back: how it was kept, or "wrong"."""
    random = np.random.default_rng([number, 1])
    data = mutated(seeds(folders)[number % len(seeds(folders))], random)
    kept = l3c.keep_file(data, "jpg", threads=1, max_memory=MAX_MEMORY)
    return str(l3c.info(kept).kept_coder) if l3c.original(kept, threads=1) == data else "wrong"


@cache
def encoded(index: int, folders: tuple[str, ...]) -> bytes:
    return l3c.encode_jpeg(seeds(folders)[index], threads=1)


def l3c_file(number: int, folders: tuple[str, ...]) -> str:
    """A mutated l3c file: the class of its error, "exact" or "wrong"."""
    random = np.random.default_rng([number, 2])
    index = number % len(seeds(folders))
    contents = read_file(encoded(index, folders))
    assert contents.kept is not None
    data = bytes(contents.kept.data)
    if number % 3:  # all but the payloads takes few bytes, so that it is rarely hit otherwise
        few = min(len(data), 160)
        data = mutated(data[:few], random) + data[few:]
    else:
        data = mutated(data, random)
    try:
        forged = write_file(replace(contents, kept=replace(contents.kept, data=data)))
        back = l3c.original(forged, threads=1, max_memory=MAX_MEMORY)
    except l3c.L3CError as error:
        return type(error).__name__
    return "exact" if back == seeds(folders)[index] else "wrong"


KINDS = {"jpeg": jpeg_file, "l3c": l3c_file}


def work(kind: str, first: int, count: int, folders: tuple[str, ...]) -> None:
    """What a child does: a line for each file."""
    KINDS[kind](0, folders)
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))
    for number in range(first, first + count):
        begun = time.process_time()
        try:
            outcome = KINDS[kind](number, folders)
        except Exception as error:
            outcome = f"wrong: {type(error).__name__}: {' '.join(str(error).split())}"
        took = time.process_time() - begun
        print(f"{number}\t{outcome if took <= TIMEOUT else f'wrong: took {took:.0f} s'}", flush=True)


def run(kind: str, count: int, folders: tuple[str, ...]) -> bool:
    """Whether all files of a kind went well; what they came to is printed."""
    found: Counter[str] = Counter()
    fine = True
    for first in range(0, count, PART):
        some = min(PART, count - first)
        command = [sys.executable, "-m", __spec__.name, *folders, "--child", kind, str(first), str(some)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        lines = [line.split("\t", 1) for line in done.stdout.splitlines()]
        found.update(outcome.split(":")[0] for _, outcome in lines)
        for number, outcome in lines:
            if outcome.startswith("wrong"):
                print(f"{kind} {number}: {outcome}")
                fine = False
        if done.returncode or len(lines) != some:
            print(f"{kind}: exit {done.returncode} after {lines[-1][0] if lines else 'none'}: {done.stderr[-500:]}")
            fine = False
    print(f"{kind}: {sum(found.values())} files: {dict(found)}")
    return fine


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="*", help="more JPEG files to start from")
    parser.add_argument("--jpegs", type=int, default=1000, help="mutated JPEG files")
    parser.add_argument("--files", type=int, default=10_000, help="mutated l3c files")
    parser.add_argument("--child", nargs=3, metavar=("KIND", "FIRST", "COUNT"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    folders = tuple(options.folders)
    if options.child:
        work(options.child[0], int(options.child[1]), int(options.child[2]), folders)
        return 0
    results = [run(kind, count, folders) for kind, count in (("jpeg", options.jpegs), ("l3c", options.files))]
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
