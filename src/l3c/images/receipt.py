"""Which parts of a picture file are given back, and a second reading by another library."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from l3c.errors import L3CError
from l3c.images import tiff, webp
from l3c.images.animate import shown
from l3c.images.description import UNSPECIFIED
from l3c.images.formats import format_of
from l3c.images.picture import Picture
from l3c.images.png_chunks import SIGNATURE, chunk, chunks_of
from l3c.images.read import describe
from l3c.images.write import write_picture

Samples = NDArray[Any]


def not_given_back(source: bytes, back: bytes, name: str) -> list[str]:
    """Names, for people, of what `source` holds beside its samples and `back` does not.

    source, back: whole picture files, of the same format or not. Raises InputError where one is damaged.
    """
    if source == back:
        return []
    before, after = describe(source, name), describe(back, name)
    there = {(page, content) for page, _, content in after.everything()}
    anywhere = {content for _, _, content in after.everything()}
    lost = []
    for page, item, content in before.everything():
        if (page, content) in there or (not after.pages and content in anywhere):
            continue
        lost.append(f"{item} of page {page}" if page else item)
    lossy = before.lossy or any(page.lossy for page in before.pages)
    if lossy and f"the {before.format} file itself" not in lost:
        lost.append(f"the {before.format} file itself")
    if len(before.pages) != len(after.pages):
        lost.append(f"{len(before.pages)} pages")
    return sorted(lost)


def lost_in(source: bytes, picture: Picture, name: str, target: str) -> list[str]:
    """As `not_given_back`, of the file that `picture` is written to under the name `target`."""
    file = io.BytesIO()
    write_picture(picture, file, target, level=0)
    return not_given_back(source, file.getvalue(), name)


def second_opinion(source: bytes, picture: Picture) -> bool | None:
    """Whether another library than `read` uses finds the same pixels in a file; None where none is there to ask."""
    form = format_of(source)
    reader = READERS.get(form.name) if form else None
    if reader is None:
        return None
    try:
        second = reader(source)
    except (ImportError, OSError, UnidentifiedImageError, Image.DecompressionBombError):
        return None
    except (L3CError, ValueError, RuntimeError, struct.error):
        return None
    if second is None:
        return None
    pages = picture.pages or (picture,)
    if len(second) == 1 and len(pages) > 1:  # of an animation, the first frame
        pages = pages[:1]
    same = (_equal(shown(page), other) for page, other in zip(pages, second, strict=True))
    return len(second) == len(pages) and all(same)


def _equal(one: Samples, other: Samples) -> bool:
    """Of two arrays [height, width, channels], opaque alpha being as good as none."""
    other = other[..., None] if other.ndim == 2 else other
    for a, b in ((one, other), (other, one)):
        if a.shape[2] == b.shape[2] + 1 and a.dtype.kind == "u" and (a[..., -1] == np.iinfo(a.dtype).max).all():
            one, other = a[..., :-1], b
    return one.dtype == other.dtype and bool(np.array_equal(one, other, equal_nan=one.dtype.kind == "f"))


def _png(data: bytes) -> list[Samples] | None:
    """By Pillow; 16 bits of colours by libpng."""
    plain = describe(data, "")
    needed = {b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"}
    if (plain.bits in (2, 4) and "transparent colour" in plain.items) or "chunk tRNS, which is invalid" in plain.items:
        return None  # Pillow takes those otherwise than libpng
    bare = SIGNATURE + b"".join(chunk(*c) for c in chunks_of(data) if c[0] in needed)
    interlaced = data[28]
    if plain.bits == 16 and plain.channels > 1:
        return None if interlaced else [import_module("imagecodecs").png_decode(bare)]
    return _by_pillow(bare)


def _by_pillow(data: bytes) -> list[Samples] | None:
    """The first picture as Pillow shows it."""
    with Image.open(io.BytesIO(data)) as image:
        clear = "transparency" in image.info
        if image.mode.startswith("I"):
            return None if clear else [np.asarray(image).astype(np.uint16)]
        if image.mode == "1":
            mode = "LA" if clear else "L"
        else:
            mode = {
                "P": "RGBA" if clear else "RGB",
                "L": "LA" if clear else "L",
                "RGB": "RGBA" if clear else "RGB",
            }.get(image.mode, image.mode)
        return [np.asarray(image.convert(mode))]


def _tiff(data: bytes) -> list[Samples] | None:
    pictures = tiff.second_reading(data)
    return None if pictures is None else [shown(picture) for picture in pictures]


def _webp(data: bytes) -> list[Samples] | None:
    if describe(data, "").pages:
        return None
    bare = [c for c in webp.chunks_in(data) if c[0] in (b"VP8L", b"VP8 ", b"ALPH", b"VP8X")]
    return [import_module("imagecodecs").webp_decode(webp.riff(bare))]


def _netpbm(data: bytes) -> list[Samples] | None:
    plain = describe(data, "")
    reduced = plain.bits == 16 and plain.channels > 1  # by Pillow, to 8 bits
    return None if plain.pages or plain.maximum or reduced or data[:2] == b"P7" else _by_pillow(data)


READERS: dict[str, Callable[[bytes], list[Samples] | None]] = {
    "PNG": _png,
    "TIFF": _tiff,
    "WEBP": _webp,
    "BMP": lambda data: None if describe(data, "").extra == (UNSPECIFIED,) else _by_pillow(data),
    "PPM": _netpbm,
    "GIF": lambda data: None if describe(data, "").pages else _by_pillow(data),
}
"""Of each format, what reads it as people see it, by other means than `read`."""
