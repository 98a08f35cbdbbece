"""GIF files over versions, palettes, transparency, disposal, interlacing, offsets and extensions."""

from __future__ import annotations

import struct
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.strange import patterns
from tests.strange.case import Case
from tests.strange.gif_reader import DISPOSALS, TRAILING, blocks_of
from tests.strange.truth import UNASSOCIATED, Page, Truth

EXTENSIONS = (
    b"\x21\xfe\x07comment\x00", b"\x21\xfe\x03a\xe4b\x00",
    b"\x21\xff\x0bXMP DataXMP<x/>\x01" + bytes(range(255, -1, -1)) + b"\0",
    b"\x21\xff\x0bICCRGBG1012\x07profile\x00", b"\x21\xff\x0bSOMEAPP 1.0\x03abc\x00",
)  # fmt: skip


def case(number: int) -> Case:
    """The file of a number."""
    rng = np.random.default_rng([0x474946, number])
    frames = 1 if number % 2 else int(rng.integers(2, 6))
    height, width = patterns.size(rng)
    depth = int(rng.integers(1, 9))
    common = rng.integers(0, 256, (2**depth, 3), dtype=np.uint8)
    has_common = rng.random() < 0.8
    plays = int(rng.choice([-1, 0, 1, 5])) if frames > 1 else -1
    out = bytearray(b"GIF89a" if frames > 1 or rng.random() < 0.7 else b"GIF87a")
    plain = out[3:6] == b"87a"
    out += struct.pack("<HHBBB", width, height, has_common << 7 | 7 << 4 | depth - 1, int(rng.integers(2**depth)), 0)
    out += common.tobytes() if has_common else b""
    features = [f"{frames} frames", f"{2**depth} colours"] + ["no common palette"] * (not has_common)
    if plays >= 0:
        out += b"\x21\xff\x0bNETSCAPE2.0\x03\x01" + struct.pack("<H", plays) + b"\0"
        features.append(f"plays {plays}")
    pages: list[Page] = []
    extensions: list[tuple[int, bytes]] = []
    for at in range(frames):
        if not plain and rng.random() < 0.15:
            extension = EXTENSIONS[rng.integers(len(EXTENSIONS))]
            out += extension
            extensions.append((extension[1], b"".join(blocks_of(extension, 2)[0])))
            features.append("extension")
        page, data, about = _frame(rng, (height, width), common if has_common else None, depth, at, frames, plain)
        pages.append(page)
        out += data
        features += about
    out += b"\x3b"
    way = rng.random()
    if way < 0.03:
        out += TRAILING
        features.append("trailing bytes")
    metadata: dict[str, Any] = {"extensions": tuple(sorted(extensions))} if extensions else {}
    if frames > 1:
        metadata["plays"] = 1 if plays < 0 else plays + 1 if plays else 0
    if pages[0].timing:
        metadata["canvas"] = (width, height)
    if out.endswith(TRAILING):
        metadata["trailing bytes"] = TRAILING
    return Case(f"gif:{number}", ".gif", bytes(out), Truth(tuple(pages), metadata), tuple(features))


def _frame(
    rng: np.random.Generator,
    canvas: tuple[int, int],
    common: NDArray[Any] | None,
    depth: int,
    at: int,
    frames: int,
    plain: bool,
) -> tuple[Page, bytes, list[str]]:
    out, about = bytearray(), []
    whole = at == 0 and (frames == 1 or rng.random() < 0.7)
    height, width = canvas if whole else (int(rng.integers(1, side, endpoint=True)) for side in canvas)
    top, left = int(rng.integers(canvas[0] - height + 1)), int(rng.integers(canvas[1] - width + 1))
    palette = common
    local = common is None or rng.random() < 0.25
    if local:
        depth = int(rng.integers(1, 9))
        palette = rng.integers(0, 256, (2**depth, 3), dtype=np.uint8)
        about.append("local palette")
    assert palette is not None
    indices = patterns.integers(rng, (height, width), 2**depth - 1)
    transparent = int(rng.integers(2**depth)) if not plain and rng.random() < 0.4 else None
    disposal, delay = int(rng.integers(4)), int(rng.choice([0, 1, 7, 100, 65535]))
    animated = frames > 1
    if not plain and (animated or transparent is not None):
        flags = disposal << 2 | int(transparent is not None)
        out += struct.pack("<BBBBHBB", 0x21, 0xF9, 4, flags, delay, transparent or 0, 0)
        about += [f"disposal {disposal}"] * animated + ["transparent"] * (transparent is not None)
    interlaced = rng.random() < 0.3
    out += struct.pack(
        "<BHHHHB", 0x2C, left, top, width, height, local << 7 | interlaced << 6 | (depth - 1 if local else 0)
    )
    out += palette.tobytes() if local else b""
    order = [row for start, step in ((0, 8), (4, 8), (2, 4), (1, 2)) for row in range(start, height, step)]
    out += compress(indices[order] if interlaced else indices, max(2, depth))
    colours = palette[indices]
    extra: tuple[str, ...] = ()
    if transparent is not None:
        alpha = np.where(indices == transparent, 0, 255).astype(np.uint8)[..., None]
        colours, extra = np.concatenate([colours, alpha], axis=2), (UNASSOCIATED,)
    timing = (left, top, Fraction(delay, 100), DISPOSALS[disposal], 1) if animated else ()
    if not animated and (height, width) != canvas:
        timing = (left, top, Fraction(delay if transparent is not None else 0, 100), 0, 1)
    about += ["interlaced"] * interlaced + ["offset"] * ((height, width) != canvas)
    return Page(colours, "rgb", (255,) * colours.shape[2], extra, timing=timing, indices=indices), bytes(out), about


def compress(indices: NDArray[Any], size: int) -> bytes:
    """Codes of single indices; the table is cleared before codes get longer."""
    clear = 1 << size
    codes: list[int] = []
    for place, index in enumerate(indices.reshape(-1).tolist()):
        if place % (clear - 2) == 0:
            codes.append(clear)
        codes.append(index)
    codes.append(clear + 1)
    ones = (np.array(codes)[:, None] >> np.arange(size + 1)) & 1
    data = np.packbits(ones.reshape(-1).astype(np.uint8), bitorder="little").tobytes()
    blocks = [data[at : at + 255] for at in range(0, len(data), 255)]
    return bytes([size]) + b"".join(bytes([len(block)]) + block for block in blocks) + b"\0"
