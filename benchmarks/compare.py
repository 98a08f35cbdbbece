"""Size, speed and memory of l3c beside other lossless codecs, on a folder of images.

    python benchmarks/compare.py FOLDER [--gray] [--codecs wave,jxl7,webp] [--sizes] [--out benchmarks/results/NAME]

Sizes are whole files; the figure is the mean over images of bits per sub-pixel. Every file is decoded and compared.
Times are wall clock without start-up and file reading, median of three (slow codecs once), for one thread and for all.
Memory is the peak of a child process that encodes or decodes the largest image, less what it held before
(Linux only). --out puts the figures into the results of earlier runs, in place of those of the same codecs
(benchmarks/figures.py says how they are kept); `python benchmarks/tables.py --write` then writes the pages anew.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import imagecodecs
import numpy as np
from codecs_compared import Codec, Pixels, find, same
from figures import REFERENCE, Memory, Speed, merge_memories, merge_sizes, merge_speeds
from PIL import Image

import l3c

T = TypeVar("T")
DEFAULT = "wave,jxl1,jxl3,jxl7,jxl9,webp,png,j2k"
SUFFIXES = {".png", ".webp", ".ppm", ".pgm", ".bmp", ".tif", ".tiff"}
MEMORY_PROBE = """
import sys
sys.path.insert(0, sys.argv[1])
from codecs_compared import find
from compare import kibibytes, load
from pathlib import Path
pixels, codec, what = load(Path(sys.argv[2]), sys.argv[3] == "True"), find(sys.argv[4]), sys.argv[5]
data = Path(sys.argv[6]).read_bytes() if what == "decode" else b""
before = kibibytes("VmRSS")
open("/proc/self/clear_refs", "w").write("5")  # the peak begins here
result = codec.encode(pixels, 1) if what == "encode" else codec.decode(data, 1)
print(kibibytes("VmHWM") - before)
if what == "encode":
    Path(sys.argv[6]).write_bytes(result)
"""


def kibibytes(name: str) -> int:
    """An entry of this process's status (Linux): VmRSS is the memory it holds, VmHWM its peak."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))


@dataclass
class Row:
    """Figures of one codec: by image the file's bytes; by thread count the seconds of all images; peak MiB."""

    codec: Codec
    sizes: list[int] = field(default_factory=list)
    encode_seconds: dict[int, float] = field(default_factory=dict)
    decode_seconds: dict[int, float] = field(default_factory=dict)
    memory: dict[str, float] = field(default_factory=dict)

    def bits(self, images: list[Pixels]) -> float:
        """Mean bits per sub-pixel."""
        return statistics.mean(8 * size / image.size for size, image in zip(self.sizes, images, strict=True))


def load(path: Path, gray: bool) -> Pixels:
    with Image.open(path) as image:
        return np.asarray(image.convert("L" if gray else "RGB"))


def timed(
    work: Callable[[], T],
    repeat: int,
    clock: Callable[[], float] = time.perf_counter,
    of: Callable[[list[float]], float] = statistics.median,
) -> tuple[T, float]:
    """The result, and the seconds it took by a clock: of several times the median, or what `of` takes of them."""
    seconds = []
    for _ in range(repeat):
        start = clock()
        result = work()
        seconds.append(clock() - start)
    return result, of(seconds)


def measure(codec: Codec, images: list[Pixels], counts: list[int], once: bool) -> Row:
    """Encode, decode and compare every image with every number of threads. once: each is timed a single time."""
    row = Row(codec)
    repeat = 1 if codec.slow or once else 3
    for threads in counts if codec.threaded else [1]:
        encoding = decoding = 0.0
        sizes = []
        for pixels in images:
            data, seconds = timed(lambda p=pixels, n=threads: codec.encode(p, n), repeat)  # type: ignore[misc]
            encoding += seconds
            decoded, seconds = timed(lambda d=data, n=threads: codec.decode(d, n), repeat)  # type: ignore[misc]
            decoding += seconds
            if not same(decoded, pixels):
                raise SystemExit(f"{codec.name}: an image did not come back as it was")
            sizes.append(len(data))
        row.sizes = sizes
        row.encode_seconds[threads], row.decode_seconds[threads] = encoding, decoding
    return row


def memory(name: str, path: Path, gray: bool, scratch: Path) -> dict[str, float]:
    """Peak MiB of encoding and decoding with one thread, beyond a process that holds the pixels, or the file."""
    figures = {}
    for what in ("encode", "decode"):
        command = [
            sys.executable,
            "-c",
            MEMORY_PROBE,
            *map(str, (Path(__file__).parent, path, gray, name, what, scratch)),
        ]
        figures[what] = int(subprocess.run(command, check=True, capture_output=True, text=True).stdout) / 1024
    scratch.unlink()
    return figures


