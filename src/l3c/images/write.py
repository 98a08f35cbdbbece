"""Samples to picture files: lossless formats only."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable
from pathlib import PurePath
from typing import Any, BinaryIO

import numpy as np
from PIL import Image

from l3c.errors import InputError
from l3c.images import deep, netpbm, resolution
from l3c.images.metadata import to_pillow
from l3c.images.picture import Picture
from l3c.images.png_chunks import XMP_KEYWORD, unpack, with_chunks

LOSSY = {".jpg", ".jpeg", ".jpe", ".jfif", ".jp2", ".j2k", ".avif", ".heic", ".heif", ".gif"}
KEEPS = {
    "PNG": {"icc", "exif", "xmp", "resolution", "transparent colour", "png chunks"},
    "TIFF": {"icc", "resolution"},
    "WEBP": {"icc", "exif", "xmp"},
}


def check_suffix(name: str) -> str:
    """The suffix of a target, in small letters. Raises InputError where its format loses pixels or is unknown."""
    suffix = PurePath(name).suffix.lower()
    if suffix in LOSSY:
        raise InputError(f"{name}: {suffix[1:]} does not keep every pixel; choose png, tif, webp, bmp or ppm")
    if suffix not in WRITERS:
        raise InputError(f"{name}: format {suffix[1:]!r} is unknown; choose png, tif, webp, bmp or ppm")
    return suffix


def write_picture(picture: Picture, file: BinaryIO, name: str) -> list[str]:
    """Write in the format of the name's suffix, PNG where it has none. Returns the metadata the format cannot hold."""
    form, writer = WRITERS[check_suffix(name)]
    kept = {kind: value for kind, value in picture.metadata.items() if kind in KEEPS.get(form, set())}
    try:
        file.write(writer(picture, kept, name))
    except (ValueError, OSError, struct.error) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{name}: cannot be written as {form}: {error}") from error
    return sorted(set(picture.metadata) - set(kept))


def to_image(picture: Picture) -> Image.Image:
    """As Pillow has it; 8 bits, 1 bit or 16-bit gray."""
    if picture.palette:
        image = Image.fromarray(picture.samples, "L")
        image.putpalette(picture.palette.colours)
        return image
    if picture.is_cmyk:
        return Image.fromarray(picture.samples, "CMYK")
    return Image.fromarray(picture.samples)


def is_deep(picture: Picture) -> bool:
    """Whether Pillow cannot hold it."""
    return picture.samples.dtype == np.uint16 and picture.channels > 1


def _saved(picture: Picture, form: str, name: str, modes: tuple[str, ...], **options: Any) -> bytes:
    if is_deep(picture) or (image := to_image(picture)).mode not in modes:
        raise InputError(f"{name}: {form} cannot hold {describe(picture)}; choose png, tif or pam")
    out = io.BytesIO()
    image.save(out, form, **options)
    return out.getvalue()


def describe(picture: Picture) -> str:
    """For messages."""
    bits = {"bool": 1, "uint8": 8, "uint16": 16}[picture.samples.dtype.name]
    return f"{picture.layout or f'{picture.channels} channels'} of {bits} bits"


def _png(picture: Picture, metadata: dict[str, bytes], name: str) -> bytes:
    if is_deep(picture) and not picture.is_cmyk:
        data = deep.write_png(picture.samples, name)
    else:
        alphas = picture.palette.alphas if picture.palette else b""
        options = {"transparency": alphas} if alphas else {}
        data = _saved(picture, "PNG", name, ("1", "L", "LA", "P", "RGB", "RGBA", "I;16"), **options)
    return with_chunks(data, [chunk for kind, value in metadata.items() for chunk in PNG_CHUNKS[kind](value)])


PNG_CHUNKS: dict[str, Callable[[bytes], list[tuple[bytes, bytes]]]] = {
    "icc": lambda value: [(b"iCCP", b"ICC Profile\0\0" + zlib.compress(value))],
    "exif": lambda value: [(b"eXIf", value)],
    "xmp": lambda value: [(b"iTXt", XMP_KEYWORD + bytes(4) + value)],
    "resolution": lambda value: [(b"pHYs", resolution.as_png(value))],
    "transparent colour": lambda value: [(b"tRNS", value)],
    "png chunks": unpack,
}
"""Of each kind the chunks that hold it."""


def _tiff(picture: Picture, metadata: dict[str, bytes], name: str) -> bytes:
    tags = resolution.as_tiff(metadata["resolution"]) if "resolution" in metadata else {}
    if is_deep(picture):
        return deep.write_tiff(picture.samples, picture.is_cmyk, tags, metadata.get("icc"), name)
    if picture.palette and picture.palette.alphas:
        raise InputError(f"{name}: TIFF cannot hold a palette with transparency; choose png")
    modes = ("1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16")
    return _saved(picture, "TIFF", name, modes, compression="tiff_deflate", tiffinfo=tags, **to_pillow(metadata))


def _webp(picture: Picture, metadata: dict[str, bytes], name: str) -> bytes:
    options = {"lossless": True, "exact": True, "quality": 75, "method": 4}
    return _saved(picture, "WEBP", name, ("L", "RGB", "RGBA"), **options, **to_pillow(metadata))


def _bmp(picture: Picture, metadata: dict[str, bytes], name: str) -> bytes:
    if picture.palette and picture.palette.alphas:
        raise InputError(f"{name}: BMP cannot hold a palette with transparency; choose png")
    return _saved(picture, "BMP", name, ("1", "L", "P", "RGB"))


def _netpbm(picture: Picture, metadata: dict[str, bytes], name: str) -> bytes:
    if picture.palette or picture.is_cmyk:
        raise InputError(f"{name}: netpbm cannot hold {describe(picture)}; choose png or tif")
    suffix = PurePath(name).suffix.lower()
    if picture.samples.dtype == bool and suffix in (".pbm", ".pnm"):
        return _saved(picture, "PPM", name, ("1",))
    if picture.samples.dtype == bool:
        raise InputError(f"{name}: {suffix[1:]} cannot hold {describe(picture)}; choose png, tif or pbm")
    samples = picture.samples if picture.samples.ndim == 3 else picture.samples[..., None]
    return netpbm.write(samples, suffix, name)


Writer = Callable[[Picture, dict[str, bytes], str], bytes]
WRITERS: dict[str, tuple[str, Writer]] = {
    "": ("PNG", _png),
    ".png": ("PNG", _png),
    ".tif": ("TIFF", _tiff),
    ".tiff": ("TIFF", _tiff),
    ".webp": ("WEBP", _webp),
    ".bmp": ("BMP", _bmp),
    ".pbm": ("PBM", _netpbm),
    ".pgm": ("PGM", _netpbm),
    ".ppm": ("PPM", _netpbm),
    ".pnm": ("PNM", _netpbm),
    ".pam": ("PAM", _netpbm),
}
"""By suffix: the format's name, and what makes its bytes."""
