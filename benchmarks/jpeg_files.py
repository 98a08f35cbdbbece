"""Size, speed and memory of l3c on JPEG files, beside libjxl and Lepton (`pip install lepton-jpeg-python`).

    python benchmarks/jpeg_files.py FOLDER [--models wave-fast,wave] [--repeat 3] [--out NAME]

Sizes are whole files. Every file is decoded and compared. Seconds are those of one thread, least of --repeat, without
start-up and reading; give the whole run one core (`taskset -c 0`) where machines differ in cores. Memory is the peak of
a child process that encodes or decodes the largest file, less what it held before (Linux only). --out writes NAME.csv,
bytes of every file, NAME-coders.csv, speeds and memory, and NAME.md, the table, into benchmarks/results.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import imagecodecs
from compare import commit, processor, timed
from figures import write_csv

import l3c
from l3c.isa import chosen_isa
from l3c.jpeg.frame import read_frame
from l3c.storage.atomic import write_whole

RESULTS = Path(__file__).parent / "results"
SUFFIXES = {".jpg", ".jpeg"}
SPEEDS = ("encode_mb", "decode_mb", "encode_mp", "decode_mp", "encode_mib", "decode_mib")
"""Columns of results: MB of JPEG and MP a second, MiB of memory."""

PROBE = """
import sys
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from compare import kibibytes
from jpeg_files import coders
coder, data = coders([sys.argv[2]])[sys.argv[2]], Path(sys.argv[3]).read_bytes()
work = coder.encode if sys.argv[4] == "encode" else coder.decode
small = Path(sys.argv[5]).read_bytes()
work(coder.encode(small) if sys.argv[4] == "decode" else small)  # loads the model and libraries
before = kibibytes("VmRSS")
open("/proc/self/clear_refs", "w").write("5")  # the peak begins here
result = work(data)
print(kibibytes("VmHWM") - before)
"""


@dataclass(frozen=True)
class Coder:
    """encode: None where a file is refused."""

    encode: Callable[[bytes], bytes | None]
    decode: Callable[[bytes], bytes]


@dataclass
class Row:
    """Of one coder: by file the bytes, None where it was refused; seconds and pixels of those it took."""

    sizes: list[int | None] = field(default_factory=list)
    encode_seconds: float = 0.0
    decode_seconds: float = 0.0
    megapixels: float = 0.0
    megabytes: float = 0.0
    memory: tuple[float, float] | None = None

    @property
    def seconds(self) -> tuple[float, float]:
        """Of encoding and decoding."""
        return self.encode_seconds, self.decode_seconds


def coders(names: list[str]) -> dict[str, Coder]:
    """Models of ours by name, "libjxl" and "lepton"; Lepton only where it is installed."""
    found: dict[str, Coder] = {}
    for name in names:
        if name == "libjxl":
            found[name] = Coder(_jxl, lambda data: bytes(imagecodecs.jpegxl_decode_jpeg(data, numthreads=1)))
        elif name == "lepton":
            try:
                import lepton_jpeg_python as lepton
            except ImportError:
                continue
            found[name] = Coder(_lepton, lambda data: bytes(lepton.decompress_bytes(data)))
        else:
            found[name] = Coder(_ours(name), lambda data: l3c.original(data, threads=1))
    return found


def _ours(name: str) -> Callable[[bytes], bytes]:
    return lambda data: l3c.encode_jpeg(data, model=name, threads=1)


def _jxl(data: bytes) -> bytes | None:
    try:
        return bytes(imagecodecs.jpegxl_encode_jpeg(data, numthreads=1))
    except (imagecodecs.JpegxlError, ValueError):
        return None


def _lepton(data: bytes) -> bytes | None:
    import lepton_jpeg_python

    try:
        return bytes(lepton_jpeg_python.compress_bytes(data))
    except RuntimeError:
        return None


def measure(coder: Coder, content: bytes, repeat: int, row: Row) -> None:
    """Encode, decode and compare a file; add it to the row."""
    coded, seconds = timed(lambda: coder.encode(content), repeat, time.process_time, min)
    row.sizes.append(None if coded is None else len(coded))
    if coded is None:
        return
    back, more = timed(lambda: coder.decode(coded), repeat, time.process_time, min)
    if back != content:
        raise SystemExit("a file did not come back as it was")
    frame = read_frame(content)
    assert frame is not None
    row.encode_seconds += seconds
    row.decode_seconds += more
    row.megapixels += frame.height * frame.width / 1e6
    row.megabytes += len(content) / 1e6


def memory(name: str, large: Path, small: Path) -> tuple[float, float]:
    """Peak MiB of encoding and decoding the largest file."""
    coder, peaks = coders([name])[name], []
    coded = coder.encode(large.read_bytes())
    assert coded is not None
    with TemporaryDirectory() as folder:
        scratch = Path(folder) / "scratch.l3c"
        scratch.write_bytes(coded)
        for what, file in (("encode", large), ("decode", scratch)):
            command = [sys.executable, "-c", PROBE, *map(str, (Path(__file__).parent, name, file, what, small))]
            done = subprocess.run(command, check=True, capture_output=True, text=True)
            peaks.append(int(done.stdout) / 1024)
    return peaks[0], peaks[1]


def table(rows: dict[str, Row], lengths: list[int]) -> str:
    """Markdown: mean ratios of the files that a coder took, speeds, those beside Lepton's, memory."""
    reference = rows.get("lepton")
    head = ["coder", "files", "mean ratio", "encode MB/s", "decode MB/s", "encode MP/s", "decode MP/s"]
    head += ["encode, of Lepton", "decode, of Lepton", "encode MiB", "decode MiB"]
    lines = [f"| {' | '.join(head)} |", f"| --- |{' ---: |' * (len(head) - 1)}"]
    for name, row in rows.items():
        ratios = [size / length for size, length in zip(row.sizes, lengths, strict=True) if size]
        cells = [name, str(len(ratios)), f"{statistics.mean(ratios):.4f}"]
        for amount in (row.megabytes, row.megapixels):
            cells += [f"{amount / seconds:.2f}" for seconds in row.seconds]
        if reference:
            speed = [row.megapixels / seconds for seconds in row.seconds]
            theirs = [reference.megapixels / seconds for seconds in reference.seconds]
            cells += [f"{own / other:.3f}" for own, other in zip(speed, theirs, strict=True)]
        else:
            cells += ["", ""]
        cells += [f"{peak:.0f}" for peak in row.memory] if row.memory else ["", ""]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def circumstances(folder: Path, files: int) -> str:
    """What the figures depend on."""
    return (
        f"{files} files, one thread, {processor()}, {chosen_isa()}, "
        f"load {os.getloadavg()[0]:.1f}, commit {commit()}, imagecodecs {imagecodecs.__version__}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="JPEG files")
    parser.add_argument("--models", default="wave-fast,wave", help="of ours, as `l3c encode -m` takes them")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--memory", action="store_true", help="measure the peak of memory, too")
    parser.add_argument("--out", metavar="NAME", help="write NAME.csv and NAME.md into benchmarks/results")
    options = parser.parse_args()
    paths = sorted(path for path in options.folder.iterdir() if path.suffix.lower() in SUFFIXES)
    contents = [path.read_bytes() for path in paths]
    used = coders([*options.models.split(","), "libjxl", "lepton"])
    rows = {name: Row() for name in used}
    for path, content in zip(paths, contents, strict=True):
        for name, coder in used.items():  # one after another for each file, so that a busy machine slows all alike
            measure(coder, content, options.repeat, rows[name])
        shown = [f"{row.sizes[-1] / len(content):.4f}" if row.sizes[-1] else "refused" for row in rows.values()]
        print(path.stem, len(content), *shown, flush=True)
    if options.memory:
        large, small = max(paths, key=lambda p: p.stat().st_size), min(paths, key=lambda p: p.stat().st_size)
        for name, row in rows.items():
            row.memory = memory(name, large, small)
    said = f"{circumstances(options.folder, len(paths))}\n\n{table(rows, [len(content) for content in contents])}\n"
    print(said)
    if options.out:
        sizes = [
            [path.stem, str(len(content)), *(str(row.sizes[number] or "") for row in rows.values())]
            for number, (path, content) in enumerate(zip(paths, contents, strict=True))
        ]
        write_csv(RESULTS / f"{options.out}.csv", ["file", "jpeg", *rows], sizes)
        cells = []
        for name, row in rows.items():
            speeds = [f"{amount / s:.3f}" for amount in (row.megabytes, row.megapixels) for s in row.seconds]
            cells.append([name, *speeds, *(f"{peak:.0f}" for peak in row.memory or ())])
        write_csv(RESULTS / f"{options.out}-coders.csv", ["coder", *SPEEDS], cells)
        write_whole(RESULTS / f"{options.out}.md", said.encode())


if __name__ == "__main__":
    main()
