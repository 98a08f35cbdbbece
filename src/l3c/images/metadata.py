"""ICC, EXIF and XMP, byte for byte, between Pillow's `info` and ours."""

from __future__ import annotations

from typing import Any

from PIL import Image

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


def to_pillow(metadata: dict[str, bytes]) -> dict[str, Any]:
    """As Pillow's `info`, and as most of its writers take it."""
    prefix = {"exif": EXIF_PREFIX}
    return {PILLOW_KEYS[kind]: prefix.get(kind, b"") + value for kind, value in metadata.items()}
