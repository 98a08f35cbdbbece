"""Formats that Pillow alone reads: TGA, PCX, QOI and AVIF, after a look at their headers; and Pillow's images."""

from __future__ import annotations

import io
import struct
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFile

from l3c.container.structure import Palette
from l3c.errors import InputError
from l3c.images.description import ALPHA, GRAY, PALETTE, RGB, Description, check_plausible, damaged, digest
from l3c.images.metadata import from_info, metadata_of
from l3c.images.picture import Picture

MODES = {
    "1": (1, GRAY, ()),
    "L": (8, GRAY, ()),
    "LA": (8, GRAY, (ALPHA,)),
    "P": (8, PALETTE, ()),
    "RGB": (8, RGB, ()),
    "RGBA": (8, RGB, (ALPHA,)),
}
"""Pillow's mode to bits, colours and extra channels."""

IMAGES: dict[str, tuple[str | None, tuple[str, ...]]] = {
    "1": (None, ()),
    "L": (None, ()),
    "I;16": (None, ()),
    "I": (None, ()),
    "F": (None, ()),
    "LA": (None, ()),
    "RGB": (None, ()),
    "RGBA": (None, ()),
    "P": ("palette", ()),
    "CMYK": ("CMYK", ()),
    "YCbCr": ("YCbCr", ()),
    "LAB": ("Lab", ()),
    "RGBa": ("RGB", ("associated alpha",)),
    "RGBX": ("RGB", ("unspecified",)),
}
"""Modes of Pillow's images that keep every pixel: to layout and extra channels. Others would have to be converted."""

AV1_CONFIGURATION = b"av1C"  # the box of AVIF that says the depth of samples
AV1_HIGH_DEPTH = 0x40  # its bit for more than 8 bits, in the third byte
RUNS_MAX = 256
"""Pixels that a byte of runs stands for at most, with room: a run of TGA or PCX has 128."""

CODED_MAX = 100_000
"""Pixels that a byte of a transform's coefficients stands for at most, with room."""

TGA_ATTRIBUTES_AT = 494
"""Where an extension area says what a fourth channel is."""

TGA_ALPHA = b"\3"
"""The value there of plain alpha."""

TGA_FOOTER = b"TRUEVISION-XFILE.\0"  # ends the files that have an extension area


def _opened(data: bytes, form: str) -> ImageFile.ImageFile:
    Image.init()
    factory = Image.OPEN[form][0] if form in Image.OPEN else None
    if factory is None:
        raise InputError(f"{form} pictures need a Pillow that reads them")
    return factory(io.BytesIO(data), "")


def describe_as(
    form: str, data: bytes, refused: str | None, items: dict[str, bytes], lossy: bool = False
) -> Description:
    """With size and mode from Pillow, which has read the header."""
    with _opened(data, form) as image:
        if image.mode not in MODES:
            refused = refused or f"{form} pictures of mode {image.mode} are not supported"
        frames = getattr(image, "n_frames", 1)
        if frames > 1:
            refused = refused or f"{frames} frames in {form} are not supported"
        bits, colours, extra = MODES.get(image.mode, (8, RGB, ()))
        items = items | {kind: digest(value) for kind, value in metadata_of(image).items()}
        width, height = image.size
        check_plausible(width, height, len(data), CODED_MAX if lossy else RUNS_MAX)
    return Description(form, width, height, bits, colours, extra, lossy=lossy, refused=refused, items=items)


def read_as(form: str, data: bytes, description: Description) -> Picture:
    """Raises InputError."""
    if description.refused:
        raise InputError(description.refused)
    with _opened(data, form) as image:
        metadata = metadata_of(image)
        image.load()
        samples, palette = np.array(image), palette_of(image) if image.mode == "P" else None
    if palette:
        palette = reaching(palette, samples)
    return Picture(samples, metadata, form, "palette" if palette else None, palette)


def reaching(palette: Palette, indices: NDArray[Any]) -> Palette:
    """A palette with a colour for every index: black where it has none, as Pillow shows it."""
    return Palette(palette.colours.ljust(3 * (int(indices.max(initial=0)) + 1), b"\0"), palette.alphas)


def picture_of(image: Image.Image) -> Picture:
    """A Pillow image, with what its `info` says; of one with several frames the one that is shown.

    Raises InputError for modes that are none of IMAGES.
    """
    if image.mode not in IMAGES:
        raise InputError(
            f"mode {image.mode} is not supported, only {', '.join(IMAGES)}; image.convert(mode) gives those"
        )
    layout, extra = IMAGES[image.mode]
    image.load()
    samples = np.asarray(image).astype(np.uint16) if image.mode == "I;16" else np.asarray(image)
    palette = reaching(palette_of(image), samples) if layout == "palette" else None
    return Picture(samples, from_info(image), image.format or "", layout, palette, extra)


