"""Pictures and animations to PNG."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from l3c.container.structure import Frame
from l3c.errors import InputError
from l3c.images import resolution
from l3c.images.picture import Picture
from l3c.images.png import PROFILE_NAME, SIDE_MAX, deflated, header
from l3c.images.png_chunks import SIGNATURE, XMP_KEYWORD, Chunk, chunk, parted, unpack

DISPOSALS = {0: 0, 1: 0, 2: 1, 3: 2}
"""APNG's number of each of ours."""

DURATION_MAX = 65535  # both parts of a frame's duration have 16 bits


def write(picture: Picture, file: BinaryIO, level: int = 6, suffix: str = "") -> None:
    """Chunk by chunk. Raises InputError for pictures that PNG cannot hold."""
    if picture.pages and picture.animation is None:
        raise InputError(f"PNG cannot hold {len(picture.pages)} pages; choose tif")
    first = picture.pages[0] if picture.pages else picture
    for page in picture.pages or (picture,):
        _check(page)
    frames = _frames(picture) if picture.animation is not None else []
    bits, samples = _bits(first, picture.metadata)
    early, late = parted(_chunks(picture.metadata, bits))
    file.write(SIGNATURE)
    head = [(b"IHDR", header(samples, first.palette, bits)), *early, *_palette(picture, first, samples), *late]
    if picture.animation is not None:
        head.append((b"acTL", struct.pack(">II", len(frames), picture.animation.plays)))
    sequence = int(bool(frames) and frames[0] is first)
    if sequence:
        head.append(_control(0, first))
    for one in head:
        file.write(chunk(*one))
    for part in deflated(samples, bits, level, first.palette is not None):
        for at in range(0, len(part), SIDE_MAX):
            file.write(chunk(b"IDAT", part[at : at + SIDE_MAX]))
    for frame in frames[sequence:]:
        _write_frame(file, frame, _bits(frame, picture.metadata)[1], bits, level, sequence)
        sequence += 2
    file.write(chunk(b"IEND", b""))


def _palette(picture: Picture, first: Picture, samples: NDArray[Any]) -> list[Chunk]:
    """Its chunks: of indices, or one that is suggested for a picture of colours."""
    if first.palette:
        opacities = [(b"tRNS", first.palette.alphas)] if first.palette.alphas else []
        return [(b"PLTE", first.palette.colours), *opacities]
    suggested = picture.metadata.get("png palette", b"")
    if not suggested or samples.ndim == 2 or samples.shape[2] < 3 or len(suggested) % 3 or len(suggested) > 768:
        return []
    return [(b"PLTE", suggested)]


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


def _frames(picture: Picture) -> list[Picture]:
    """The pages of an animation that are shown. Raises InputError where PNG cannot hold it."""
    animation, pages = picture.animation, picture.pages
    assert animation is not None
    page = pages[0]
    if page.samples.shape[:2] != (animation.height, animation.width) or (
        page.frame is not None and (page.frame.left or page.frame.top)
    ):
        raise InputError("PNG cannot hold an animation whose first frame does not fill it; choose gif or webp")
    for other in pages[1:]:
        same = other.samples.dtype == page.samples.dtype and other.samples.shape[2:] == page.samples.shape[2:]
        if not same or other.palette != page.palette or other.kind == "still":
            raise InputError("PNG cannot hold frames of other colours than the first's; choose gif, webp or tif")
    frames = list(pages[1:] if page.kind == "still" else pages)
    if not frames or animation.plays >= SIDE_MAX:
        raise InputError("PNG cannot hold it")
    return frames


def _write_frame(file: BinaryIO, page: Picture, samples: NDArray[Any], bits: int, level: int, sequence: int) -> None:
    """A frame that is not the picture itself: its control, and its data. sequence: its number among such chunks."""
    file.write(chunk(*_control(sequence, page)))
    parts = deflated(samples, bits, level, page.palette is not None)
    file.write(chunk(b"fdAT", b"".join([struct.pack(">I", sequence + 1), *parts])))


def _control(sequence: int, page: Picture) -> Chunk:
    frame = page.frame or Frame()
    height, width = page.samples.shape[:2]
    above, below = frame.duration
    if above > DURATION_MAX or below > DURATION_MAX:
        raise InputError("PNG cannot hold so long a duration; choose webp")
    numbers = (width, height, frame.left, frame.top, above, below, DISPOSALS.get(frame.disposal, 0), int(frame.blend))
    return b"fcTL", struct.pack(">5I2H2B", sequence, *numbers)
