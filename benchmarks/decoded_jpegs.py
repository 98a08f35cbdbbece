"""Pixels that a JPEG decoder made: how many are detected, and what they take, beside JPEG XL and the JPEG files
themselves.

    python benchmarks/decoded_jpegs.py FOLDER [--count 200] [--clean FOLDER ...]

Images of the folder become JPEG files (Pillow, three samplings, qualities 50 to 98), these pixels, and these l3c files;
every one is decoded and compared. --clean: images without such a history, of which none should be taken for one, with
the time that looking for it takes beside encoding.
"""

from __future__ import annotations

import argparse
import io
import statistics
import time
from dataclasses import dataclass
from pathlib import Path

import imagecodecs
import numpy as np
from numpy.typing import NDArray
from PIL import Image

import l3c
from l3c.codec.decode import decode_components
from l3c.container.constants import GRAY, RGB
from l3c.container.read import read_file
from l3c.container.structure import ImageHeader
from l3c.history.decoded_jpeg.kind import undo

Pixels = NDArray[np.uint8]
QUALITIES = (50, 60, 70, 75, 80, 85, 90, 92, 95, 98)
SAMPLINGS = {0: "4:4:4", 1: "4:2:2", 2: "4:2:0"}
SUFFIXES = {".png", ".webp", ".ppm", ".bmp", ".tif", ".tiff"}
MODEL = "wave-fast"


@dataclass
class Row:
    """One image. exact: share of its 8x8 blocks that the coefficients give exactly; None where no JPEG was found.

    sizes in bytes: ours, the JPEG file's, JPEG XL's at effort 7 of the pixels.
    """

    quality: int
    sampling: int
    exact: float | None
    size: int
    jpeg: int
    jxl: int
    encode_seconds: float
    decode_seconds: float


def load(path: Path) -> Image.Image:
    with Image.open(path) as image:
        return image.convert("RGB")


def images(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES)


def measure(image: Image.Image, quality: int, sampling: int) -> Row:
    file = io.BytesIO()
    image.save(file, "JPEG", quality=quality, subsampling=sampling)
    pixels = np.asarray(Image.open(file))
    start = time.perf_counter()
    data = l3c.encode(pixels, model=MODEL, threads=1)
    middle = time.perf_counter()
    back = l3c.decode(data, threads=1)
    end = time.perf_counter()
    if not np.array_equal(back, pixels):
        raise SystemExit(f"quality {quality}, {SAMPLINGS[sampling]}: decoded pixels differ")
    jxl = len(imagecodecs.jpegxl_encode(pixels, level=0, effort=7, lossless=True, numthreads=1))
    return Row(quality, sampling, exact_share(data), len(data), len(file.getvalue()), jxl, middle - start, end - middle)


def exact_share(data: bytes) -> float | None:
    """Of 8x8 blocks to which nothing is added."""
    if not str(l3c.info(data).history).startswith("decoded JPEG"):
        return None
    added = decode_components(read_file(data), 1, None, lambda share: None)[0].any(-1)
    rows, columns = (-(-n // 8) * 8 for n in added.shape)
    padded = np.pad(added, ((0, rows - added.shape[0]), (0, columns - added.shape[1])))
    return 1 - float(padded.reshape(rows // 8, 8, columns // 8, 8).any((1, 3)).mean())


def table(rows: list[Row]) -> str:
    lines = ["| quality | sampling | images | found | exact images | exact blocks | of JPEG XL | of the JPEG file |"]
    lines += ["| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |"]
    groups: list[tuple[str, str, list[Row]]] = [
        (str(q), SAMPLINGS[s], [r for r in rows if (r.quality, r.sampling) == (q, s)])
        for s in SAMPLINGS
        for q in QUALITIES
    ]
    groups += [
        ("75 to 92", SAMPLINGS[s], [r for r in rows if r.sampling == s and 75 <= r.quality <= 92]) for s in SAMPLINGS
    ]
    groups.append(("all", "all", rows))
    return "\n".join([*lines, *(line(*group) for group in groups if group[2])])


def line(quality: str, sampling: str, rows: list[Row]) -> str:
    shares = [row.exact for row in rows if row.exact is not None]
    whole, blocks = sum(share == 1 for share in shares), sum(shares) / len(rows)
    jxl, jpeg = statistics.mean(r.size / r.jxl for r in rows), statistics.mean(r.size / r.jpeg for r in rows)
    counts = f"| {quality} | {sampling} | {len(rows)} | {len(shares)} | {whole} "
    return f"{counts}| {blocks:.4f} | {jxl:.3f} | {jpeg:.3f} |"


def clean(folder: Path) -> str:
    """False alarms among the images of a folder, in colour and in gray, and the time that looking takes."""
    alarms, looking, encoding = [], 0.0, 0.0
    paths = [path for path in images(folder) if not path.name.startswith("native_")]
    for path in paths:
        for mode, layout in (("RGB", RGB), ("L", GRAY)):
            pixels = np.asarray(load(path).convert(mode)).reshape(*load(path).size[::-1], -1)
            start = time.perf_counter()
            found = undo(pixels, ImageHeader(layout, *pixels.shape[:2]))
            middle = time.perf_counter()
            l3c.encode(pixels, threads=1, history=False)
            looking, encoding = looking + middle - start, encoding + time.perf_counter() - middle
            alarms += [f"{path.name} ({mode})"] if found else []
    text = f"{folder}: {len(paths)} images in colour and gray, looking takes {looking / encoding:.2%} of encoding"
    return f"{text}, false alarms: {', '.join(alarms) or 'none'}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--count", type=int, default=200, help="JPEG files to make")
    parser.add_argument("--clean", type=Path, nargs="*", default=[], help="folders of images without such a history")
    options = parser.parse_args()
    paths, rows = images(options.folder), []
    kinds = [(quality, sampling) for quality in QUALITIES for sampling in SAMPLINGS]
    for n in range(options.count):
        rows.append(measure(load(paths[(7 * n + n // 120) % len(paths)]), *kinds[n % len(kinds)]))
    if rows:
        print(table(rows))
        seconds = (sum(r.encode_seconds for r in rows), sum(r.decode_seconds for r in rows))
        print(f"seconds, one thread: encoding {seconds[0]:.1f}, decoding {seconds[1]:.1f}")
    for folder in options.clean:
        print(clean(folder), flush=True)


if __name__ == "__main__":
    main()
