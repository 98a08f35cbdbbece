"""Arrays of every layout, type, statistic and size through encode and decode: python -m tests.strange.arrays FILES.

Each must come back to the bit, whole and in part, under any preset, effort and history, without a candidate dropped.
"""

from __future__ import annotations

import sys
import time
import warnings
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

import l3c
from l3c.container.structure import Palette

PHOTOGRAPH = Path(__file__).parents[2] / "docs" / "pictures" / "chelsea.png"
LAYOUTS = {"gray": 1, "RGB": 3, "gray+alpha": 2, "RGBA": 4, "CMYK": 4, "palette": 1, "YCbCr": 3, "Lab": 3, "ITU Lab": 3}
TYPES = ("bool", "uint8", "uint16", "int8", "int16", "uint32", "int32", "float16", "float32", "float64", "int64")
USUAL_TYPES = ("uint8", "uint16")
EXTRA = ("unspecified", "alpha", "associated alpha")
SIDES = (1, 2, 3, 7, 16, 17, 33, 61, 64, 100)
LONG = (500, 900, 1025, 2048, 3000)
AREA = 12_000
"""Pixels at most, so that a case takes some hundredths of a second."""

DEPTHS = (2, 4, 6, 9, 10, 12, 14, 15)
Values = NDArray[np.float64]


@dataclass(frozen=True)
class ArrayCase:
    """array, and how it is encoded. name: for messages."""

    name: str
    array: NDArray[Any]
    options: dict[str, Any]


def make(seed: int, presets: tuple[str, ...] = ("wave-fast",)) -> ArrayCase:
    """The same case for the same seed, on any machine."""
    random = np.random.default_rng(seed)
    layout = str(random.choice(list(LAYOUTS)))
    usual = random.random() < 0.5 or layout == "palette"
    dtype = "uint8" if layout == "palette" else str(random.choice(USUAL_TYPES if usual else TYPES))
    extra = tuple(map(str, random.choice(EXTRA, random.integers(1, 4)))) if random.random() < 0.15 else ()
    height, width = size(random)
    statistic = str(random.choice(list(STATISTICS)))
    shape = height, width, LAYOUTS[layout] + len(extra)
    values = STATISTICS[statistic](random, shape)
    maximum = white(random, dtype)
    array = to_type(random, values, dtype, maximum)
    options: dict[str, Any] = {"layout": layout, "extra": extra, "maximum": maximum}
    if layout == "palette":
        options |= {"palette": Palette(random.bytes(768), random.bytes(int(random.integers(256)))), "maximum": None}
    effort = int(random.choice([1, 1, 2, 3]))
    options |= {"model": str(random.choice(presets)), "effort": effort, "history": bool(random.random() < 0.7)}
    shown = {key: value for key, value in options.items() if key != "palette"}
    return ArrayCase(f"seed {seed}: {statistic}, {dtype} {shape}, {shown}", array, options)


def size(random: np.random.Generator) -> tuple[int, int]:
    """Height and width: small, or long and thin."""
    one = int(random.choice(SIDES if random.random() < 0.75 else LONG))
    other = int(random.choice([side for side in SIDES + LONG if side * one <= AREA]))
    return (one, other) if random.random() < 0.5 else (other, one)


def white(random: np.random.Generator, dtype: str) -> int | None:
    """A maximum for some unsigned types, of few bits or not a power of 2."""
    if dtype not in USUAL_TYPES or random.random() < 0.6:
        return None
    depths = [depth for depth in DEPTHS if depth <= 8] if dtype == "uint8" else [d for d in DEPTHS if d > 8]
    depth = int(random.choice(depths))
    return (1 << depth) - 1 if random.random() < 0.5 else int(random.integers(1 << depth - 1, (1 << depth) - 1))


def to_type(random: np.random.Generator, values: Values, dtype: str, maximum: int | None) -> NDArray[Any]:
    """values: 0 .. 1. Floats get NaN of all kinds, infinities, zeros of both signs and subnormal numbers in places."""
    if dtype == "bool":
        return values > 0.5
    kind = np.dtype(dtype)
    if kind.kind == "u":
        top = maximum or (1 << min(8 * kind.itemsize, int(random.choice([64, 8, 20])))) - 1
        return np.minimum(np.floor(values * (top + 0.999)), min(top, np.iinfo(kind).max)).astype(kind)
    if kind.kind == "i":
        half = float(random.choice([100, np.iinfo(kind).max * 0.99]))
        return np.clip((values - 0.5) * 2 * half, -half, half).astype(kind)
    scale = float(random.choice([1, 255, 1e-3, 6e4]))
    array = ((values - (random.random() < 0.3) * 0.5) * scale).astype(kind)
    if random.random() < 0.4:
        bits = array.view(f"u{kind.itemsize}")
        places = random.random(array.shape) < 0.02
        bits[places] = random.integers(0, 1 << 62, int(places.sum()), dtype=np.uint64).astype(bits.dtype) * 5
        array[random.random(array.shape) < 0.01] = -0.0
        array[random.random(array.shape) < 0.01] = np.inf
    return array


def _smooth(random: np.random.Generator, shape: tuple[int, ...]) -> Values:
    y, x, c = np.ogrid[: shape[0], : shape[1], : shape[2]]
    values = 0.5 + 0.2 * np.sin(x / 17 + c) + 0.2 * np.cos(y / 11)
    clipped: Values = np.clip(values + random.normal(0, 0.01, shape), 0, 1)
    return clipped


