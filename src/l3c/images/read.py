"""Picture files to samples. What cannot be kept whole is refused, with the reason."""

from __future__ import annotations

from typing import BinaryIO

import numpy as np
from PIL import Image, ImageFile, UnidentifiedImageError

from l3c.errors import InputError
from l3c.images.metadata import metadata_of
from l3c.images.picture import Picture

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
    """An 8-bit gray or RGB picture of any format Pillow knows. Raises InputError naming the file and the reason."""
    try:
        with Image.open(file) as image:
            _check(image, name)
            samples = np.array(image)
            return Picture(samples, metadata_of(image), image.format or "")
    except InputError:
        raise
    except Image.DecompressionBombError as error:
        raise InputError(f"{name}: {error}") from error
    except UnidentifiedImageError:
        raise InputError(f"{name}: not a picture in a format known here") from None
    except (OSError, SyntaxError, ValueError, EOFError) as error:
        raise InputError(f"{name}: cannot be read: {error}") from error


def _check(image: ImageFile.ImageFile, name: str) -> None:
    if image.mode not in MODES:
        kind = "16-bit gray" if image.mode.startswith("I;16") else MODE_NAMES.get(image.mode, image.mode)
        raise InputError(f"{name}: {kind} pictures are not supported yet, only 8-bit gray and RGB")
    frames = getattr(image, "n_frames", 1)
    if frames > 1:
        raise InputError(f"{name}: {frames} pages or frames; pictures of several are not supported yet")
    if "transparency" in image.info:
        raise InputError(f"{name}: has a transparent colour, which is not supported yet")
    depth = _depth(image)
    if depth > 8:
        raise InputError(f"{name}: {depth}-bit samples are not supported yet, only 8-bit gray and RGB")


def _depth(image: ImageFile.ImageFile) -> int:
    """Bits a sample has in the file, where Pillow would reduce them to 8 without a word."""
    if image.format == "PNG" and image.tile:
        raw = image.tile[0].args
        mode = raw if isinstance(raw, str) else str(raw[0]) if raw else ""
        return 16 if ";16" in mode else 8
    if image.format == "PPM":
        raw = image.tile[0].args if image.tile else ()
        maximum = raw[-1] if isinstance(raw, tuple) and isinstance(raw[-1], int) else 255
        return 16 if maximum > 255 else 8
    return 8
