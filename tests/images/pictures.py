"""Picture files of many kinds, made in memory."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tests.checks import plain, smooth_picture

RGB = smooth_picture(11, 13, 3)
GRAY = plain(smooth_picture(11, 13, 1))
RGB16 = (np.arange(11 * 13 * 3, dtype=np.uint16) * 151).reshape(11, 13, 3)
ICC = bytes(range(256)) * 2
XMP = '<x:xmpmeta xmlns:x="adobe:ns:meta/">ä</x:xmpmeta>'.encode()


def saved(picture: NDArray[Any] | Image.Image, form: str, **options: Any) -> bytes:
    """The bytes of a picture as Pillow writes them; an EXIF block gets the prefix that a JPEG needs."""
    if form == "JPEG" and "exif" in options:
        options["exif"] = b"Exif\0\0" + options["exif"].removeprefix(b"Exif\0\0")
    file = io.BytesIO()
    image = picture if isinstance(picture, Image.Image) else Image.fromarray(picture)
    image.save(file, form, **options)
    return file.getvalue()


def exif_block(orientation: int = 6) -> bytes:
    """An EXIF block with an orientation and a maker, without JPEG's prefix."""
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = orientation, "Maker"
    return exif.tobytes().removeprefix(b"Exif\0\0")


def png(pixels: NDArray[Any], depth: int, colour: int) -> bytes:
    """A PNG of any depth, from rows of packed bytes [height, bytes a row], or of uint16 samples."""
    height, width = pixels.shape[:2]
    rows = pixels.astype(">u2").tobytes() if depth == 16 else pixels.tobytes()
    size = len(rows) // height
    raw = b"".join(b"\0" + rows[i : i + size] for i in range(0, len(rows), size))
    if depth < 8:
        width *= 8 // depth
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(raw)), (b"IEND", b"")]
    body = [struct.pack(">I", len(c)) + t + c + struct.pack(">I", zlib.crc32(t + c)) for t, c in chunks]
    return b"\x89PNG\r\n\x1a\n" + b"".join(body)


def pam(pixels: NDArray[Any]) -> bytes:
    """A PAM of uint8 or uint16 samples."""
    height, width = pixels.shape[:2]
    channels = pixels.shape[2] if pixels.ndim == 3 else 1
    kind = ("GRAYSCALE", "GRAYSCALE_ALPHA", "RGB", "RGB_ALPHA")[channels - 1]
    largest = 2 ** (8 * pixels.itemsize) - 1
    head = f"P7\nWIDTH {width}\nHEIGHT {height}\nDEPTH {channels}\nMAXVAL {largest}\nTUPLTYPE {kind}\nENDHDR\n"
    return head.encode() + pixels.astype(pixels.dtype.newbyteorder(">")).tobytes()


def tiff(pixels: NDArray[Any], extra: list[tuple[int, int, int, bytes]] | None = None) -> bytes:
    """A little-endian TIFF of one strip. extra: (tag, type, count, 4 bytes of value)."""
    height, width = pixels.shape[:2]
    channels, bits = pixels.shape[2] if pixels.ndim == 3 else 1, 8 * pixels.itemsize
    data = pixels.astype(pixels.dtype.newbyteorder("<")).tobytes()
    bits_at, data_at = 8, 8 + 2 * channels
    depth = struct.pack("<HH", bits, 0) if channels == 1 else struct.pack("<I", bits_at)
    entries = [
        (256, 4, 1, struct.pack("<I", width)),
        (257, 4, 1, struct.pack("<I", height)),
        (258, 3, channels, depth),
        (259, 3, 1, struct.pack("<I", 1)),
        (262, 3, 1, struct.pack("<I", 2 if channels == 3 else 1)),
        (273, 4, 1, struct.pack("<I", data_at)),
        (277, 3, 1, struct.pack("<I", channels)),
        (278, 4, 1, struct.pack("<I", height)),
        (279, 4, 1, struct.pack("<I", len(data))),
        *(extra or []),
    ]
    padding = bytes(len(data) % 2)
    directory = struct.pack("<H", len(entries))
    directory += b"".join(struct.pack("<HHI", *entry[:3]) + entry[3] for entry in sorted(entries)) + bytes(4)
    start = struct.pack("<2sHI", b"II", 42, data_at + len(data) + len(padding))
    return start + struct.pack("<H", bits) * channels + data + padding + directory
