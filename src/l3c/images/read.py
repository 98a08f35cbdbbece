"""Picture files to samples. What cannot be kept whole is refused, with the reason."""

from __future__ import annotations

import io
import warnings
from typing import BinaryIO

import numpy as np
from PIL import Image, ImageFile, UnidentifiedImageError

from l3c.container.structure import Palette
from l3c.errors import InputError
from l3c.images import netpbm
from l3c.images.deep import is_deep_png, read_png, read_tiff
from l3c.images.depth import sample_depth
from l3c.images.metadata import metadata_of_file
from l3c.images.picture import Picture

FORMATS = frozenset(
    ["AVIF", "BMP", "DIB", "GIF", "JPEG", "JPEG2000", "MPO", "PCX", "PNG", "PPM", "QOI", "TGA", "TIFF", "WEBP"]
)
"""Formats of which Pillow gives every 8-bit sample, and of which `sample_depth` knows where there are more bits."""

MODES = ("1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16", "I;16L", "I;16B", "I;16N")
MODE_NAMES = {
    "PA": "palette with alpha",
    "RGBX": "RGB with a fourth channel",
    "YCbCr": "YCbCr",
    "LAB": "Lab",
    "HSV": "HSV",
    "I": "32-bit gray",
    "F": "floating point",
}


def read_picture(file: BinaryIO, name: str) -> Picture:
    """Every sample of a picture and its metadata, from the file's start.

    file: readable, seekable. Raises InputError naming the file and the reason.
    """
    file.seek(0)
    data = file.read()
    try:
        if netpbm.is_deep(data):
            return Picture(netpbm.read(data, name), {}, "PPM")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data)) as image:
                return _read(image, data, name)
    except (InputError, MemoryError):
        raise
    except UnidentifiedImageError:
        raise InputError(f"{name}: not a picture in a format known here") from None
    except Image.DecompressionBombError as error:
        raise InputError(f"{name}: {error}") from error
    except Exception as error:  # readers raise whatever a damaged file leads to
        raise InputError(f"{name}: cannot be read: {' '.join(str(error).split())}") from error


def _read(image: ImageFile.ImageFile, data: bytes, name: str) -> Picture:
    _check(image, name)
    metadata, form = metadata_of_file(image, data), image.format or ""
    if is_deep_png(data):
        return Picture(read_png(data, name), metadata, form)
    if sample_depth(image, io.BytesIO(data)) > 8 and not image.mode.startswith("I;16"):
        return _read_deep(data, metadata, form, name)
    if image.mode not in MODES:
        raise InputError(f"{name}: {MODE_NAMES.get(image.mode, image.mode)} pictures are not supported")
    samples = np.array(image)
    if image.mode.startswith("I;16"):
        samples = samples.astype(np.uint16)
    layout = {"P": "palette", "CMYK": "CMYK"}.get(image.mode)
    return Picture(samples, metadata, form, layout, palette_of(image) if layout == "palette" else None)


def _read_deep(data: bytes, metadata: dict[str, bytes], form: str, name: str) -> Picture:
    if form != "TIFF":
        raise InputError(
            f"{name}: samples of more than 8 bits in {form} are not supported, only in PNG, TIFF, PPM and PAM"
        )
    samples, inks = read_tiff(data, name)
    return Picture(samples, metadata, form, "CMYK" if inks else None)


def palette_of(image: Image.Image) -> Palette:
    """Colours in their order, and the opacities that PNG gives them."""
    colours = bytes(image.getpalette("RGB") or np.repeat(np.arange(256, dtype=np.uint8), 3).tobytes())
    transparency = image.info.get("transparency", b"")
    if isinstance(transparency, int):
        transparency = b"\xff" * transparency + b"\0"
    return Palette(colours, transparency)


def _check(image: ImageFile.ImageFile, name: str) -> None:
    if image.format not in FORMATS:
        raise InputError(f"{name}: {image.format} pictures are not supported, as Pillow may read them with loss")
    frames = getattr(image, "n_frames", 1)
    if frames > 1:
        raise InputError(f"{name}: {frames} pages or frames; pictures of several are not supported yet")
