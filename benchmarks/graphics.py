"""Size and time of drawings, documents and other kinds of pictures, beside WebP, JPEG XL and CCITT G4.

    python benchmarks/graphics.py FOLDER [KIND ...]     writes benchmarks/results/graphics.csv

FOLDER has a folder for each kind, with pictures that Pillow reads. Pictures of two values are coded as 1 bit. Kinds
that are named here are made of what other folders hold, where these are there:

    pages turned, 1 bit     "documents, gray" turned by half a degree, with noise, and 1 bit of a threshold; the middle
    pages turned, gray      the same in gray
    GIF of photographs      "photographs" reduced to 256 colours, dithered
    normal maps             of the luma of "photographs", smoothed

`gather_kinds.py` makes the other folders, but for screenshots: `chromium --headless --window-size=1920,1080
--screenshot` of pages of manuals and of code. Documents are pages of PDF files of Debian packages: crcutil, fontconfig,
libtasn1, nettle, shared-mime-info, valgrind.
Pixels alone are coded, by every codec alike: those of a palette are its colours, and the palette is not kept.
Times are seconds of processor time with one thread. --known takes the sizes of WebP, JPEG XL at effort 9 and CCITT G4
from the results that are there, which is most of the time. --times N takes the least time of N, which a busy machine
needs.
"""

from __future__ import annotations

import argparse
import io
import math
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import imagecodecs
import numpy as np
from figures import RESULTS, read_rows, write_csv
from numpy.typing import NDArray
from PIL import Image, ImageFilter

import l3c

T = TypeVar("T")
SIZES = ("l3c", "webp", "jxl7", "jxl9", "g4")
TIMES = ("encode", "decode", "encode_jxl7", "decode_jxl7")
HEADS = ("kind", "image", "height", "width", *SIZES, *TIMES)
ANGLE = 0.5
"""Degrees by which pages are turned, as a sheet on a scanner is."""

NOISE = 6.0
"""Standard deviation of the noise of pages that are turned."""

PAGE = 1200
"""Pixels a side of the middle of pages that are turned: on whole ones, the others take minutes."""

THRESHOLD = 128
MADE_OF = {
    "pages turned, 1 bit": "documents, gray",
    "pages turned, gray": "documents, gray",
    "GIF of photographs": "photographs",
    "normal maps": "photographs",
}
"""Kinds that are made, by the kind that they are made of."""


def made(kind: str, image: Image.Image) -> Image.Image:
    """A picture of a kind that is made."""
    if kind == "GIF of photographs":
        return image.convert("RGB").quantize(256)
    if kind == "normal maps":
        height = np.asarray(image.convert("L").filter(ImageFilter.GaussianBlur(2)), np.float64)
        down, across = np.gradient(height)
        normal = np.stack([-across, -down, np.full_like(height, 8.0)], axis=2)
        normal /= np.linalg.norm(normal, axis=2, keepdims=True)
        return Image.fromarray(np.rint(127.5 + 127.5 * normal).astype(np.uint8))
    page = image.convert("L").rotate(ANGLE, Image.Resampling.BICUBIC, fillcolor=255)
    left, top = ((size - PAGE) // 2 for size in page.size)
    turned = np.asarray(page.crop((left, top, left + PAGE, top + PAGE)), np.float64)
    noise = np.random.default_rng(0).normal(0, NOISE, turned.shape)
    gray = np.clip(np.rint(turned * 0.95 + noise), 0, 255).astype(np.uint8)
    return Image.fromarray(gray if kind.endswith("gray") else (gray > THRESHOLD).astype(np.uint8) * 255)


def pictures(folder: Path, kinds: list[str]) -> Iterator[tuple[str, str, Image.Image]]:
    """Kind, name and picture."""
    every = sorted(path.name for path in folder.iterdir() if path.is_dir() and path.name != "photographs")
    for kind in kinds or [*every, *(kind for kind, source in MADE_OF.items() if (folder / source).is_dir())]:
        for path in sorted((folder / MADE_OF.get(kind, kind)).iterdir()):
            with Image.open(path) as image:
                image.load()
            yield kind, path.stem, made(kind, image) if kind in MADE_OF else image


def timed(work: Callable[[], T], times: int) -> tuple[T, float]:
    """The result, and the least seconds of processor time it took."""
    least = math.inf
    for _ in range(times):
        start = time.process_time()
        result = work()
        least = min(least, time.process_time() - start)
    return result, least


def row(kind: str, name: str, image: Image.Image, known: dict[str, str] | None, times: int) -> list[str]:
    """The figures of a picture, proved to come back. known: earlier ones, of which others' sizes are taken."""
    shown = image.convert("RGBA" if "transparency" in image.info else "RGB") if image.mode == "P" else image
    samples = np.asarray(shown.convert("L") if image.mode == "1" else shown)
    bits = samples > 0 if samples.ndim == 2 and set(np.unique(samples)) <= {0, 255} else samples
    data, encode = timed(lambda: l3c.encode(bits, threads=1), times)
    found, decode = timed(lambda: l3c.decode(data, threads=1), times)
    assert np.array_equal(found, bits)
    jxl7, encode_jxl7 = timed(lambda: imagecodecs.jpegxl_encode(samples, lossless=True, effort=7, numthreads=1), times)
    _, decode_jxl7 = timed(lambda: imagecodecs.jpegxl_decode(jxl7, numthreads=1), times)
    if known is None:
        jxl9 = imagecodecs.jpegxl_encode(samples, lossless=True, effort=9, numthreads=1)
        g4 = str(len(fax(bits))) if bits.dtype == bool else ""
        known = {"webp": str(len(webp(samples))), "jxl9": str(len(jxl9)), "g4": g4}
    sizes = [str(len(data)), known["webp"], str(len(jxl7)), known["jxl9"], known["g4"]]
    seconds_taken = [f"{seconds:.6f}" for seconds in (encode, decode, encode_jxl7, decode_jxl7)]
    return [kind, name, str(samples.shape[0]), str(samples.shape[1]), *sizes, *seconds_taken]


def webp(samples: NDArray[np.uint8]) -> bytes:
    out = io.BytesIO()
    image = Image.fromarray(samples)
    colours = image.convert("RGBA" if image.mode == "LA" else "RGB") if image.mode in ("L", "LA") else image
    colours.save(out, "WEBP", lossless=True, quality=100, method=6, exact=True)
    return out.getvalue()


def fax(samples: NDArray[np.bool_]) -> bytes:
    out = io.BytesIO()
    Image.fromarray(samples).save(out, "TIFF", compression="group4")
    return out.getvalue()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("kinds", nargs="*", metavar="KIND", help="these alone; the results of others stay")
    parser.add_argument("--known", action="store_true", help="take others' sizes from the results")
    parser.add_argument("--times", type=int, default=1, metavar="N", help="the least time of N counts (1)")
    arguments = parser.parse_args()
    path = RESULTS / "graphics.csv"
    before = {(r["kind"], r["image"]): r for r in read_rows(path)} if arguments.known else {}
    found = {(r["kind"], r["image"]): [r[head] for head in HEADS] for r in read_rows(path)}
    todo = set(arguments.kinds)
    found = {key: row for key, row in found.items() if todo and key[0] not in todo}
    for kind, name, image in pictures(arguments.folder, arguments.kinds):
        found[kind, name] = row(kind, name, image, before.get((kind, name)), arguments.times)
        print(*found[kind, name], flush=True)
        write_csv(path, HEADS, (found[key] for key in sorted(found)))


if __name__ == "__main__":
    main()