def table(rows: dict[str, Row], images: list[Pixels], counts: list[int]) -> str:
    """The figures as a Markdown table; ratios are to JPEG XL effort 7, one thread, of the same run."""
    megapixels = sum(image.shape[0] * image.shape[1] for image in images) / 1e6
    reference = rows.get(REFERENCE)
    heads = ["codec", "bpsp", "size ratio"]
    heads += [f"{what} MP/s, {n} thread{'s' * (n > 1)}" for n in counts for what in ("encode", "decode")]
    heads += ["encode speed ratio", "decode speed ratio", "encode MiB", "decode MiB"]
    lines = ["| " + " | ".join(heads) + " |", "| --- |" + " ---: |" * (len(heads) - 1)]
    for row in rows.values():
        cells = [row.codec.name, f"{row.bits(images):.3f}"]
        cells += [f"{row.bits(images) / reference.bits(images):.3f}" if reference else ""]
        for n in counts:
            for seconds in (row.encode_seconds, row.decode_seconds):
                cells.append(f"{megapixels / seconds[n]:.2f}" if n in seconds else "")
        if reference:
            cells.append(f"{reference.encode_seconds[1] / row.encode_seconds[1]:.2f}")
            cells.append(f"{reference.decode_seconds[1] / row.decode_seconds[1]:.2f}")
        else:
            cells += ["", ""]
        cells += [f"{row.memory[what]:.0f}" if what in row.memory else "" for what in ("encode", "decode")]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def circumstances(folder: Path, gray: bool, images: list[Pixels]) -> dict[str, str]:
    """What the figures depend on."""
    return {
        "images": f"{folder.name}{', gray' if gray else ''}: {len(images)}",
        "processor": f"{processor()}, {os.cpu_count()} cores",
        "load": f"{os.getloadavg()[0]:.2f}",
        "versions": f"l3c {l3c.__version__}, imagecodecs {imagecodecs.__version__}, {imagecodecs.jpegxl_version()}",
        "commit": commit(),
    }


def commit() -> str:
    """Of the checkout."""
    command = ["git", "rev-parse", "--short", "HEAD"]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


def processor() -> str:
    """Its name."""
    path = Path("/proc/cpuinfo")
    lines = path.read_text().splitlines() if path.exists() else []
    names = (line.split(":")[1].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor())


def write_results(
    out: Path, rows: dict[str, Row], paths: list[Path], images: list[Pixels], facts: dict[str, str], with_speeds: bool
) -> None:
    """NAME.csv with the bytes of every image; speeds and memory go to the files beside it."""
    out.parent.mkdir(parents=True, exist_ok=True)
    named = [(path.stem, *image.shape[:2]) for path, image in zip(paths, images, strict=True)]
    merge_sizes(out.name, named, {name: row.sizes for name, row in rows.items()}, out.parent)
    megapixels = [image.shape[0] * image.shape[1] / 1e6 for image in images]
    if with_speeds:
        total, said = sum(megapixels), facts_of(facts)
        speeds = [
            Speed(name, threads, total / seconds, total / row.decode_seconds[threads], **said)
            for name, row in rows.items()
            for threads, seconds in row.encode_seconds.items()
        ]
        merge_speeds(out.name, speeds, out.parent)
    measured = {name: row.memory for name, row in rows.items() if row.memory}
    peaks = [
        Memory(name, round(max(megapixels), 2), round(m["encode"]), round(m["decode"]), facts["commit"])
        for name, m in measured.items()
    ]
    if peaks:
        merge_memories(peaks, out.parent)


def facts_of(facts: dict[str, str]) -> dict[str, Any]:
    """Of the circumstances, those that a speed is kept with."""
    return {"commit": facts["commit"], "load": float(facts["load"])}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="a folder of images, or one image")
    parser.add_argument("--gray", action="store_true", help="turn the images to gray first")
    parser.add_argument("--codecs", default=DEFAULT, help="comma-separated; other names are models of l3c")
    parser.add_argument("--threads", default=f"1,{os.cpu_count()}", help="numbers of threads, comma-separated")
    parser.add_argument("--memory", action="store_true", help="measure peak memory too")
    parser.add_argument("--sizes", action="store_true", help="keep no speeds: for a machine that is not quiet")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="take every Nth image only")
    parser.add_argument("--out", type=Path, help="put figures into OUT.csv and the files beside it")
    options = parser.parse_args()
    found = options.folder.iterdir() if options.folder.is_dir() else [options.folder]
    paths = sorted(p for p in found if p.suffix.lower() in SUFFIXES)[:: options.every]
    images = [load(path, options.gray) for path in paths]
    counts = [1] if options.sizes else sorted({int(n) for n in options.threads.split(",")})
    facts = circumstances(options.folder, options.gray, images)
    print(json.dumps(facts, indent=1), file=sys.stderr)
    rows = {}
    largest = max(zip(paths, images, strict=True), key=lambda pair: pair[1].size)[0]
    for name in options.codecs.split(","):
        print(name, file=sys.stderr, flush=True)
        rows[name] = measure(find(name), images, counts, options.sizes)
        if options.memory:
            rows[name].memory = memory(name, largest, options.gray, Path("memory-probe.tmp"))
    text = table(rows, images, counts)
    print(text)
    if options.out:
        write_results(options.out, rows, paths, images, facts, not options.sizes)


if __name__ == "__main__":
    main()
