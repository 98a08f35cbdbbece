"""JPEG 2000: its boxes and the size of its codestream by our own walk, its samples by Pillow."""

from __future__ import annotations

import io
import struct
from dataclasses import dataclass, field

import numpy as np
from PIL import Jpeg2KImagePlugin

from l3c.errors import InputError
from l3c.images.description import ALPHA, CMYK, GRAY, RGB, Description, check_plausible, damaged, digest, trailing
from l3c.images.metadata import EXIF_PREFIX, meaning
from l3c.images.picture import Picture

BOXES = b"\0\0\0\x0cjP  \r\n\x87\n"  # the signature box, which begins files of boxes
CODESTREAM = b"\xff\x4f\xff\x51"  # the markers SOC and SIZ, which begin a bare codestream
XMP_UUID = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")  # of the box that holds XMP (ISO 16684)
EXIF_UUID = b"JpgTiffExif->JP2"  # of the box that holds EXIF
SRGB = 16  # numbers of colour spaces: sRGB
GRAYSCALE = 17  # gray
SYCC = 18  # YCbCr of sRGB
INKS = 12  # CMYK
# boxes whose content has a place of its own, or follows from the pixels
KNOWN = {b"jP  ", b"ftyp", b"jp2h", b"jp2c", b"ihdr", b"bpcc", b"colr", b"cdef", b"rreq"}
WITHOUT_LOSS = 1
"""The transformation of wavelets of integers."""

PIXELS_MAX = 100_000
"""That a byte stands for at most, with room."""

COMPONENTS_MAX = 4  # of Pillow's pictures: four channels
DEPTH_MAX = 8  # bits: other depths are refused


@dataclass
class _File:
    """components: (bits, signed, horizontal and vertical step) of each. space: of colr; None where it has none."""

    width: int = 0
    height: int = 0
    components: list[tuple[int, bool, int, int]] = field(default_factory=list)
    space: int | None = None
    lossy: bool = True
    palette: bool = False
    alpha: bool = False
    premultiplied: bool = False
    metadata: dict[str, bytes] = field(default_factory=dict)
    items: dict[str, bytes] = field(default_factory=dict)
    end: int = 0


def _parse(data: bytes) -> _File:
    file = _File()
    if data.startswith(CODESTREAM):
        _codestream(file, data)
        file.end = len(data)
    else:
        _boxes(file, data, 0, len(data), 0)
    if not file.components:
        raise damaged("it has no codestream")
    return file


def _boxes(file: _File, data: bytes, at: int, end: int, depth: int) -> None:
    while at + 8 <= end:
        size, kind = struct.unpack_from(">I4s", data, at)
        head = 8
        if size == 1 and at + 16 <= end:
            size, head = struct.unpack_from(">Q", data, at + 8)[0], 16
        elif size == 0:
            size = end - at
        if size < head or at + size > end:
            raise damaged(f"byte {at}: its box {kind.decode('latin-1')} ends after the file")
        _box(file, kind, data[at + head : at + size] if kind != b"jp2h" else b"", data)
        if kind == b"jp2h" and depth == 0:
            _boxes(file, data, at + head, at + size, 1)
        at += size
        if depth == 0:
            file.end = at


def _box(file: _File, kind: bytes, content: bytes, data: bytes) -> None:
    if kind == b"jp2c" and not file.components:
        _codestream(file, content)
    elif kind == b"colr" and len(content) >= 3 and file.space is None:
        file.space = 0
        if content[0] == 1 and len(content) >= 7:
            file.space = struct.unpack_from(">I", content, 3)[0]
        elif content[0] in (2, 3) and len(content) > 3:
            file.metadata["icc"] = content[3:]
    elif kind in (b"pclr", b"cmap"):
        file.palette = True
    elif kind == b"cdef" and len(content) >= 2:
        kinds = [struct.unpack_from(">H", content, at + 2)[0] for at in range(2, len(content) - 5, 6)]
        file.alpha = 1 in kinds
        file.premultiplied = 2 in kinds
    elif kind == b"uuid" and content.startswith(XMP_UUID) and len(content) > 16 and "xmp" not in file.metadata:
        file.metadata["xmp"] = content[16:]
    elif kind == b"uuid" and content.startswith(EXIF_UUID) and len(content) > 16 and "exif" not in file.metadata:
        file.metadata["exif"] = content[16:].removeprefix(EXIF_PREFIX)
    elif kind not in KNOWN:
        name = f"box {kind.decode('latin-1')}"
        while name in file.items:
            name += "'"
        file.items[name] = digest(content)


