"""Samples to picture files: lossless formats only."""

from __future__ import annotations

import struct
from pathlib import PurePath
from typing import Any, BinaryIO

from PIL import Image, PngImagePlugin

from l3c.errors import InputError
from l3c.images.metadata import to_pillow
from l3c.images.picture import Picture

FORMATS: dict[str, tuple[str, dict[str, Any]]] = {
    "": ("PNG", {}),
    ".png": ("PNG", {}),
    ".tif": ("TIFF", {"compression": "tiff_deflate"}),
    ".tiff": ("TIFF", {"compression": "tiff_deflate"}),
    ".webp": ("WEBP", {"lossless": True, "exact": True, "quality": 75, "method": 4}),
    ".bmp": ("BMP", {}),
    ".ppm": ("PPM", {}),
    ".pgm": ("PPM", {}),
    ".pnm": ("PPM", {}),
}
LOSSY = {".jpg", ".jpeg", ".jpe", ".jfif", ".jp2", ".j2k", ".avif", ".heic", ".heif", ".gif"}
KEEPS = {"PNG": {"icc", "exif", "xmp"}, "TIFF": {"icc"}, "WEBP": {"icc", "exif", "xmp"}}


def check_suffix(name: str) -> str:
    """The suffix of a target, in small letters. Raises InputError where its format loses pixels or is unknown."""
    suffix = PurePath(name).suffix.lower()
    if suffix in LOSSY:
        raise InputError(f"{name}: {suffix[1:]} does not keep every pixel; choose png, tif, webp, bmp or ppm")
    if suffix not in FORMATS:
        raise InputError(f"{name}: format {suffix[1:]!r} is unknown; choose png, tif, webp, bmp or ppm")
    return suffix


def write_picture(picture: Picture, file: BinaryIO, name: str) -> list[str]:
    """Write in the format of the name's suffix, PNG where it has none. Returns the metadata the format cannot hold."""
    suffix = check_suffix(name)
    form, options = FORMATS[suffix]
    kept = {kind: value for kind, value in picture.metadata.items() if _holds(form, kind, value)}
    image = Image.fromarray(picture.samples)
    if suffix == ".pgm" and image.mode != "L":
        raise InputError(f"{name}: pgm holds gray pictures only")
    try:
        image.save(file, form, **options, **_arguments(form, kept))
    except (ValueError, struct.error) as error:
        raise InputError(f"{name}: cannot be written as {form}: {error}") from error
    return sorted(set(picture.metadata) - set(kept))


def _holds(form: str, kind: str, value: bytes) -> bool:
    """Whether a format can hold this; PNG keeps XMP as text."""
    if form == "PNG" and kind == "xmp":
        return value.decode("utf-8", "replace").encode() == value
    return kind in KEEPS.get(form, set())


def _arguments(form: str, metadata: dict[str, bytes]) -> dict[str, Any]:
    arguments = to_pillow(metadata)
    if form == "PNG" and "xmp" in arguments:
        text = PngImagePlugin.PngInfo()
        text.add_itxt("XML:com.adobe.xmp", arguments.pop("xmp").decode())
        arguments["pnginfo"] = text
    return arguments
