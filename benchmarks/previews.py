"""What previews cost and save: bytes, time of making them, and time to a thumbnail with and without.

    python benchmarks/previews.py FOLDER [--out benchmarks/results/previews.csv]

Photographs of JPEG files are reduced to two thirds first, which removes what JPEG left in their pixels. Those below a
megapixel are left out. Seconds of one processor, the least of several.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from figures import write_csv
from PIL import Image

import l3c
from l3c.convert.files import with_preview
from l3c.images.picture import Picture

LEAST = 1_000_000
"""Pixels from which a picture is measured."""

SIDE = 256  # pixels of a thumbnail, as file managers ask for
SCALE = 2 / 3  # of a photograph's sides
MODEL = "wave-fast"
"""The fastest model: with any other, thumbnails without a preview take longer."""


def best_of(work: Callable[[], Any], times: int) -> float:
    """Seconds of this process."""
    took = []
    for _ in range(times):
        before = time.process_time()
        work()
        took.append(time.process_time() - before)
    return min(took)


def measured(path: Path) -> dict[str, Any] | None:
    """A row, None of a picture that is too small."""
    with Image.open(path) as image:
        size = int(image.width * SCALE), int(image.height * SCALE)
        if size[0] * size[1] < LEAST:
            return None
        samples = np.asarray(image.convert("RGB").resize(size, Image.Resampling.LANCZOS))
    made: list[bytes] = []
    encode = best_of(lambda: made.append(l3c.encode(samples, model=MODEL, effort=1, threads=1)), 1)
    data, picture = made[0], Picture(samples)
    more = with_preview(data, picture)
    making = best_of(lambda: with_preview(data, picture), 3)
    without = best_of(lambda: l3c.open(data, threads=1).preview(SIDE), 1)
    with_one = best_of(lambda: l3c.open(more, threads=1).preview(SIDE), 3)
    return {
        "image": path.name, "megapixels": round(size[0] * size[1] / 1e6, 2), "bytes": len(data),
        "preview bytes": len(more) - len(data), "share": round(100 * (len(more) / len(data) - 1), 3),
        "encode s": round(encode, 2), "making s": round(making, 4), "thumbnail s": round(without, 3),
        "with preview s": round(with_one, 4),
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    rows = []
    for path in sorted(options.folder.iterdir()):
        if path.suffix.lower() in (".jpg", ".jpeg") and (row := measured(path)):
            rows.append(row)
            print(row, flush=True)
    if options.out:
        write_csv(options.out, rows[0], (map(str, row.values()) for row in rows))


if __name__ == "__main__":
    main()
