"""Small pictures that show at once what a file holds."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from l3c.container.constants import LAYOUT_NAMES
from l3c.container.structure import ImageHeader, Palette
from l3c.errors import FormatError
from l3c.images.picture import Picture
from l3c.images.write import to_image

SIDE = 320
"""Longest side of a preview that a file carries, pixels."""

QUALITY = 70


def make_preview(samples: NDArray[Any], header: ImageHeader, palette: Palette | None) -> bytes:
    """A lossy WebP file for samples [height, width, channels]."""
    file = io.BytesIO()
    shrink(samples, header, palette, SIDE).save(file, "WEBP", quality=QUALITY, method=4)
    return file.getvalue()


def shrink(samples: NDArray[Any], header: ImageHeader, palette: Palette | None, side: int) -> Image.Image:
    """RGB or RGBA, neither side above `side` pixels, nor above the image's own."""
    if header.depth > 8:
        samples = (samples >> 8).astype(np.uint8)
    if samples.ndim == 3 and samples.shape[2] == 1:
        samples = samples[..., 0]
    image = to_image(Picture(samples, layout=LAYOUT_NAMES[header.layout], palette=palette))
    if palette and palette.alphas:
        image.info["transparency"] = palette.alphas
    clear = "A" in image.getbands() or "transparency" in image.info
    image = image.convert("RGBA" if clear else "RGB")
    image.thumbnail((side, side), Image.Resampling.BOX)
    return image


def open_preview(data: bytes, side: int) -> Image.Image:
    """The picture that a file carries, shrunk if need be. Raises FormatError where it cannot be read."""
    try:
        with Image.open(io.BytesIO(data), formats=["WEBP"]) as image:
            image.load()
            image.thumbnail((side, side), Image.Resampling.BOX)
            return image
    except (OSError, ValueError) as error:
        raise FormatError(f"section prvw cannot be read: {error}") from error
