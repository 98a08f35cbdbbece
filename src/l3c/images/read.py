"""Picture files to samples. What cannot be kept whole is refused, with the reason."""

from __future__ import annotations

import warnings
from typing import BinaryIO

import numpy as np
from PIL import Image, ImageFile, UnidentifiedImageError

from l3c.errors import InputError
from l3c.images.depth import sample_depth
from l3c.images.metadata import metadata_of
from l3c.images.picture import Picture

FORMATS = frozenset(
    ["AVIF", "BMP", "DIB", "GIF", "JPEG", "JPEG2000", "MPO", "PCX", "PNG", "PPM", "QOI", "TGA", "TIFF", "WEBP"]
)
"""Formats of which Pillow gives every 8-bit sample, and of which `sample_depth` knows where there are more bits."""

MODES = ("L", "RGB")
MODE_NAMES = {
    "1": "1-bit",
    "P": "palette",
    "PA": "palette with alpha",
    "LA": "gray with alpha",
    "RGBA": "RGB with alpha",
    "RGBX": "RGB with a fourth channel",
    "CMYK": "CMYK",
    "YCbCr": "YCbCr",
    "LAB": "Lab",
    "HSV": "HSV",
    "I": "32-bit gray",
    "F": "floating point",
}


def read_picture(file: BinaryIO, name: str) -> Picture:
    """An 8-bit gray or RGB picture. file: readable, seekable. Raises InputError naming the file and the reason."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(file) as image:
                _check(image, file, name)
                return Picture(np.array(image), metadata_of(image), image.format or "")
    except (InputError, MemoryError):
        raise
    except UnidentifiedImageError:
        raise InputError(f"{name}: not a picture in a format known here") from None
    except Image.DecompressionBombError as error:
        raise InputError(f"{name}: {error}") from error
    except Exception as error:  # Pillow's readers raise whatever a damaged file leads to
        raise InputError(f"{name}: cannot be read: {' '.join(str(error).split())}") from error


def _check(image: ImageFile.ImageFile, file: BinaryIO, name: str) -> None:
    if image.format not in FORMATS:
        raise InputError(f"{name}: {image.format} pictures are not supported, as Pillow may read them with loss")
    if image.mode not in MODES:
        kind = "16-bit gray" if image.mode.startswith("I;16") else MODE_NAMES.get(image.mode, image.mode)
        raise InputError(f"{name}: {kind} pictures are not supported yet, only 8-bit gray and RGB")
    frames = getattr(image, "n_frames", 1)
    if frames > 1:
        raise InputError(f"{name}: {frames} pages or frames; pictures of several are not supported yet")
    if "transparency" in image.info:
        raise InputError(f"{name}: has a transparent colour, which is not supported yet")
    if sample_depth(image, file) > 8:
        raise InputError(f"{name}: samples of more than 8 bits are not supported yet, only 8-bit gray and RGB")
