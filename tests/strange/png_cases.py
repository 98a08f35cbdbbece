"""PNG files over colour types, depths, interlacing, transparency, filters, every chunk, and animations."""

from __future__ import annotations

import struct
import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.strange import patterns
from tests.strange import png_writer as png
from tests.strange.case import Case
from tests.strange.png_reader import TRAILING, read
from tests.strange.png_writer import GRAY, GRAY_ALPHA, PALETTE, RGB, RGBA, Chunk

TYPES = (
    *((GRAY, depth) for depth in (1, 2, 4, 8, 16)), *((PALETTE, depth) for depth in (1, 2, 4, 8)),
    *((colour, depth) for colour in (RGB, GRAY_ALPHA, RGBA) for depth in (8, 16)),
)  # fmt: skip
"""(colour type, depth): all fifteen."""

EXIF = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0"
XMP = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'/>"
BEFORE_PALETTE: tuple[Chunk, ...] = (
    (b"gAMA", struct.pack(">I", 45455)),
    (b"gAMA", struct.pack(">I", 100000)),
    (b"cHRM", struct.pack(">8I", 31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000)),
    (b"sRGB", b"\1"),
    (b"iCCP", b"some profile\0\0" + zlib.compress(bytes(range(200)))),
    (b"cICP", b"\x09\x10\0\1"),
    (b"mDCV", bytes(range(24))),
    (b"mDCv", bytes(range(24))),
    (b"cLLI", struct.pack(">II", 10_000_000, 4_000_000)),
)
BEFORE_DATA: tuple[Chunk, ...] = (
    (b"pHYs", struct.pack(">IIB", 2835, 2835, 1)),
    (b"pHYs", struct.pack(">IIB", 4, 3, 0)),
    (b"pHYs", struct.pack(">IIB", 0, 0, 1)),
    (b"pHYs", struct.pack(">IIB", 5, 5, 0)),
    (b"sPLT", b"few\0\x08" + bytes(12)),
    (b"sTER", b"\1"),
    (b"oFFs", struct.pack(">iiB", -5, 7, 0)),
    (b"pCAL", b"units\0" + struct.pack(">iiBB", 0, 65535, 0, 2) + b"m\x001\x002"),
    (b"sCAL", b"\x011.5\x002.5"),
    (b"iDOT", bytes(28)),
    (b"caBX", b"jumb"),
)
ANYWHERE: tuple[Chunk, ...] = (
    (b"tEXt", b"Title\0a title"),
    (b"tEXt", b"Comment\0"),
    (b"tEXt", b"Comment\0IDAT and IEND"),
    (b"zTXt", b"Comment\0\0" + zlib.compress(b"long " * 50)),
    (b"iTXt", b"Comment\0\0\0de\0Kommentar\0" + "Häuser".encode()),
    (b"iTXt", b"Comment\0\1\0\0\0" + zlib.compress("Häuser".encode())),
    (b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + XMP),
    (b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(XMP)),
    (b"tEXt", b"Raw profile type exif\0\nexif\n       6\n457869660000\n"),
    (b"tIME", struct.pack(">H5B", 2020, 2, 29, 23, 59, 60)),
    (b"eXIf", EXIF),
    (b"gIFg", b"\1\0\1\0"),
    (b"gIFx", b"NETSCAPE2.0"),
    (b"fRAc", b"fractal"),
    (b"dSIG", bytes(20)),
    (b"vpAg", bytes(9)),
    (b"prVt", b"private, safe"),
    (b"prVT", b"private, not safe"),
    (b"emPt", b""),
)
REPEATED = {b"tEXt", b"zTXt", b"iTXt", b"sPLT", b"prVt", b"prVT", b"emPt"}
"""What may come several times."""


def case(number: int) -> Case:
    """The file of a number."""
    rng = np.random.default_rng([0x504E47, number])
    colour, depth = TYPES[number % len(TYPES)]
    interlaced = bool(rng.integers(2))
    count = int(rng.integers(1, 2**depth, endpoint=True)) if colour == PALETTE else 2**depth
    features = [f"colour type {colour}", f"{depth} bits"] + ["interlaced"] * interlaced
    samples = patterns.integers(rng, (*patterns.size(rng), png.CHANNELS[colour]), count - 1)
    if colour in (GRAY_ALPHA, RGBA) and rng.random() < 0.3:
        samples[..., -1] = rng.choice([0, 2**depth - 1], samples.shape[:2])
    first, second, third = chunks_of(rng, samples, colour, depth, count)
    after = [chunk for chunk in third if rng.random() < 0.4]
    before = [chunk for chunk in third if chunk not in after]
    chunks = [(b"IHDR", png.header(samples, depth, colour, interlaced)), *first, *second, *before]
    animated = rng.random() < 0.1
    if animated:
        frames, features_of_it = animation(rng, samples, colour, depth, interlaced, count)
        chunks += frames
        features += features_of_it
    else:
        chunks += [(b"IDAT", part) for part in split(rng, png.deflate(samples, depth, interlaced, filters(rng)))]
    chunks += [*after, (b"IEND", b"")]
    data = png.pack(chunks)
    features += [kind.decode() for kind, _ in [*first, *second, *before]] + [
        f"{kind.decode()} after IDAT" for kind, _ in after
    ]
    if rng.random() < 0.01:
        data += TRAILING
        features.append("trailing bytes")
    return Case(f"png:{number}", ".png", data, read(data), tuple(features), ".tif")


