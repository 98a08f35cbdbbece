"""JPEG files as sources of pixels: what they hold by their markers; the pixels by Pillow's decoder.

Their own bytes are kept elsewhere (`l3c.jpeg`); pixels are taken where that is asked for.
"""

from __future__ import annotations

import io
import struct
from dataclasses import dataclass, field, replace

import numpy as np
from PIL import JpegImagePlugin

from l3c.errors import InputError
from l3c.images.description import CMYK, GRAY, RGB, Description, check_plausible, damaged, digest
from l3c.images.metadata import metadata_of
from l3c.images.picture import Picture
from l3c.images.resolution import of_jfif

FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}  # markers of frames: C4, C8 and CC mean something else
LOSSLESS = (0xC3, 0xC7, 0xCB, 0xCF)  # frames without a DCT
HIERARCHICAL = (0xC5, 0xC6, 0xC7, 0xCD, 0xCE, 0xCF)  # frames of pictures that are coded as differences
PIXELS_MAX = 100_000
"""That a byte stands for at most, with room: blank blocks of progressive files take next to nothing."""

COLOURS = {1: GRAY, 3: RGB, 4: CMYK}  # by the number of components
# segments whose content has a place of its own, or follows from the pixels
KNOWN = (
    (0xE0, b"JFIF\0"),
    (0xE1, b"Exif\0"),
    (0xE1, b"http://ns.adobe.com/"),
    (0xE2, b"ICC_PROFILE\0"),
    (0xEE, b"Adobe"),
)


@dataclass
class _File:
    kind: int = 0
    bits: int = 8
    width: int = 0
    height: int = 0
    components: int = 0
    density: tuple[int, int, int] = (0, 0, 0)
    items: dict[str, bytes] = field(default_factory=dict)


def _parse(data: bytes) -> _File:
    file, at = _File(), 2
    while at + 4 <= len(data):
        if data[at] != 0xFF:  # readers pass over what stands between segments
            at += 1
            continue
        marker = data[at + 1]
        if marker in (0, 0xFF):
            at += 1
            continue
        if marker == 1 or 0xD0 <= marker <= 0xD7:
            at += 2
            continue
        length = struct.unpack_from(">H", data, at + 2)[0]
        content = data[at + 4 : at + 2 + length]
        if length < 2 or len(content) != length - 2:
            raise damaged(f"byte {at}: a segment ends after the file")
        if marker in FRAMES and length >= 8:
            bits, height, width, components = struct.unpack_from(">BHHB", content)
            file.kind, file.bits, file.width, file.height, file.components = marker, bits, width, height, components
            return file
        if marker == 0xE0 and content.startswith(b"JFIF\0") and len(content) >= 12:
            unit, x, y = struct.unpack_from(">BHH", content, 7)
            file.density = (unit, x, y)
        elif marker == 0xFE or (
            0xE0 <= marker <= 0xEF and not any(marker == m and content.startswith(p) for m, p in KNOWN)
        ):
            name = "comment" if marker == 0xFE else f"segment APP{marker - 0xE0}"
            file.items[name] = digest(file.items.get(name, b"") + content)
        elif marker in (0xD9, 0xDA):
            break
        at += 2 + length
    raise damaged("it has no frame")


def describe(data: bytes) -> Description:
    """Raises InputError where it is damaged before its frame."""
    file = _parse(data)
    colours = COLOURS.get(file.components, RGB)
    plain = Description("JPEG", file.width, file.height, file.bits, colours, lossy=file.kind not in LOSSLESS)
    return replace(plain, refused=_refused(file), items=file.items | {"the JPEG file itself": digest(data)})


def _refused(file: _File) -> str | None:
    if file.bits != 8:
        return f"JPEG of {file.bits} bits is not supported"
    if file.kind in LOSSLESS or file.kind in HIERARCHICAL:
        return "lossless and hierarchical JPEG are not supported"
    if file.components not in COLOURS:
        return f"JPEG of {file.components} components is not supported"
    if not file.width or not file.height:
        return "JPEG whose size comes after its picture is not supported"
    return None


def read(data: bytes) -> Picture:
    """The first picture's pixels as Pillow decodes them. Raises InputError."""
    file = _parse(data)
    if reason := _refused(file):
        raise InputError(reason)
    check_plausible(file.width, file.height, len(data), PIXELS_MAX)
    with JpegImagePlugin.JpegImageFile(io.BytesIO(data)) as image:
        metadata = metadata_of(image)
        image.load()
        samples = np.array(image)
    if stated := of_jfif(*file.density):
        metadata["resolution"] = stated
    return Picture(samples, metadata, "JPEG", "CMYK" if file.components == 4 else None)
