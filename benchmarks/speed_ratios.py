"""Speeds as ratios to JPEG XL at effort 7, of all presets and installed codecs, by instruction set and threads.

    python benchmarks/speed_ratios.py FOLDER [--every 8] [--isa avx512vnni,avx2] [--codecs wave-light,png]

writes benchmarks/results/speed-ratios.csv; `python benchmarks/tables.py --write` then draws docs/pictures/pareto.svg
and .png anew. Each codec is timed in turn with the reference, which uses one thread: image by image, the best of some
rounds. So a machine at work does little harm to ratios of one thread, which are of processor time. Those of more
threads are of wall clock and need a quiet machine. Encoding is timed in one round.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import astuple
from pathlib import Path
from typing import Any

import numpy as np
from codecs_compared import Codec, Pixels, find, same
from compare import commit, processor
from figures import PRESETS, REFERENCE, Ratio, merge_ratios
from PIL import Image

from l3c.isa import supported_isas

DEFAULT = ",".join((*PRESETS, "jxl1", "jxl3", "jxl7", "jxl9", "webp", "png", "j2k"))
USUAL_SETS = ("avx512vnni", "avx2", "sse41", "neondot")  # that are measured where the machine has them
SLOW = ("wave-max",)  # decoded in one round


def best(works: Sequence[Callable[[], object]], rounds: int, clock: Callable[[], float]) -> list[float]:
    """Least seconds of each of the works, which take turns."""
    least = [float("inf")] * len(works)
    for _ in range(rounds):
        for i, work in enumerate(works):
            begun = clock()
            work()
            least[i] = min(least[i], clock() - begun)
    return least


def ratio(codec: Codec, images: list[Pixels], threads: int, rounds: int) -> tuple[float, float]:
    """(encoding, decoding) speed over that of the reference with one thread. Raises SystemExit where pixels changed."""
    reference, clock = find(REFERENCE), time.process_time if threads == 1 else time.perf_counter
    seconds = np.zeros((2, 2))  # [encode, decode][reference, codec]
    for of in (reference, codec):  # what is loaded once
        of.decode(of.encode(images[0][:64, :64].copy(), 1), 1)
    for pixels in images:
        files: list[Any] = [None, None]

        def encode(i: int, of: Codec, n: int, pixels: Pixels = pixels, files: list[Any] = files) -> Callable[[], None]:
            def work() -> None:
                files[i] = of.encode(pixels, n)

            return work

        seconds[0] += best([encode(0, reference, 1), encode(1, codec, threads)], 1, clock)
        if not same(codec.decode(files[1], threads), pixels):
            raise SystemExit(f"{codec.name}: an image did not come back as it was")
        works = [lambda f=files: reference.decode(f[0], 1), lambda f=files: codec.decode(f[1], threads)]
        seconds[1] += best(works, rounds, clock)
    encoding, decoding = seconds[:, 0] / seconds[:, 1]
    return float(encoding), float(decoding)


def probe(options: argparse.Namespace) -> None:
    """A line of JSON for each codec and number of threads, in a process of its own: it chooses its set once."""
    paths = sorted(options.folder.glob("*.png"))[:: options.every]
    images = [np.asarray(Image.open(path).convert("RGB")) for path in paths]
    for name in options.codecs.split(","):
        codec = find(name)
        for threads in map(int, options.threads.split(",")):
            if threads > 1 and not codec.threaded:
                continue
            rounds = 1 if name in SLOW else options.rounds
            found = (1.0, 1.0) if (name, threads) == (REFERENCE, 1) else ratio(codec, images, threads, rounds)
            isa = options.isa if name in PRESETS else ""
            said = Ratio(name, isa, threads, *found, commit(), os.getloadavg()[0], processor())
            print(json.dumps(astuple(said)), flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="of PNG files")
    parser.add_argument("--every", type=int, default=8, metavar="N", help="take every Nth image only")
    parser.add_argument("--codecs", default=DEFAULT, help="comma-separated, as benchmarks/compare.py takes them")
    parser.add_argument("--threads", default="1,2", help="numbers of threads, comma-separated")
    usual = ",".join(isa for isa in USUAL_SETS if isa in supported_isas())
    parser.add_argument("--isa", default=usual, help=f"instruction sets of the presets (default here: {usual})")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--probe", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.probe:
        probe(options)
        return 0
    codecs = options.codecs.split(",")
    for number, isa in enumerate(options.isa.split(",")):
        chosen = [name for name in codecs if number == 0 or name in PRESETS]
        command = [sys.executable, __file__, str(options.folder), "--probe", "--isa", isa, "--codecs", ",".join(chosen)]
        command += ["--every", str(options.every), "--threads", options.threads, "--rounds", str(options.rounds)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ | {"L3C_ISA": isa}) as child:
            assert child.stdout
            for line in child.stdout:
                found = Ratio(*json.loads(line))
                print(*found.cells(), flush=True)
                merge_ratios([found])
        if child.returncode:
            return child.returncode
    return 0


if __name__ == "__main__":
    sys.exit(main())
