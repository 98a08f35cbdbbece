"""Pictures and animations to PNG."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from l3c.container.structure import Frame
from l3c.errors import InputError
from l3c.images import resolution
from l3c.images.picture import Picture
from l3c.images.png import PROFILE_NAME, SIDE_MAX, chunk, deflated, encode
from l3c.images.png_chunks import XMP_KEYWORD, Chunk, unpack, with_chunks

DISPOSALS = {0: 0, 1: 0, 2: 1, 3: 2}
"""APNG's number of each of ours."""

DURATION_MAX = 65535  # both parts of a frame's duration have 16 bits


def write(picture: Picture, level: int = 6, suffix: str = "") -> bytes:
    """Raises InputError for pictures that PNG cannot hold."""
    if picture.pages and picture.animation is None:
        raise InputError(f"PNG cannot hold {len(picture.pages)} pages; choose tif")
    first = picture.pages[0] if picture.pages else picture
    for page in picture.pages or (picture,):
        _check(page)
    bits, samples = _bits(first, picture.metadata)
    data = encode(samples, first.palette, bits, level)
    if picture.animation is not None:
        data = _animated(data, picture, bits, level)
    suggested = picture.metadata.get("png palette", b"")
    if first.palette or samples.ndim == 2 or samples.shape[2] < 3 or len(suggested) % 3 or len(suggested) > 768:
        suggested = b""
    return with_chunks(data, _chunks(picture.metadata, bits), suggested)


def _check(page: Picture) -> None:
    samples = page.samples
    kinds = (np.dtype(bool), np.dtype(np.uint8), np.dtype(np.uint16))
    if samples.dtype not in kinds or page.extra or page.maximum is not None:
        raise InputError("PNG cannot hold it")
    if page.layout not in (None, "gray", "RGB", "gray+alpha", "RGBA", "palette"):
        raise InputError("PNG cannot hold it")


def _bits(page: Picture, metadata: dict[str, bytes]) -> tuple[int, NDArray[Any]]:
    """Of a sample in the file, and the samples for them."""
    samples = page.samples
    if samples.dtype == bool:
        return (1, samples) if samples.ndim == 2 else (8, samples.astype(np.uint8) * np.uint8(255))
    if page.palette:
        count = len(page.palette.colours) // 3
        return next(bits for bits in (1, 2, 4, 8) if count <= 1 << bits), samples
    stated = (metadata.get("bit depth") or b"\0")[0]
    if stated in (2, 4) and samples.ndim == 2 and samples.dtype == np.uint8:
        scale = np.uint8(255 // (2**stated - 1))
        if not (samples % scale).any():
            return stated, samples // scale
    return 8 * samples.dtype.itemsize, samples


def _chunks(metadata: dict[str, bytes], bits: int) -> list[Chunk]:
    stored = unpack(metadata.get("png chunks", b""))
    names = [
        content for kind, content in stored if kind == b"iCCP" and content.endswith(b"\0") and content.count(b"\0") == 1
    ]
    chunks = [c for c in stored if c[1] not in names or c[0] != b"iCCP"]
    if "icc" in metadata:
        name = names[0] if names else PROFILE_NAME + b"\0"
        chunks.append((b"iCCP", name + b"\0" + zlib.compress(metadata["icc"])))
    for kind, make in MADE.items():
        if kind in metadata:
            chunks.append(make(metadata[kind]))
    if (clear := metadata.get("transparent colour")) is not None:
        if bits in (2, 4):
            clear = struct.pack(">H", struct.unpack(">H", clear)[0] // (255 // (2**bits - 1)))
        chunks.append((b"tRNS", clear))
    return chunks


# kinds of metadata that have no chunk of their own in the picture, to the chunk that PNG has for them
MADE: dict[str, Callable[[bytes], Chunk]] = {
    "exif": lambda value: (b"eXIf", value),
    "xmp": lambda value: (b"iTXt", XMP_KEYWORD + bytes(4) + value),
    "resolution": lambda value: (b"pHYs", resolution.as_png(value)),
    "comment": lambda value: (b"tEXt", b"Comment\0" + value.replace(b"\0", b"\n")),
}


def _animated(first: bytes, picture: Picture, bits: int, level: int) -> bytes:
    """The file of the first page with the others as frames."""
    animation, pages = picture.animation, picture.pages
    assert animation is not None
    page = pages[0]
    if page.samples.shape[:2] != (animation.height, animation.width) or (
        page.frame is not None and (page.frame.left or page.frame.top)
    ):
        raise InputError("PNG cannot hold an animation whose first frame does not fill it; choose gif or webp")
    still = page.kind == "still"
    for other in pages[1:]:
        same = other.samples.dtype == page.samples.dtype and other.samples.shape[2:] == page.samples.shape[2:]
        if not same or other.palette != page.palette or other.kind == "still":
            raise InputError("PNG cannot hold frames of other colours than the first's; choose gif, webp or tif")
    frames = pages[1:] if still else pages
    if not frames or animation.plays >= SIDE_MAX:
        raise InputError("PNG cannot hold it")
    start, whole = _split(first)
    out = [start, chunk(b"acTL", struct.pack(">II", len(frames), animation.plays))]
    sequence = 0
    if not still:
        out.append(_control(sequence, page))
        sequence += 1
    out.append(whole)
    for other in pages[1:]:
        out.append(_control(sequence, other))
        parts = deflated(_bits(other, picture.metadata)[1], bits, level, other.palette is not None)
        out.append(chunk(b"fdAT", b"".join([struct.pack(">I", sequence + 1), *parts])))
        sequence += 2
    return b"".join([*out, chunk(b"IEND", b"")])


def _split(png: bytes) -> tuple[bytes, bytes]:
    """What comes before the data, and the data."""
    at, first = 8, 0
    while png[at + 4 : at + 8] != b"IEND":
        if png[at + 4 : at + 8] == b"IDAT" and not first:
            first = at
        at += 12 + struct.unpack_from(">I", png, at)[0]
    return png[:first], png[first:at]


def _control(sequence: int, page: Picture) -> bytes:
    frame = page.frame or Frame()
    height, width = page.samples.shape[:2]
    above, below = frame.duration
    if above > DURATION_MAX or below > DURATION_MAX:
        raise InputError("PNG cannot hold so long a duration; choose webp")
    numbers = (width, height, frame.left, frame.top, above, below, DISPOSALS.get(frame.disposal, 0), int(frame.blend))
    return chunk(b"fcTL", struct.pack(">5I2H2B", sequence, *numbers))