def chunks_of(
    rng: np.random.Generator, samples: NDArray[Any], colour: int, depth: int, count: int
) -> tuple[list[Chunk], list[Chunk], list[Chunk]]:
    """Those before the palette, the palette and those behind it, those anywhere."""
    first = some(rng, BEFORE_PALETTE, 0.25)
    if rng.random() < 0.15:
        bits = 8 if colour == PALETTE else depth
        size = {GRAY: 1, RGB: 3, PALETTE: 3, GRAY_ALPHA: 2, RGBA: 4}[colour]
        first.append((b"sBIT", bytes(int(rng.integers(1, bits, endpoint=True)) for _ in range(size))))
    second: list[Chunk] = []
    if colour == PALETTE or (colour in (RGB, RGBA) and rng.random() < 0.05):
        size = count if colour == PALETTE else int(rng.integers(1, 256))
        colours = rng.integers(0, 256, (size, 3), dtype=np.uint8).tobytes()
        if rng.random() < 0.1:
            colours = (b"IDATIENDtRNSPLTE" * 48)[: size * 3]
        second.append((b"PLTE", colours))
        if rng.random() < 0.1:
            second.append((b"hIST", rng.integers(0, 65536, size, dtype=np.uint16).tobytes()))
    if rng.random() < 0.4:
        second += transparency(rng, samples, colour, depth, count)
    if rng.random() < 0.15:
        second.append((b"bKGD", background(rng, colour, depth, count)))
    return first, second + some(rng, BEFORE_DATA, 0.2), some(rng, ANYWHERE, 0.5)


def transparency(rng: np.random.Generator, samples: NDArray[Any], colour: int, depth: int, count: int) -> list[Chunk]:
    if colour == PALETTE:
        size = int(rng.integers(1, count, endpoint=True))
        return [(b"tRNS", rng.choice([0, 128, 255], size).astype(np.uint8).tobytes())]
    if colour in (GRAY, RGB):
        present = samples[rng.integers(samples.shape[0]), rng.integers(samples.shape[1])]
        key = present if rng.random() < 0.8 else (present + 1) % 2**depth
        return [(b"tRNS", struct.pack(f">{key.size}H", *key.tolist()))]
    return []


def background(rng: np.random.Generator, colour: int, depth: int, count: int) -> bytes:
    if colour == PALETTE:
        return bytes([int(rng.integers(count))])
    values = rng.integers(0, 2**depth, 1 if colour in (GRAY, GRAY_ALPHA) else 3).tolist()
    return struct.pack(f">{len(values)}H", *values)


def some(rng: np.random.Generator, choices: tuple[Chunk, ...], chance: float) -> list[Chunk]:
    """None or a few, of each type one where only one may be."""
    found: list[Chunk] = []
    if rng.random() < chance:
        for place in rng.integers(0, len(choices), int(rng.integers(1, 4))).tolist():
            kind = choices[place][0]
            if kind in REPEATED or kind not in {name for name, _ in found}:
                found.append(choices[place])
    names = {name for name, _ in found}
    return [chunk for chunk in found if chunk[0] != b"sRGB" or b"iCCP" not in names]


def filters(rng: np.random.Generator) -> list[int]:
    """Of rows, in turn."""
    return [[0], [1], [2], [3], [4], [0, 1, 2, 3, 4], [4, 2, 0]][rng.integers(7)]


def split(rng: np.random.Generator, data: bytes) -> list[bytes]:
    """In one piece or several, empty ones too."""
    if rng.random() < 0.6:
        return [data]
    cuts = sorted(rng.integers(0, len(data), int(rng.integers(1, 5))).tolist())
    return [data[a:b] for a, b in zip([0, *cuts], [*cuts, len(data)], strict=True)]


def animation(
    rng: np.random.Generator, samples: NDArray[Any], colour: int, depth: int, interlaced: bool, count: int
) -> tuple[list[Chunk], list[str]]:
    """From acTL to the last fdAT."""
    height, width, channels = samples.shape
    frames, still = int(rng.integers(1, 5)), bool(rng.random() < 0.3)
    chunks: list[Chunk] = [(b"acTL", struct.pack(">II", frames, int(rng.choice([0, 1, 7]))))]
    sequence = 0
    if still:
        chunks.append((b"IDAT", png.deflate(samples, depth, interlaced, filters(rng))))
    for number in range(frames):
        whole = number == 0
        h = height if whole else int(rng.integers(1, height, endpoint=True))
        w = width if whole else int(rng.integers(1, width, endpoint=True))
        top, left = int(rng.integers(height - h + 1)), int(rng.integers(width - w + 1))
        delay = int(rng.integers(0, 200)), int(rng.choice([0, 10, 100, 1000]))
        ways = int(rng.integers(3)), int(rng.integers(2))
        chunks.append((b"fcTL", struct.pack(">IIIIIHHBB", sequence, w, h, left, top, *delay, *ways)))
        sequence += 1
        part = samples if whole and not still else patterns.integers(rng, (h, w, channels), count - 1)
        data = png.deflate(part, depth, interlaced, filters(rng))
        if whole and not still:
            chunks.append((b"IDAT", data))
        else:
            chunks.append((b"fdAT", struct.pack(">I", sequence) + data))
            sequence += 1
    return chunks, [f"APNG of {frames} frames"] + ["still picture"] * still