def _noise(random: np.random.Generator, shape: tuple[int, ...]) -> Values:
    return random.random(shape)


def _few(random: np.random.Generator, shape: tuple[int, ...]) -> Values:
    """Some values, far apart, on a smooth ground."""
    table = np.sort(random.random(int(random.integers(2, 400))))
    values: Values = table[(_smooth(random, shape) * (len(table) - 1)).astype(int)]
    return values


def _dark(random: np.random.Generator, shape: tuple[int, ...]) -> Values:
    return np.minimum(random.exponential(0.004, shape), 1)


def _drawn(random: np.random.Generator, shape: tuple[int, ...]) -> Values:
    """Rectangles of one colour each."""
    values = np.ones(shape)
    for _ in range(6):
        top, left = int(random.integers(shape[0])), int(random.integers(shape[1]))
        values[top : top + 1 + shape[0] // 3, left : left + 1 + shape[1] // 3] = random.random(shape[2])
    return values


def _ramp(random: np.random.Generator, shape: tuple[int, ...]) -> Values:
    y, x, c = np.ogrid[: shape[0], : shape[1], : shape[2]]
    values: Values = (x + y * shape[1] + 0 * c) / (shape[0] * shape[1])
    return values


def _mask(random: np.random.Generator, shape: tuple[int, ...]) -> Values:
    return (_smooth(random, shape) > 0.5).astype(float)


def _constant(random: np.random.Generator, shape: tuple[int, ...]) -> Values:
    return np.full(shape, float(random.choice([0, 1, random.random()])))


def _gray(random: np.random.Generator, shape: tuple[int, ...]) -> Values:
    """All channels equal."""
    return np.repeat(_smooth(random, (*shape[:2], 1)), shape[2], axis=2)


def _enlarged(random: np.random.Generator, shape: tuple[int, ...]) -> Values:
    """Pixels repeated."""
    rows, columns = (int(n) for n in random.integers(1, 4, 2))
    small = _natural(random, (-(-shape[0] // rows), -(-shape[1] // columns), shape[2]))
    return small.repeat(rows, axis=0).repeat(columns, axis=1)[: shape[0], : shape[1]]


def _natural(random: np.random.Generator, shape: tuple[int, ...]) -> Values:
    """A part of a photograph; of more than 8 bits by sums of neighbours."""
    whole = photograph()
    top = int(random.integers(max(1, len(whole) - shape[0])))
    left = int(random.integers(max(1, whole.shape[1] - shape[1])))
    rows, columns = np.arange(top, top + shape[0]) % len(whole), np.arange(left, left + shape[1]) % whole.shape[1]
    part: Values = whole[rows[:, None], columns[None]][..., np.arange(shape[2]) % 3]
    return part


@cache
def photograph() -> Values:
    """0 .. 1, of more than 8 bits: each pixel a weighted sum of four."""
    with Image.open(PHOTOGRAPH) as image:
        pixels = np.asarray(image.convert("RGB")).astype(float)
    total = 64 * pixels[:-1, :-1] + 65 * pixels[1:, :-1] + 63 * pixels[:-1, 1:] + 65 * pixels[1:, 1:]
    whole: Values = total / (257 * 255)
    return whole


STATISTICS: dict[str, Callable[[np.random.Generator, tuple[int, ...]], Values]] = {
    "smooth": _smooth,
    "noise": _noise,
    "few values": _few,
    "dark": _dark,
    "drawn": _drawn,
    "ramp": _ramp,
    "mask": _mask,
    "constant": _constant,
    "gray": _gray,
    "enlarged": _enlarged,
    "natural": _natural,
}


def check(case: ArrayCase) -> str:
    """The file's history; AssertionError where anything differs, or a candidate was dropped."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", l3c.L3CWarning)
        data = l3c.encode(case.array, threads=1, **case.options)
    image = l3c.open(data, threads=1)
    expected = case.array[..., 0] if case.array.shape[2] == 1 else case.array
    whole = l3c.decode(data, threads=1)
    assert same(whole, expected), f"{case.name}: differs"
    assert (image.layout, image.extra) == (case.options["layout"], case.options["extra"]), case.name
    if case.options["maximum"] is not None:
        assert image.maximum == case.options["maximum"], case.name
    top, left = expected.shape[0] // 3, expected.shape[1] // 2
    part = np.s_[top : top + 20, left : left + 30]
    assert same(image[part], expected[part]), f"{case.name}: a part differs"
    return l3c.info(data).history or "none"


def same(one: NDArray[Any], other: NDArray[Any]) -> bool:
    """Equal types, shapes and bits."""
    return one.dtype == other.dtype and one.shape == other.shape and one.tobytes() == other.tobytes()


def main(files: int) -> int:
    """Print faults and what histories were found."""
    start, found, faults = time.perf_counter(), Counter[str](), 0
    for seed in range(files):
        case = make(10_000 + seed, ("wave", "wave-fast", "wave-max"))
        try:
            found[check(case).translate(str.maketrans("", "", "0123456789"))] += 1
        except Exception as error:  # whatever a fault leads to is a line of the report
            faults += 1
            print(f"{case.name}: {type(error).__name__}: {error}")
    print(f"{files} arrays in {time.perf_counter() - start:.0f} s, {faults} faults; histories: {dict(found)}")
    return min(faults, 1)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 3000))
