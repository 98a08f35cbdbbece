"""What a PNG file means."""

from __future__ import annotations

import struct
import zlib
from collections import defaultdict
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.strange import png_writer as png
from tests.strange.png_writer import GRAY, GRAY_ALPHA, PALETTE, RGB, Chunk
from tests.strange.truth import UNASSOCIATED, Page, Truth

PIXELS = {b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS"}
FRAMES = {b"acTL", b"fcTL", b"fdAT"}
TRAILING = b"trailing bytes"


@dataclass(frozen=True)
class Kind:
    """What all frames of a file share."""

    colour: int
    depth: int
    palette: bytes = b""
    transparency: bytes | None = None

    @property
    def largest(self) -> int:
        return int(2**self.depth - 1)


def read(data: bytes) -> Truth:
    """Every frame, and all chunks that are no pixels."""
    chunks = png.unpack(data)
    contents = dict(reversed(chunks))
    width, height, depth, colour, _, _, interlaced = struct.unpack(">IIBBBBB", contents[b"IHDR"])
    kind = Kind(colour, depth, contents.get(b"PLTE", b""), contents.get(b"tRNS"))
    orientation = orientation_of(contents.get(b"eXIf", b""))
    names = [name for name, _ in chunks]
    animated = b"acTL" in names[: names.index(b"IDAT")]
    if not animated:
        page = frame(None, [part for name, part in chunks if name == b"IDAT"], (height, width), kind, interlaced, False)
        return Truth((replace(page, orientation=orientation),), finished(metadata_of(chunks, kind, False), data))
    assert names.count(b"fcTL") == struct.unpack_from(">I", contents[b"acTL"])[0], "frames are missing"
    pages: list[Page] = []
    control: bytes | None = None
    parts: list[bytes] = []
    for name, content in [*chunks, (b"fcTL", b"")]:
        if name == b"fcTL":
            if parts:
                page = frame(control, parts, (height, width), kind, interlaced, True)
                pages.append(replace(page, orientation=orientation))
            control, parts = content, []
        elif name == b"IDAT":
            parts.append(content)
        elif name == b"fdAT":
            parts.append(content[4:])
    return Truth(tuple(pages), finished(metadata_of(chunks, kind, True), data))


def finished(metadata: dict[str, Any], data: bytes) -> dict[str, Any]:
    return metadata | {"trailing bytes": TRAILING} if data.endswith(TRAILING) else metadata


def orientation_of(exif: bytes) -> int:
    """As the first directory of an EXIF block has it."""
    if len(exif) < 14:
        return 1
    order = ">" if exif[:2] == b"MM" else "<"
    at = struct.unpack_from(order + "I", exif, 4)[0]
    for place in range(at + 2, at + 2 + 12 * struct.unpack_from(order + "H", exif, at)[0], 12):
        tag, _, _, value = struct.unpack_from(order + "HHIH", exif, place)
        if tag == 274:
            return int(value)
    return 1


def frame(
    control: bytes | None, parts: list[bytes], size: tuple[int, int], kind: Kind, interlaced: bool, animated: bool
) -> Page:
    timing: tuple[Any, ...] = ("still",) if animated else ()
    if control:
        _, width, height, left, top, numerator, denominator, disposal, blend = struct.unpack(">IIIIIHHBB", control)
        size, timing = (height, width), (left, top, Fraction(numerator, denominator or 100), disposal, blend)
    channels = png.CHANNELS[kind.colour]
    samples = png.inflate(b"".join(parts), *size, channels, kind.depth, interlaced)
    return replace(page_of(samples, kind), timing=timing)


def page_of(samples: NDArray[Any], kind: Kind) -> Page:
    """Palette looked up; a transparent colour as opacity."""
    if kind.colour == PALETTE:
        colours = np.frombuffer(kind.palette, np.uint8).reshape(-1, 3)
        whole = colours[samples[..., 0]]
        extra: tuple[str, ...] = ()
        if kind.transparency is not None:
            alphas = np.full(256, 255, np.uint8)
            alphas[: len(kind.transparency)] = np.frombuffer(kind.transparency, np.uint8)
            whole, extra = np.concatenate([whole, alphas[samples]], axis=2), (UNASSOCIATED,)
        return Page(whole, "rgb", (255,) * whole.shape[2], extra, indices=samples[..., 0])
    colour = "gray" if kind.colour in (GRAY, GRAY_ALPHA) else "rgb"
    if kind.transparency is not None and kind.colour in (GRAY, RGB):
        key = np.array(struct.unpack(f">{samples.shape[2]}H", kind.transparency)) & kind.largest
        alpha = np.where((samples == key).all(axis=2, keepdims=True), 0, kind.largest).astype(samples.dtype)
        whole = np.concatenate([samples, alpha], axis=2)
        return Page(whole, colour, (kind.largest,) * whole.shape[2], (UNASSOCIATED,))
    has_alpha = kind.colour in (GRAY_ALPHA, png.RGBA)
    return Page(samples, colour, (kind.largest,) * samples.shape[2], (UNASSOCIATED,) if has_alpha else ())


def metadata_of(chunks: list[Chunk], kind: Kind, animated: bool) -> dict[str, Any]:
    """Contents by type, in their order; those that mean something else with other samples as what they mean."""
    found: dict[str, list[Any]] = defaultdict(list)
    for name, content in chunks:
        if name in PIXELS or (animated and name in FRAMES):
            continue
        meant: Any = content
        if name == b"iCCP":
            title, _, rest = content.partition(b"\0")
            meant = title, zlib.decompress(rest[1:])
        if name == b"bKGD":
            meant = background(content, kind)
        found[name.decode()].append(meant)
    metadata: dict[str, Any] = {name: tuple(sorted(contents, key=repr)) for name, contents in found.items()}
    if kind.palette:
        metadata["palette" if kind.colour == PALETTE else "suggested palette"] = kind.palette
    contents = dict(reversed(chunks))
    if animated:
        metadata["plays"] = struct.unpack(">II", contents[b"acTL"])[1]
        metadata["canvas"] = struct.unpack(">II", contents[b"IHDR"][:8])
    return metadata


def background(content: bytes, kind: Kind) -> Any:
    if kind.colour == PALETTE:
        return content[0]
    return tuple(Fraction(value, kind.largest) for (value,) in struct.iter_unpack(">H", content))
