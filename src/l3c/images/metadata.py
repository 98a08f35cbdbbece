"""Metadata, byte for byte, between Pillow's `info`, picture files and ours."""

from __future__ import annotations

from typing import Any

from PIL import Image

from l3c.images.png_chunks import chunks_of, kept_chunks, pack
from l3c.images.resolution import resolution_of

EXIF_PREFIX = b"Exif\0\0"
"""What JPEG puts before the EXIF block, and Pillow mostly too; a file of ours holds the block alone."""

PILLOW_KEYS = {"icc": "icc_profile", "exif": "exif", "xmp": "xmp"}


def metadata_of(image: Image.Image) -> dict[str, bytes]:
    """The kinds that the picture has, as bytes."""
    found = {}
    for kind, key in PILLOW_KEYS.items():
        value = image.info.get(key)
        if isinstance(value, str):
            value = value.encode()
        if value:
            found[kind] = bytes(value)
    if "xmp" not in found and "XML:com.adobe.xmp" in image.info:
        found["xmp"] = str(image.info["XML:com.adobe.xmp"]).encode()
    if "exif" in found:
        found["exif"] = found["exif"].removeprefix(EXIF_PREFIX)
    return found


def metadata_of_file(image: Image.Image, data: bytes) -> dict[str, bytes]:
    """As `metadata_of`, with what else the picture's file holds. data: the whole file."""
    found = metadata_of(image)
    resolution = resolution_of(image, data)
    if resolution:
        found["resolution"] = resolution
    if image.format == "PNG":
        if image.mode in ("L", "RGB", "I;16") and "transparency" in image.info:
            found["transparent colour"] = next(content for kind, content in chunks_of(data) if kind == b"tRNS")
        if chunks := kept_chunks(data):
            found["png chunks"] = pack(chunks)
    return found


def to_pillow(metadata: dict[str, bytes]) -> dict[str, Any]:
    """As Pillow's `info`, and as most of its writers take it."""
    prefix = {"exif": EXIF_PREFIX}
    return {PILLOW_KEYS[kind]: prefix.get(kind, b"") + value for kind, value in metadata.items() if kind in PILLOW_KEYS}