def palette_of(image: Image.Image) -> Palette:
    """Colours in their order, and the opacities that Pillow's `info` or its own mode give them."""
    transparency = image.info.get("transparency", b"")
    if isinstance(transparency, int):
        transparency = b"\xff" * transparency + b"\0"
    if image.palette is not None and image.palette.mode == "RGBA":
        table = np.frombuffer(bytes(image.getpalette("RGBA") or b""), np.uint8).reshape(-1, 4)
        alphas = table[:, 3].tobytes().rstrip(b"\xff")
        return Palette(table[:, :3].tobytes(), alphas or transparency)
    colours = bytes(image.getpalette("RGB") or np.repeat(np.arange(256, dtype=np.uint8), 3).tobytes())
    return Palette(colours, transparency[: len(colours) // 3])


class Tga:
    """Truevision's TGA."""

    @staticmethod
    def describe(data: bytes) -> Description:
        """Raises InputError where it is damaged."""
        if len(data) < 18:
            raise damaged("it ends in its header")
        identity, mapped, kind = data[0], data[1], data[2]
        entry, bits, flags = data[7], data[16], data[17]
        refused = None
        if kind not in (1, 2, 3, 9, 10, 11) or mapped > 1:
            refused = f"TGA of type {kind} is not supported"
        elif kind & 3 == 1 and (bits != 8 or entry != 24):
            refused = f"TGA of {bits}-bit indices of {entry}-bit colours is not supported"
        elif kind & 3 == 2 and (bits, flags & 15) not in ((24, 0), (32, 8)):
            refused = f"TGA of {bits} bits, {flags & 15} of them alpha, is not supported"
        elif kind & 3 == 3 and bits != 8:
            refused = f"TGA of {bits}-bit gray is not supported"
        items = {"identification": digest(data[18 : 18 + identity])} if identity else {}
        if data.endswith(TGA_FOOTER) and any(places := struct.unpack_from("<II", data, len(data) - 26)):
            items["extension area"] = digest(data[-26:])
            at = places[0] + TGA_ATTRIBUTES_AT
            if places[0] and bits == 32 and data[at : at + 1] != TGA_ALPHA:
                refused = (
                    refused or "TGA of 32 bits, of which the extension area says that none are alpha, is not supported"
                )
        return describe_as("TGA", data, refused, items)

    @staticmethod
    def read(data: bytes) -> Picture:
        """Raises InputError."""
        return read_as("TGA", data, Tga.describe(data))


class Pcx:
    """ZSoft's PCX."""

    @staticmethod
    def describe(data: bytes) -> Description:
        """Raises InputError where it is damaged."""
        if len(data) < 128:
            raise damaged("it ends in its header")
        bits, planes = data[3], data[65]
        known = (bits, planes) in ((1, 1), (8, 1), (8, 3), (1, 2), (1, 3), (1, 4), (2, 1), (4, 1))
        return describe_as(
            "PCX", data, None if known else f"PCX of {planes} planes of {bits} bits is not supported", {}
        )

    @staticmethod
    def read(data: bytes) -> Picture:
        """Raises InputError."""
        return read_as("PCX", data, Pcx.describe(data))


class Qoi:
    """The Quite OK Image format."""

    @staticmethod
    def describe(data: bytes) -> Description:
        """Raises InputError where it is damaged."""
        if len(data) < 14:
            raise damaged("it ends in its header")
        items = {"linear colour space": digest(data[13:14])} if data[13] == 1 else {}
        return describe_as("QOI", data, None, items)

    @staticmethod
    def read(data: bytes) -> Picture:
        """Raises InputError."""
        return read_as("QOI", data, Qoi.describe(data))


class Avif:
    """AVIF of 8 bits."""

    @staticmethod
    def describe(data: bytes) -> Description:
        """Raises InputError where it is damaged."""
        deep = av1_depth(data) > 8
        refused = (
            "samples of more than 8 bits in AVIF are not supported, only in PNG, TIFF, PPM and PAM" if deep else None
        )
        items = {"gain map": digest(b"tmap")} if b"tmap" in data[:4096] else {}
        return describe_as("AVIF", data, refused, items, lossy=True)

    @staticmethod
    def read(data: bytes) -> Picture:
        """Raises InputError."""
        return read_as("AVIF", data, Avif.describe(data))


def av1_depth(data: bytes) -> int:
    """10 and 12 bits share a flag in the third byte of the AV1 configuration; 16 stands for both."""
    at = data.find(AV1_CONFIGURATION) + len(AV1_CONFIGURATION) + 2
    return 16 if len(data) > at and data[at] & AV1_HIGH_DEPTH else 8
