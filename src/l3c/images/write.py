"""Samples to picture files: lossless formats only."""

from __future__ import annotations

import io
import struct
from dataclasses import replace
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from l3c.errors import InputError, L3CError
from l3c.images import tiff
from l3c.images.formats import ANIMATED, BY_SUFFIX, CHOICES, PAGED, Format, suffix_of
from l3c.images.picture import Picture
from l3c.images.read import read_bytes

HINTS = frozenset({"bit depth", "bmp header"})
"""Metadata that only help to write the source's own format: nobody misses them elsewhere."""

TARGETS = (".png", ".tif", ".gif", ".webp", ".bmp", ".pam")
"""Formats that messages offer, the commonest first."""

check_suffix = suffix_of


def write_picture(picture: Picture, file: BinaryIO, name: str, level: int = 6) -> list[str]:
    """Write in the format of the name's suffix, PNG where it has none. Returns the metadata the format cannot hold.

    file: written part by part, as the parts are made, if it is seekable and empty; else all at once. level: of deflate,
    0 (fastest) to 9. Raises InputError, naming formats that can, where the format cannot hold the samples, pages or
    animation.
    """
    suffix = suffix_of(name) or ".png"
    form = BY_SUFFIX[suffix]
    into = file if file.seekable() and not file.tell() else io.BytesIO()
    try:
        _write(picture, into, form, suffix, level)
    except L3CError as error:
        raise type(error)(f"{name}: {_with_choices(str(error), picture)}") from error
    except (ValueError, OSError, struct.error) as error:
        if getattr(error, "errno", None) is not None:  # of the file, such as a full disk
            raise
        raise InputError(f"{name}: cannot be written as {form.name}: {error}") from error
    if isinstance(into, io.BytesIO) and into is not file:
        file.write(into.getbuffer())
    held = set(picture.metadata).union(*(page.metadata for page in picture.pages))
    return sorted(held - form.metadata_kinds - HINTS)


def _write(picture: Picture, file: BinaryIO, form: Format, suffix: str, level: int) -> None:
    if max(max(page.samples.shape[:2]) for page in picture.pages or (picture,)) > form.side_max:
        raise InputError(f"cannot be written as {form.name}: it has more than {form.side_max} pixels a side; {CHOICES}")
    if form.name != "TIFF" and any(_has_deep_colours(page) for page in (picture, *picture.pages)):
        raise InputError(f"{form.name} cannot hold a palette of 16 bits; choose tif")
    if (
        any("transparent colour" in page.metadata for page in (picture, *picture.pages))
        and "transparent colour" not in form.metadata_kinds
    ):
        raise InputError(f"{form.name} cannot hold a transparent colour; choose png")
    if picture.animation is not None and suffix not in ANIMATED:
        raise InputError(f"{form.name} cannot hold an animation; choose png, gif or webp")
    reduced = replace(picture, metadata=_writable(picture, form), pages=tuple(
        replace(page, metadata=_writable(page, form)) for page in picture.pages
    ))  # fmt: skip
    try:
        form.writer(reduced, file, level, suffix)
    except InputError as error:
        if str(error).endswith("cannot hold it"):
            raise InputError(f"{str(error).removesuffix('it')}{describe(picture)}") from error
        raise


def _with_choices(reason: str, picture: Picture) -> str:
    """Why a format cannot hold a picture, with those that can in place of any that the reason names."""
    fitting = [suffix[1:] for suffix in TARGETS if " cannot hold " in reason and can_hold(suffix, picture)]
    if not fitting:
        return reason
    *others, last = fitting
    return f"{reason.partition('; choose ')[0]}; choose {' or '.join([', '.join(others), last] if others else [last])}"


def _writable(picture: Picture, form: Format) -> dict[str, bytes]:
    return {kind: value for kind, value in picture.metadata.items() if kind in form.metadata_kinds}


def _has_deep_colours(picture: Picture) -> bool:
    if picture.palette is None or "exif" not in picture.metadata:
        return False
    try:
        return tiff.has_deep_colours(picture.metadata["exif"])
    except InputError:  # a block that nobody can read says nothing
        return False


