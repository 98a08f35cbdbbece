"""WebP files: lossless and lossy, alpha, metadata, unknown chunks, animations; and what they mean, by libwebp."""

from __future__ import annotations

import struct
from fractions import Fraction
from typing import Any

import imagecodecs
import numpy as np
from numpy.typing import NDArray

from tests.strange import patterns
from tests.strange.case import Case
from tests.strange.truth import UNASSOCIATED, Page, Truth

Chunk = tuple[bytes, bytes]
ICC, ALPHA, EXIF, XMP, ANIMATION = 32, 16, 8, 4, 2
PICTURE = (b"VP8 ", b"VP8L", b"ALPH")
METADATA = (
    (b"ICCP", bytes(range(130))),
    (b"EXIF", b"MM\0*\0\0\0\x08" + bytes(6)),
    (b"XMP ", b"<x/>"),
    (b"unkn", b"odd"),
)
TRAILING = b"trailing bytes"


def pack(chunks: list[Chunk]) -> bytes:
    """A file of chunks."""
    body = b"WEBP" + _chunks(chunks)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def _chunks(chunks: list[Chunk]) -> bytes:
    return b"".join(
        name + struct.pack("<I", len(content)) + content + bytes(len(content) % 2) for name, content in chunks
    )


def unpack(data: bytes) -> list[Chunk]:
    """data: behind the file's or a frame's header."""
    at, chunks = 0, []
    while at + 8 <= len(data):
        name, size = struct.unpack_from("<4sI", data, at)
        chunks.append((name, data[at + 8 : at + 8 + size]))
        at += 8 + size + size % 2
    return chunks


def case(number: int) -> Case:
    """The file of a number."""
    rng = np.random.default_rng([0x574542, number])
    height, width = patterns.size(rng)
    alpha, lossless = bool(rng.integers(2)), rng.random() < 0.6
    frames = 0 if number % 2 else int(rng.integers(1, 5))
    features = ["lossless" if lossless else "lossy"] + ["alpha"] * alpha
    chunks: list[Chunk] = []
    if frames:
        plays = int(rng.choice([0, 1, 3]))
        chunks.append((b"ANIM", bytes(rng.integers(0, 256, 4).tolist()) + struct.pack("<H", plays)))
        features.append(f"{frames} frames")
        chunks += [_frame(rng, (height, width), alpha, lossless) for _ in range(frames)]
    else:
        chunks += _picture(rng, (height, width), alpha, lossless)
    around = {name: content for name, content in _metadata(rng)}
    features += [name.decode().strip() for name in around]
    if frames or around or (alpha and not lossless) or rng.integers(2):
        flags = ICC * (b"ICCP" in around) | EXIF * (b"EXIF" in around) | XMP * (b"XMP " in around)
        flags |= ALPHA * alpha | ANIMATION * (frames > 0)
        head = struct.pack("<I", flags) + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
        icc = [(b"ICCP", around.pop(b"ICCP"))] if b"ICCP" in around else []
        chunks = [(b"VP8X", head), *icc, *chunks, *around.items()]
        features.append("VP8X")
    data = pack(chunks)
    if rng.random() < 0.02:
        data += TRAILING
        features.append("trailing bytes")
    return Case(f"webp:{number}", ".webp", data, read(data), tuple(features))


def _metadata(rng: np.random.Generator) -> list[Chunk]:
    choices = (
        (b"ICCP", bytes(range(130))),
        (b"EXIF", b"MM\0*\0\0\0\x08\0\0\0\0\0\0"),
        (b"XMP ", b"<x/>"),
        (b"unkn", b"odd"),
    )
    return [chunk for chunk in choices if rng.random() < 0.2]


def _picture(rng: np.random.Generator, size: tuple[int, int], alpha: bool, lossless: bool) -> list[Chunk]:
    samples = patterns.integers(rng, (*size, 4 if alpha else 3), 255).astype(np.uint8)
    data = bytes(imagecodecs.webp_encode(samples, level=None if lossless else 80, lossless=lossless))
    return [chunk for chunk in unpack(data[12:]) if chunk[0] in PICTURE]


def _frame(rng: np.random.Generator, canvas: tuple[int, int], alpha: bool, lossless: bool) -> Chunk:
    height, width = (int(rng.integers(1, side, endpoint=True)) for side in canvas)
    top, left = (int(rng.integers(a - b + 1)) // 2 * 2 for a, b in zip(canvas, (height, width), strict=True))
    numbers = (left // 2, top // 2, width - 1, height - 1, int(rng.choice([0, 1, 40, 70000])))
    flags = int(rng.integers(4))
    head = b"".join(number.to_bytes(3, "little") for number in numbers) + bytes([flags])
    return b"ANMF", head + _chunks(_picture(rng, (height, width), alpha, lossless))


def read(data: bytes) -> Truth:
    """Samples as libwebp gives them."""
    chunks = unpack(data[12 : 8 + struct.unpack_from("<I", data, 4)[0]])
    metadata: dict[str, Any] = {}
    pages = []
    for name, content in chunks:
        if name == b"ANIM":
            metadata |= {"background": content[:4], "plays": struct.unpack_from("<H", content, 4)[0]}
        elif name == b"ANMF":
            left, top, _, _, duration = (int.from_bytes(content[at : at + 3], "little") for at in range(0, 15, 3))
            flags = content[15]
            timing = (left * 2, top * 2, Fraction(duration, 1000), flags & 1, 1 - (flags >> 1 & 1))
            pages.append(_page(unpack(content[16:]), timing))
        elif name == b"VP8X":
            size = int.from_bytes(content[4:7], "little") + 1, int.from_bytes(content[7:10], "little") + 1
        elif name not in PICTURE:
            metadata[name.decode().strip()] = content
    if not pages:
        pages.append(_page([chunk for chunk in chunks if chunk[0] in PICTURE], ()))
    else:
        metadata["canvas"] = size
    if data.endswith(TRAILING):
        metadata["trailing bytes"] = TRAILING
    return Truth(tuple(pages), metadata)


def _page(chunks: list[Chunk], timing: tuple[Any, ...]) -> Page:
    if any(name == b"ALPH" for name, _ in chunks):
        chunks = [(b"VP8X", _extended(chunks)), *chunks]
    samples: NDArray[Any] = imagecodecs.webp_decode(pack(chunks))
    channels = samples.shape[2]
    return Page(samples, "rgb", (255,) * channels, (UNASSOCIATED,) if channels == 4 else (), timing=timing)


def _extended(chunks: list[Chunk]) -> bytes:
    """The header of a lossy picture with alpha; sizes lie behind its start code."""
    lossy = dict(chunks)[b"VP8 "]
    width, height = (int(number) & 0x3FFF for number in struct.unpack_from("<HH", lossy, 6))
    return struct.pack("<I", ALPHA) + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