def _codestream(file: _File, data: bytes) -> None:
    if not data.startswith(CODESTREAM) or len(data) < 42:
        raise damaged("it has no codestream")
    right, bottom, left, top = struct.unpack_from(">4I", data, 8)
    count = struct.unpack_from(">H", data, 40)[0]
    if not 1 <= count <= 16384 or len(data) < 42 + 3 * count or right <= left or bottom <= top:
        raise damaged("its codestream has no size")
    file.width, file.height = right - left, bottom - top
    for i in range(count):
        depth, across, down = data[42 + 3 * i : 45 + 3 * i]
        file.components.append(((depth & 127) + 1, bool(depth & 128), across, down))
    at = 4 + struct.unpack_from(">H", data, 4)[0]
    while at + 4 <= len(data):
        marker, length = struct.unpack_from(">HH", data, at)
        if marker == 0xFF52 and length >= 12 and at + 2 + length <= len(data):
            file.lossy = data[at + 13] != WITHOUT_LOSS
        if marker in (0xFF90, 0xFFD9) or marker < 0xFF00 or length < 2:
            return
        at += 2 + length


def _refused(file: _File) -> str | None:
    depths = sorted({component[0] for component in file.components})
    if depths[-1] > DEPTH_MAX:
        return "samples of more than 8 bits in JPEG2000 are not supported, only in PNG, TIFF, PPM and PAM"
    if depths != [DEPTH_MAX] or any(component[1] for component in file.components):
        signed = " signed" * any(component[1] for component in file.components)
        return f"JPEG 2000 of{signed} samples of {', '.join(map(str, depths))} bits is not supported"
    if len(file.components) > COMPONENTS_MAX:
        return f"JPEG 2000 of {len(file.components)} components is not supported"
    if any(component[2:] != (1, 1) for component in file.components):
        return "JPEG 2000 of subsampled components is not supported"
    if file.palette:
        return "JPEG 2000 with a palette is not supported"
    if file.space == SYCC:
        return "JPEG 2000 of YCbCr is not supported"
    if file.premultiplied:
        return "JPEG 2000 with premultiplied alpha is not supported"
    if file.space not in (None, 0, SRGB, GRAYSCALE, INKS):
        return f"JPEG 2000 of colour space {file.space} is not supported"
    return None


def describe(data: bytes) -> Description:
    """Raises InputError where it is damaged."""
    file = _parse(data)
    items = {kind: digest(meaning(kind, content)) for kind, content in file.metadata.items()} | file.items
    items |= trailing(data, file.end)
    inks = file.space == INKS and len(file.components) == 4
    colours = CMYK if inks else GRAY if len(file.components) < 3 else RGB
    extra = (ALPHA,) if len(file.components) in (2, 4) and not inks else ()
    return Description(
        "JPEG2000", file.width, file.height, 8, colours, extra, lossy=file.lossy, refused=_refused(file), items=items
    )


def read(data: bytes) -> Picture:
    """Raises InputError."""
    file = _parse(data)
    if reason := _refused(file):
        raise InputError(reason)
    check_plausible(file.width, file.height, len(data), PIXELS_MAX)
    with Jpeg2KImagePlugin.Jpeg2KImageFile(io.BytesIO(data)) as image:
        image.load()
        samples, mode = np.array(image), image.mode
    return Picture(samples, file.metadata, "JPEG2000", "CMYK" if mode == "CMYK" else None)
