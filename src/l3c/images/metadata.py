"""ICC, EXIF and XMP, byte for byte, between Pillow's `info` and ours."""

from __future__ import annotations

from typing import Any

from PIL import Image

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
    return found


def to_pillow(metadata: dict[str, bytes]) -> dict[str, Any]:
    """As Pillow's `info`, and as most of its writers take it."""
    return {PILLOW_KEYS[kind]: value for kind, value in metadata.items()}
