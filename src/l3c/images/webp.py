"""WebP, still and animated: its chunks by our own walk, its bitstreams by Pillow."""

from __future__ import annotations

import io
import struct
from dataclasses import dataclass, replace
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, WebPImagePlugin

from l3c.container.structure import Animation, Frame
from l3c.errors import InputError
from l3c.images.description import ALPHA, RGB, Description, damaged, digest, trailing
from l3c.images.metadata import EXIF_PREFIX, meaning
from l3c.images.picture import Picture
from l3c.images.png_chunks import pack, unpack

KINDS = {b"ICCP": "icc", b"EXIF": "exif", b"XMP ": "xmp"}  # chunks to kinds of metadata
PIXELS = (b"VP8 ", b"VP8L", b"ALPH", b"VP8X", b"ANIM", b"ANMF")  # chunks of pixels, or that say how these lie
ANIMATED = 2  # flags of VP8X: several frames
HAS_XMP = 4  # a chunk of XMP
HAS_EXIF = 8  # a chunk of EXIF
HAS_ALPHA = 16  # some frame has alpha
HAS_ICC = 32  # a chunk of a colour profile

TO_BACKGROUND = 1  # flags of ANMF: the frame's place is cleared
REPLACES = 2  # the frame is not laid over by its alpha

SIDE_MAX = 16383  # pixels of a frame: what libwebp writes
CANVAS_MAX = 2**24  # pixels of a canvas' side: 24 bits
Chunk = tuple[bytes, bytes]


@dataclass
class _Image:
    """One bitstream. frame: of an animation."""

    width: int
    height: int
    alpha: bool
    lossy: bool
    chunks: list[Chunk]
    frame: Frame | None = None


@dataclass
class _File:
    width: int
    height: int
    images: list[_Image]
    metadata: dict[str, bytes]
    others: list[Chunk]
    animation: Animation | None
    end: int


def _chunks(data: bytes, at: int, end: int) -> list[Chunk]:
    chunks = []
    while at < end:
        if at + 8 > end:
            raise damaged(f"byte {at}: a chunk ends after the file")
        kind, size = struct.unpack_from("<4sI", data, at)
        if at + 8 + size > end:
            raise damaged(f"byte {at}: its chunk {kind.decode('latin-1')} ends after the file")
        chunks.append((kind, data[at + 8 : at + 8 + size]))
        at += 8 + size + size % 2
    return chunks


def _parse(data: bytes) -> _File:
    size = struct.unpack_from("<I", data, 4)[0]
    if size + 8 > len(data) + 1:
        raise damaged(f"it has {len(data)} bytes of {size + 8}")
    end = min(size + 8, len(data))
    chunks = _chunks(data, 12, end)
    canvas, animation, metadata = None, None, {}
    images: list[_Image] = []
    still: list[Chunk] = []
    others: list[Chunk] = []
    plays, background = 0, b""
    for kind, content in chunks:
        if kind == b"VP8X":
            width = int.from_bytes(content[4:7], "little") + 1
            canvas = (width, int.from_bytes(content[7:10], "little") + 1, content[0] if content else 0)
        elif kind == b"ANIM" and len(content) >= 6:
            background, plays = content[:4], struct.unpack_from("<H", content, 4)[0]
        elif kind == b"ANMF":
            images.append(_frame(content))
        elif kind in (b"VP8 ", b"VP8L", b"ALPH"):
            still.append((kind, content))
        elif kind in KINDS and KINDS[kind] not in metadata and content:
            metadata[KINDS[kind]] = content.removeprefix(EXIF_PREFIX) if kind == b"EXIF" else content
        else:
            others.append((kind, content))
    if images:
        if canvas is None:
            raise damaged("an animation without a canvas")
        colour = background[2::-1] + background[3:]
        animation = Animation(canvas[0], canvas[1], plays, colour)
    else:
        images = [_image(still)]
        canvas = canvas or (images[0].width, images[0].height, 0)
        if (images[0].width, images[0].height) != canvas[:2]:
            raise damaged(
                f"its canvas is {canvas[0]} x {canvas[1]}, its picture {images[0].width} x {images[0].height}"
            )
    return _File(canvas[0], canvas[1], images, metadata, others, animation, end)


