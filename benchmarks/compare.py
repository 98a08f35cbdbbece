"""Size, speed and memory of l3c beside other lossless codecs, on a folder of images.

    python benchmarks/compare.py FOLDER [--gray] [--codecs wave,jxl7,webp] [--out benchmarks/results/NAME]

Sizes are whole files; the figure is the mean over images of bits per sub-pixel. Every file is decoded and compared.
Times are wall clock without start-up and file reading, median of three (slow codecs once), for one thread and for all.
Memory is the peak of a child process that encodes or decodes the largest image, less that of one that only loads it
(Linux only).
"""

from __future__ import annotations

import argparse
import csv
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
from typing import TypeVar

import imagecodecs
import numpy as np
from codecs_compared import REFERENCE, Codec, Pixels, find, same
from PIL import Image

import l3c

T = TypeVar("T")
DEFAULT = "wave,jxl1,jxl3,jxl7,jxl9,webp,png,j2k"
SUFFIXES = {".png", ".webp", ".ppm", ".pgm", ".bmp", ".tif", ".tiff"}
MEMORY_PROBE = """
import sys
sys.path.insert(0, sys.argv[1])
from codecs_compared import find
from compare import load
from pathlib import Path
pixels, codec, what = load(Path(sys.argv[2]), sys.argv[3] == "True"), find(sys.argv[4]), sys.argv[5]
if what == "encode":
    Path(sys.argv[6]).write_bytes(codec.encode(pixels, 1))
if what == "decode":
    codec.decode(Path(sys.argv[6]).read_bytes(), 1)
print(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")))
"""


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


def timed(work: Callable[[], T], repeat: int) -> tuple[T, float]:
    """The result, and the median of the seconds it took."""
    seconds = []
    for _ in range(repeat):
        start = time.perf_counter()
        result = work()
        seconds.append(time.perf_counter() - start)
    return result, statistics.median(seconds)


def measure(codec: Codec, images: list[Pixels], counts: list[int]) -> Row:
    """Encode, decode and compare every image with every number of threads."""
    row = Row(codec)
    repeat = 1 if codec.slow else 3
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


def peak_memory(name: str, path: Path, gray: bool, what: str, scratch: Path) -> float:
    """Peak resident MiB of a process that does it once, one thread."""
    here = Path(__file__).parent
    command = [sys.executable, "-c", MEMORY_PROBE, *map(str, (here, path, gray, name, what, scratch))]
    return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout) / 1024


def memory(name: str, path: Path, gray: bool, scratch: Path) -> dict[str, float]:
    """MiB beyond a process that has loaded the pixels, for encoding and decoding."""
    idle = peak_memory(name, path, gray, "nothing", scratch)
    figures = {what: peak_memory(name, path, gray, what, scratch) - idle for what in ("encode", "decode")}
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
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    names = (line.split(":")[1].strip() for line in _cpu_lines() if line.startswith("model name"))
    return {
        "images": f"{folder.name}{', gray' if gray else ''}: {len(images)}",
        "processor": f"{next(names, platform.processor())}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.2f}",
        "versions": f"l3c {l3c.__version__}, imagecodecs {imagecodecs.__version__}, {imagecodecs.jpegxl_version()}",
        "commit": commit.stdout.strip(),
    }


def _cpu_lines() -> list[str]:
    path = Path("/proc/cpuinfo")
    return path.read_text().splitlines() if path.exists() else []


def write_results(
    out: Path, text: str, rows: dict[str, Row], paths: list[Path], images: list[Pixels], facts: dict[str, str]
) -> None:
    """NAME.md with the table and NAME.csv with the bytes of every image."""
    out.parent.mkdir(parents=True, exist_ok=True)
    said = "\n".join(f"* {key}: {value}" for key, value in facts.items())
    out.with_suffix(".md").write_text(f"# {out.name}\n\n{said}\n\n{text}\n")
    with out.with_suffix(".csv").open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["image", "height", "width", *rows])
        for i, (path, image) in enumerate(zip(paths, images, strict=True)):
            writer.writerow([path.stem, *image.shape[:2], *(row.sizes[i] for row in rows.values())])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--gray", action="store_true", help="turn the images to gray first")
    parser.add_argument("--codecs", default=DEFAULT, help="comma-separated; other names are models of l3c")
    parser.add_argument("--threads", default=f"1,{os.cpu_count()}", help="numbers of threads, comma-separated")
    parser.add_argument("--memory", action="store_true", help="measure peak memory too")
    parser.add_argument("--out", type=Path, help="write OUT.md and OUT.csv")
    options = parser.parse_args()
    paths = sorted(p for p in options.folder.iterdir() if p.suffix.lower() in SUFFIXES)
    images = [load(path, options.gray) for path in paths]
    counts = sorted({int(n) for n in options.threads.split(",")})
    facts = circumstances(options.folder, options.gray, images)
    print(json.dumps(facts, indent=1), file=sys.stderr)
    rows = {}
    largest = max(zip(paths, images, strict=True), key=lambda pair: pair[1].size)[0]
    for name in options.codecs.split(","):
        print(name, file=sys.stderr, flush=True)
        rows[name] = measure(find(name), images, counts)
        if options.memory:
            rows[name].memory = memory(name, largest, options.gray, Path("memory-probe.tmp"))
    text = table(rows, images, counts)
    print(text)
    if options.out:
        write_results(options.out, text, rows, paths, images, facts)


if __name__ == "__main__":
    main()