def can_hold(suffix: str, picture: Picture) -> bool:
    """Whether a format that is written under a suffix ("" for PNG) has a way to say all samples and pages."""
    form = BY_SUFFIX.get(suffix.lower() or ".png")
    if form is None or not form.writes:
        return False
    if max(max(page.samples.shape[:2]) for page in picture.pages or (picture,)) > form.side_max:
        return False
    small, file = _corner(picture, form), io.BytesIO()
    try:
        _write(small, file, form, suffix.lower() or ".png", 0)
        back = read_bytes(file.getvalue(), "")
    except (ValueError, OSError, struct.error):
        return False
    return _outline(back) == _outline(small)


def _outline(picture: Picture) -> list[object]:
    """The kind of samples, on all pages."""
    return [
        (p.samples.shape, p.samples.dtype, p.layout_name, p.extra, p.maximum, p.palette is None)
        for p in picture.pages or (picture,)
    ]


def _corner(picture: Picture, form: Format) -> Picture:
    """With one pixel of each page, and for PNG of the canvas, which the first page has to fill there."""
    animation, pages = picture.animation, list(picture.pages)
    if animation and form.name == "PNG" and picture.samples.shape[:2] == (animation.height, animation.width):
        animation = replace(animation, width=1, height=1)
        rest = [replace(page, frame=replace(page.frame, left=0, top=0)) if page.frame else page for page in pages[1:]]
        pages = [pages[0], *rest]
    small = tuple(replace(page, samples=_pixel(page)) for page in pages)
    return replace(picture, samples=_pixel(picture), pages=small, animation=animation)


def _pixel(picture: Picture) -> NDArray[Any]:
    """Of ones: a fourth byte of nothing would be none to BMP. Of a palette, its first colour."""
    corner = picture.samples[:1, :1]
    return np.zeros_like(corner) if picture.palette else np.ones_like(corner)


def formats_for(picture: Picture) -> tuple[str, ...]:
    """Suffixes of formats that can hold it, the best first."""
    order = ANIMATED if picture.animation is not None else PAGED if picture.pages else ()
    return tuple(suffix for suffix in dict.fromkeys((*order, ".png", ".tif", ".pam")) if can_hold(suffix, picture))


def to_image(picture: Picture) -> Image.Image:
    """As Pillow has it; 8 bits, 1 bit or 16-bit gray, with colours, opacities and a transparent colour."""
    if picture.palette:
        image = Image.fromarray(picture.samples, "L")
        image.putpalette(picture.palette.colours)
        if picture.palette.alphas:
            image.info["transparency"] = picture.palette.alphas
        return image
    mode = {"CMYK": "CMYK", "YCbCr": "YCbCr", "Lab": "LAB"}.get(picture.layout or "")
    if picture.extra in (("unspecified",), ("associated alpha",)) and picture.layout == "RGB":
        mode = "RGBX" if picture.extra == ("unspecified",) else "RGBa"
    if mode is None:
        bits = picture.samples.dtype == bool and picture.samples.ndim == 3  # of several channels: Pillow has none
        return Image.fromarray(picture.samples.astype(np.uint8) * np.uint8(255) if bits else picture.samples)
    height, width = picture.samples.shape[:2]
    return Image.frombytes(mode, (width, height), np.ascontiguousarray(picture.samples).tobytes())


def describe(picture: Picture) -> str:
    """For messages."""
    bits = 1 if picture.samples.dtype == bool else 8 * picture.samples.dtype.itemsize
    channels = 1 if picture.samples.ndim == 2 else picture.samples.shape[2]
    extra = f" with {len(picture.extra)} extra channels" if picture.extra else ""
    pages = f"{len(picture.pages)} {'frames' if picture.animation else 'pages'} of " if picture.pages else ""
    return f"{pages}{picture.layout or f'{channels} channels'}{extra} of {bits} bits"
