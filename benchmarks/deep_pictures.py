"""Samples of 9 to 16 bits: made from photographs, and real ones, beside JPEG XL.

python benchmarks/deep_pictures.py PHOTOGRAPHS [--real FOLDER]      writes benchmarks/results/deep.csv

PHOTOGRAPHS: JPEG files of many pixels. They are averaged down by 3 and 4 in turn, in gamma or in linear light, and
rounded to 16 bits, with or without the noise of a sensor. Of each the middle is taken, in RGB and its green alone.
The column "noise" has what the noise alone takes, where the picture below it is known: no codec takes less on average.
FOLDER: wheels of pydicom and nibabel, unpacked, for the pictures of their tests
(`pip download --no-deps pydicom nibabel`); needs both installed.
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
from figures import PRESETS, RESULTS, write_csv
from numpy.typing import NDArray
from PIL import Image

import l3c
from l3c.codec.graphics import attempt
from l3c.codec.tiles import encode_tile
from l3c.history.plain import split_deep
from l3c.wave import presets

Deep = NDArray[Any]
Floats = NDArray[np.float64]
SIDE = 512  # of the parts that are coded
WHITE = 65535
LEAST_SIDE = 64  # of real pictures
PLANES = 8  # of volumes every eighth is taken
FULL_WELL = 1e-4  # variance of the noise of a sensor at white: that of 10,000 electrons
READING = 1e-6  # and that of reading it out

NORMAL_REACH = 9.0  # deviations
NORMAL_POINTS = 40001  # of a table of the normal distribution

CODECS = ("jxl7", "noise", "planes", *PRESETS)
"""noise: what the noise alone takes, or 0. planes: the two bytes of samples as planes of their own, coded with `wave`,
as before they were coded as one."""


def linear(values: Floats) -> Floats:
    """Light of sRGB, 0..1."""
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def encoded(light: Floats) -> Floats:
    """sRGB of light, 0..1."""
    light = np.clip(light, 0, 1)
    return np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)


def averaged(picture: NDArray[Any], factor: int) -> Floats:
    height, width = picture.shape[0] // factor, picture.shape[1] // factor
    blocks = picture[: height * factor, : width * factor].reshape(height, factor, width, factor, 3)
    means: Floats = blocks.mean(axis=(1, 3), dtype=np.float64)
    return means


def normal_masses(low: Floats, high: Floats) -> Floats:
    """Of a normal distribution, between two numbers of deviations."""
    at = np.linspace(-NORMAL_REACH, NORMAL_REACH, NORMAL_POINTS)
    below = np.array([0.5 * math.erfc(-z / math.sqrt(2)) for z in at])
    above = low > 0  # there, differences of numbers near 1 would be coarse
    low, high = np.where(above, -high, low), np.where(above, -low, high)
    masses: Floats = np.interp(high, at, below) - np.interp(low, at, below)
    return masses


def noise_bits(clean: Floats, deviation: Floats, samples: Deep, light: str) -> Floats:
    """Of each sample, given the light that it had without noise."""
    edges = [(samples + half) / WHITE for half in (-0.5, 0.5)]
    low, high = (linear(edge) if light == "gamma" else edge for edge in edges)
    low, high = np.where(samples == 0, -np.inf, low), np.where(samples == WHITE, np.inf, high)
    masses = normal_masses((low - clean) / deviation, (high - clean) / deviation)
    bits: Floats = -np.log2(np.maximum(masses, 1e-12))
    return bits


def made(path: Path, factor: int, light: str, noisy: bool) -> tuple[Deep, Floats]:
    """uint16 [height, width, 3], and the bits of the noise of each sample. light: "gamma" or "linear"."""
    with Image.open(path) as image:
        rgb = np.asarray(image.convert("RGB"))
    levels = np.arange(256) / 255
    table = linear(levels) if light == "linear" or noisy else levels
    clean = values = averaged(table.astype(np.float32)[rgb], factor)
    deviation = np.sqrt(FULL_WELL * clean + READING)
    if noisy:
        values = clean + np.random.default_rng(0).normal(size=clean.shape) * deviation
        values = encoded(values) if light == "gamma" else values
    samples = np.clip(np.round(values * WHITE), 0, WHITE).astype(np.uint16)
    return samples, noise_bits(clean, deviation, samples, light) if noisy else np.zeros(samples.shape)


def middle(picture: NDArray[Any]) -> NDArray[Any]:
    top, left = (max(0, (size - SIDE) // 2) for size in picture.shape[:2])
    return np.ascontiguousarray(picture[top : top + SIDE, left : left + SIDE])


def photographs(folder: Path, every: int) -> Iterator[tuple[str, str, Deep, int]]:
    """(kind, name, samples, bytes of the noise)."""
    for number, path in enumerate(sorted(folder.glob("*.jp*g"))[::every]):
        for light in ("gamma", "linear"):
            for noisy in (False, True):
                rgb, bits = map(middle, made(path, 3 + number % 2, light, noisy))
                kind = light + noisy * ", noise"
                yield f"{kind}, RGB", path.stem, rgb, round(float(bits.sum()) / 8)
                yield (
                    f"{kind}, gray",
                    path.stem,
                    np.ascontiguousarray(rgb[..., 1]),
                    round(float(bits[..., 1].sum()) / 8),
                )


def real(folder: Path) -> Iterator[tuple[str, str, Deep, int]]:
    """(kind, name, samples, 0) of test pictures with more than 8 bits."""
    import nibabel
    import pydicom

    seen: set[bytes] = set()
    for path in sorted(folder.rglob("*.dcm")):
        try:
            samples = pydicom.dcmread(path).pixel_array
        except Exception:  # damaged on purpose, or compressed with what needs another library
            continue
        is_deep = samples.ndim == 2 and samples.dtype.itemsize == 2 and np.ptp(samples.astype(int)) > 255
        if is_deep and min(samples.shape) >= LEAST_SIDE and samples.tobytes() not in seen:
            seen.add(samples.tobytes())
            yield "pydicom", path.stem, np.ascontiguousarray(samples), 0
    for path in sorted(folder.rglob("example4d.nii.gz")):
        volume = np.asarray(nibabel.load(path).dataobj)
        volume = volume.reshape(*volume.shape[:2], -1)
        for plane in range(0, volume.shape[2], PLANES):
            yield "nibabel", f"{path.stem}-{plane}", np.ascontiguousarray(volume[..., plane]), 0


def planes(samples: Deep) -> int:
    """Bytes of the upper and lower bytes, each a plane, without a header."""
    numbers = samples.reshape(*samples.shape[:2], -1).astype(np.int64) - int(min(0, samples.min()))
    model = presets.load("wave", numbers.shape[2])
    assert model is not None
    parts = split_deep(numbers.astype(np.uint16), 16)
    return sum(len(encode_tile(part, part, model, attempt(part)).payload) for part in map(np.ascontiguousarray, parts))


def jpeg_xl(samples: Deep) -> int:
    unsigned = (samples.astype(np.int64) - min(0, int(samples.min()))).astype(np.uint16)
    return len(imagecodecs.jpegxl_encode(unsigned, lossless=True, effort=7, numthreads=1))


def row(kind: str, name: str, samples: Deep, noise: int) -> list[str]:
    sizes, seconds = [jpeg_xl(samples), noise, planes(samples)], []
    for preset in PRESETS:
        begun = time.process_time()
        data = l3c.encode(samples, model=preset, threads=1)
        encoded_at = time.process_time()
        if not np.array_equal(l3c.decode(data, threads=1), samples):
            raise SystemExit(f"{name}: {preset} does not give the samples back")
        sizes.append(len(data))
        seconds += [encoded_at - begun, time.process_time() - encoded_at]
    return [kind, name, *map(str, samples.shape[:2]), *map(str, sizes), *(f"{second:.3f}" for second in seconds)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photographs", type=Path)
    parser.add_argument("--real", type=Path, help="of unpacked wheels")
    parser.add_argument("--every", type=int, default=1, help="take every so many photographs")
    options = parser.parse_args()
    pictures = [photographs(options.photographs, options.every), *([real(options.real)] if options.real else [])]
    rows = []
    for item in chain.from_iterable(pictures):
        rows.append(row(*item))
        print(*rows[-1], flush=True)
    times = [f"{preset} {what} seconds" for preset in PRESETS for what in ("encode", "decode")]
    write_csv(RESULTS / "deep.csv", ("kind", "image", "height", "width", *CODECS, *times), rows)


if __name__ == "__main__":
    main()
