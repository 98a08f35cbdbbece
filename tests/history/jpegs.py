"""Pixels that a JPEG decoder made, and the coefficients that it had."""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from l3c.history.decoded_jpeg.invert import invert
from l3c.jpeg.pixels import redo
from tests.checks import smooth_picture

PILLOW = {"gray": ("L", 0), "4:4:4": ("RGB", 0), "4:2:2": ("RGB", 1), "4:2:0": ("RGB", 2)}
"""Mode and subsampling."""


def jpeg_of(picture: NDArray[np.uint8], sampling: str, quality: int = 80) -> bytes:
    """A JPEG file of a picture [height, width, 3]."""
    mode, subsampling = PILLOW[sampling]
    out = io.BytesIO()
    Image.fromarray(picture).convert(mode).save(out, "JPEG", quality=quality, subsampling=subsampling)
    return out.getvalue()


def pixels_of(jpeg: bytes) -> NDArray[np.uint8]:
    """[height, width, 1 or 3], as Pillow decodes them."""
    with Image.open(io.BytesIO(jpeg)) as image:
        samples = np.asarray(image)
    return samples.reshape(*samples.shape[:2], -1)


def decoded(sampling: str, height: int = 104, width: int = 136, quality: int = 80) -> NDArray[np.uint8]:
    """[height, width, 1 or 3]; a few corners are clipped."""
    picture = smooth_picture(height, width, 3)
    picture[20:40, 30:70] = picture[20:40, 30:70] // 2 + 20
    return pixels_of(jpeg_of(picture, sampling, quality))


def decoded_fast(
    sampling: str, height: int = 104, width: int = 136, quality: int = 80, nearest: bool = False
) -> NDArray[np.uint8]:
    """As `decoded`, by libjpeg's fast transform. repeated: chroma is."""
    origin = invert(decoded(sampling, height, width, quality))
    assert origin is not None
    return redo(origin.coefficients, (height, width), nearest, fast=True)