def _frame(content: bytes) -> _Image:
    if len(content) < 16:
        raise damaged("a frame ends in its header")
    left, top, width, height, duration = (int.from_bytes(content[i : i + 3], "little") for i in range(0, 15, 3))
    flags = content[15]
    image = _image([c for c in _chunks(content, 16, len(content)) if c[0] in PIXELS])
    if (image.width, image.height) != (width + 1, height + 1):
        raise damaged(f"a frame is {width + 1} x {height + 1}, its picture {image.width} x {image.height}")
    disposal, blend = 2 if flags & TO_BACKGROUND else 1, not flags & REPLACES
    image.frame = Frame(2 * left, 2 * top, (duration, 1000), disposal, blend)
    return image


def _image(chunks: list[Chunk]) -> _Image:
    for kind, content in chunks:
        if kind == b"VP8L" and len(content) >= 5 and content[0] == 0x2F:
            bits = struct.unpack_from("<I", content, 1)[0]
            return _Image((bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1, bool(bits >> 28 & 1), False, chunks)
        if kind == b"VP8 " and len(content) >= 10 and content[3:6] == b"\x9d\x01\x2a":
            width, height = struct.unpack_from("<HH", content, 6)
            alpha = any(k == b"ALPH" for k, _ in chunks)
            return _Image(width & 0x3FFF, height & 0x3FFF, alpha, True, chunks)
    raise damaged("it has no picture")


def describe(data: bytes) -> Description:
    """Raises InputError where it is damaged."""
    file = _parse(data)
    pages = tuple(
        Description("WEBP", i.width, i.height, 8, RGB, (ALPHA,) if i.alpha else (), lossy=i.lossy) for i in file.images
    )
    items = {kind: digest(meaning(kind, content)) for kind, content in file.metadata.items()}
    items |= {f"chunk {kind.decode('latin-1')}": digest(content) for kind, content in file.others}
    items |= trailing(data, file.end)
    lossy = any(page.lossy for page in pages)
    return replace(pages[0], items=items, lossy=lossy, pages=pages if file.animation else ())


def read(data: bytes) -> Picture:
    """The picture or the frames, as they are stored. Raises InputError."""
    file = _parse(data)
    metadata = dict(file.metadata)
    if file.others:
        metadata["webp chunks"] = pack(file.others)
    if file.animation is None:
        return Picture(_samples(file.images[0]), metadata, "WEBP")
    pages = tuple(Picture(_samples(image), {}, "WEBP", frame=image.frame) for image in file.images)
    return replace(pages[0], metadata=metadata, frame=None, pages=pages, animation=file.animation)


def _samples(image: _Image) -> NDArray[Any]:
    chunks = list(image.chunks)
    if image.lossy and image.alpha:
        chunks.insert(0, (b"VP8X", _extended(HAS_ALPHA, image.width, image.height)))
    with WebPImagePlugin.WebPImageFile(io.BytesIO(riff(chunks))) as opened:
        opened.load()
        samples = np.array(opened)
    if not image.alpha and samples.ndim == 3 and samples.shape[2] == 4 and (samples[..., 3] == 255).all():
        samples = np.ascontiguousarray(samples[..., :3])
    return samples


def _extended(flags: int, width: int, height: int) -> bytes:
    return bytes([flags, 0, 0, 0]) + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")


def chunks_in(data: bytes) -> list[Chunk]:
    """Type and content of each. Raises InputError where one is damaged."""
    return _chunks(data, 12, min(struct.unpack_from("<I", data, 4)[0] + 8, len(data)))


def riff(chunks: list[Chunk]) -> bytes:
    """A WebP file of chunks."""
    body = b"WEBP" + b"".join(_chunk(*c) for c in chunks)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def _chunk(kind: bytes, content: bytes) -> bytes:
    return kind + struct.pack("<I", len(content)) + content + bytes(len(content) % 2)


def write(picture: Picture, file: BinaryIO, level: int = 6, suffix: str = "") -> None:
    """Raises InputError for pictures that WebP cannot hold."""
    chunks: list[Chunk] = []
    flags, (height, width) = 0, picture.samples.shape[:2]
    pages = picture.pages or (picture,)
    if picture.pages and picture.animation is None:
        raise InputError(f"WebP cannot hold {len(picture.pages)} pages; choose tif")
    if picture.animation is not None:
        width, height, flags = picture.animation.width, picture.animation.height, ANIMATED
        if width > CANVAS_MAX or height > CANVAS_MAX or picture.animation.plays > 65535:
            raise InputError("WebP cannot hold it")
        colour = picture.animation.background or bytes(4)
        chunks.append((b"ANIM", colour[2::-1] + colour[3:] + struct.pack("<H", picture.animation.plays)))
        chunks += [(b"ANMF", _frame_content(page, level)) for page in pages]
    else:
        chunks.append((b"VP8L", _bitstream(picture, level)))
    streams = [c[1][24:] if c[0] == b"ANMF" else c[1] for c in chunks if c[0] in (b"ANMF", b"VP8L")]
    if any(struct.unpack_from("<I", s, 1)[0] >> 28 & 1 for s in streams):
        flags |= HAS_ALPHA
    metadata = picture.metadata
    if "icc" in metadata:
        flags |= HAS_ICC
        chunks.insert(0, (b"ICCP", metadata["icc"]))
    for kind, fourcc, flag in (("exif", b"EXIF", HAS_EXIF), ("xmp", b"XMP ", HAS_XMP)):
        if kind in metadata:
            flags |= flag
            chunks.append((fourcc, metadata[kind]))
    chunks += [c for c in unpack(metadata.get("webp chunks", b"")) if c[0] not in PIXELS]
    if len(chunks) > 1 or flags & ANIMATED:
        chunks.insert(0, (b"VP8X", _extended(flags, width, height)))
    file.write(riff(chunks))


def _bitstream(picture: Picture, level: int) -> bytes:
    samples = picture.samples
    if samples.dtype != np.uint8 or picture.palette or picture.extra or picture.maximum is not None:
        raise InputError("WebP cannot hold it")
    if picture.layout not in (None, "RGB", "RGBA", "gray") or (samples.ndim == 3 and samples.shape[2] == 2):
        raise InputError("WebP cannot hold it")
    if max(samples.shape[:2]) > SIDE_MAX:
        raise InputError(f"cannot be written as WEBP: it has more than {SIDE_MAX} pixels a side")
    out = io.BytesIO()
    method = 4 if level else 0
    Image.fromarray(samples).save(out, "WEBP", lossless=True, exact=True, quality=75 if level else 0, method=method)
    data = out.getvalue()
    return next(content for kind, content in _chunks(data, 12, len(data)) if kind == b"VP8L")


def _frame_content(page: Picture, level: int) -> bytes:
    height, width = page.samples.shape[:2]
    frame = page.frame or Frame()
    milliseconds = frame.duration[0] * 1000 / (frame.duration[1] or 1)
    fits = frame.left % 2 == 0 and frame.top % 2 == 0 and milliseconds == int(milliseconds) < 2**24
    if not fits or frame.disposal == 3 or page.kind == "still":
        raise InputError("WebP cannot hold its frames' places, durations or disposal; choose png")
    flags = (TO_BACKGROUND if frame.disposal == 2 else 0) | (0 if frame.blend else REPLACES)
    numbers = (frame.left // 2, frame.top // 2, width - 1, height - 1, int(milliseconds))
    head = b"".join(n.to_bytes(3, "little") for n in numbers) + bytes([flags])
    return head + _chunk(b"VP8L", _bitstream(page, level))
