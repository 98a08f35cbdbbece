"""What decoding takes against what the reader says: `python -m tests.long.memory_table [NAME ...] [--write]`.

Each file is decoded in a process of its own, with the least `max_memory` that is not refused: that is the reader's
word. Counted is by how much the peak of resident memory rises (Linux's VmHWM), once everything is loaded. The exit code
is 1 where that is more than the word and a tenth. --write puts the rows into the table of docs/folders.md, whose other
rows stay.
"""

from __future__ import annotations

import argparse
import io
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

import l3c
from l3c.container.structure import Animation
from l3c.images.picture import Picture
from tests.checks import smooth_picture
from tests.codec.test_memory import CASES, SLACK
from tests.history.jpegs import decoded

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "folders.md"
MARKS = "<!-- memory: begin -->\n", "<!-- memory: end -->\n"
THREADS = 2
SIDES = 3000, 4000
"""Of the large pictures: 12 megapixels."""

SMALL = 90, 120
"""Of those by which everything is loaded."""

MODEL_SIDES = 1100, 1300
"""Of the pictures that published networks code, which take a hundred times as long: several tiles."""

PAGES = 4
DECODE = f"""
import re
import sys
from l3c.api import decode_picture
from l3c.errors import LimitError
def peak():
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM"))
small, large = (open(name, "rb").read() for name in sys.argv[1:])
decode_picture(small, threads={THREADS})
word = 1
open("/proc/self/clear_refs", "w").write("5")
before = peak()
while True:
    try:
        picture = decode_picture(large, threads={THREADS}, max_memory=word)
        break
    except LimitError as error:
        word = max(word + 1, int(re.search(r"take[s]? ([\\d,]+) bytes", str(error))[1].replace(",", "")))
print(word, (peak() - before) * 1024)
"""


class Row(NamedTuple):
    """said, taken: bytes. samples: of all pictures."""

    name: str
    said: int
    taken: int
    samples: int

    @property
    def holds(self) -> bool:
        return self.taken <= 1.1 * self.said + SLACK


Make = Callable[[int, int], bytes]


def pages(height: int, width: int, animation: Animation | None = None) -> bytes:
    """Photographs of a quarter of the pixels, the last one a drawing."""
    height, width = height // 2, width // 2
    found = [Picture(smooth_picture(height, width, 3, seed)) for seed in range(PAGES - 1)]
    found.append(Picture(CASES["drawing"][0](height, width)))
    return l3c.encode_pages(found, animation=animation, model="wave-fast", effort=1)


def frames(height: int, width: int) -> bytes:
    return pages(height, width, Animation(width // 2, height // 2))


def kept(form: str) -> Make:
    def make(height: int, width: int) -> bytes:
        file = io.BytesIO()
        Image.fromarray(smooth_picture(height, width, 3)).save(file, form)
        return l3c.keep_file(file.getvalue(), form.lower())

    return make


def encoded(name: str) -> Make:
    make, options = CASES[name]
    return lambda height, width: l3c.encode(make(height, width), effort=1, **options)


def photograph(model: str, channels: int = 3) -> Make:
    return lambda height, width: l3c.encode(smooth_picture(height, width, channels).squeeze(), model=model, effort=1)


def residuals(height: int, width: int) -> bytes:
    """32-bit integers, stored as what their neighbours leave of them."""
    return l3c.encode(smooth_picture(height, width, 1)[..., 0].astype(np.uint32) * 70_000, model="wave-fast", effort=1)


def decoded_jpeg(sampling: str) -> Make:
    return lambda height, width: l3c.encode(decoded(sampling, height, width).squeeze(), model="wave-fast", effort=1)


KINDS: dict[str, Make] = {
    "gray photograph": photograph("wave", 1),
    "photograph, `wave`": photograph("wave"),
    "photograph with alpha": photograph("wave-fast", 4),
    **{name: encoded(name) for name in CASES},
    "decoded JPEG, 4:2:0": decoded_jpeg("4:2:0"),
    "decoded JPEG, 4:4:4": decoded_jpeg("4:4:4"),
    "residuals": residuals,
    "pages": pages,
    "animation": frames,
    "kept JPEG file": kept("JPEG"),
    "kept PNG file": kept("PNG"),
}


def published() -> dict[str, Make]:
    """A photograph with each network of the folder weights."""
    files = sorted((ROOT / "weights").glob("*.safetensors"))
    return {f"`{file.stem}`": photograph(str(file)) for file in files}


def measured(name: str, make: Make, size: tuple[int, int]) -> Row:
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder, "small"), Path(folder, "large")]
        files[0].write_bytes(make(*SMALL))
        large = make(*size)
        files[1].write_bytes(large)
        command = [sys.executable, "-W", "ignore", "-c", DECODE, *map(str, files)]
        run = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT)
    said, taken = map(int, run.stdout.split())
    described = l3c.info(large)
    parts = described.pages or (described,)
    samples = sum(page.height * page.width * bytes_of(page) for page in parts)
    return Row(name, said, taken, samples)


def bytes_of(page: l3c.Info) -> int:
    """Of a pixel."""
    channels = {"gray": 1, "RGB": 3, "RGBA": 4}[page.layout]
    return channels * np.dtype(page.dtype).itemsize


HEAD = "| file | samples, MB | said, MB | taken, MB | taken / said |\n| --- | --- | --- | --- | --- |\n"


def line(row: Row) -> str:
    sizes = " | ".join(f"{size / 1e6:.0f}" for size in (row.samples, row.said, row.taken))
    return f"| {row.name} | {sizes} | {row.taken / row.said:.2f} |"


def joined(old: str, rows: list[Row], order: list[str]) -> str:
    """A table with these rows in place of its own, or beside them."""
    lines = {text.split("|")[1].strip(): text for text in old.splitlines()[HEAD.count("\n") :]}
    lines |= {row.name: line(row) for row in rows}
    return HEAD + "".join(f"{lines[name]}\n" for name in order if name in lines)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    known = KINDS | published()
    parser.add_argument("names", nargs="*", help=f"kinds to measure (default: all): {', '.join(known)}")
    parser.add_argument("--write", action="store_true", help="put the rows into the table of docs/folders.md")
    options = parser.parse_args(arguments)
    rows = []
    for name in options.names or known:
        rows.append(measured(name, known[name], SIDES if name in KINDS else MODEL_SIDES))
        print(line(rows[-1]), flush=True)
    if options.write:
        before, rest = PAGE.read_text().split(MARKS[0])
        old, after = rest.split(MARKS[1])
        PAGE.write_text(before + MARKS[0] + joined(old, rows, list(known)) + MARKS[1] + after)
    return int(not all(row.holds for row in rows))


if __name__ == "__main__":
    sys.exit(main())
