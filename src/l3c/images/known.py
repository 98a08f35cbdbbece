"""What a kept file says of its picture, without decoding it."""

from __future__ import annotations

import io
import warnings

from PIL import Image

from l3c.container.constants import CMYK, GRAY, GRAY_ALPHA, PALETTE, RGB, RGBA
from l3c.container.structure import ImageHeader

LAYOUTS = {
    "1": (GRAY, 1),
    "L": (GRAY, 8),
    "LA": (GRAY_ALPHA, 8),
    "P": (PALETTE, 8),
    "RGB": (RGB, 8),
    "RGBA": (RGBA, 8),
    "CMYK": (CMYK, 8),
    "I;16": (GRAY, 16),
}
"""Pillow's modes: layout and depth."""


def header_of(data: bytes) -> ImageHeader | None:
    """Size, layout and depth of a file that is a picture known here; None of others."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(data)) as image:
                (width, height), mode = image.size, image.mode
    except Exception:  # readers raise whatever a damaged file leads to
        return None
    if mode not in LAYOUTS or not (width and height):
        return None
    layout, depth = LAYOUTS[mode]
    return ImageHeader(layout, height, width, depth)
