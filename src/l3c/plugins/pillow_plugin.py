"""l3c as a format of Pillow. The header is read when a file is opened, the pixels when they are asked for."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import IO, Any, cast

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFile, ImageSequence, UnidentifiedImageError

from l3c import api
from l3c.container.constants import EXTRA_NAMES, LAYOUT_NAMES, SIGNATURES
from l3c.container.read import read_file
from l3c.container.structure import Animation, Contents, Frame, ImageHeader
from l3c.errors import ChecksumError, FormatError, InputError, L3CError, VersionError
from l3c.images.animate import shown_frames
from l3c.images.by_pillow import picture_of
from l3c.images.metadata import EXIF_PREFIX, to_info
from l3c.images.picture import Picture
from l3c.images.write import to_image

FORMAT = "L3C"  # of the plugin, in Pillow's list

MODES = {
    ("gray", "bool", ()): "1",
    ("gray", "uint8", ()): "L",
    ("gray", "uint16", ()): "I;16",
    ("gray", "int32", ()): "I",
    ("gray", "float32", ()): "F",
    ("gray+alpha", "uint8", ()): "LA",
    ("RGB", "uint8", ()): "RGB",
    ("RGBA", "uint8", ()): "RGBA",
    ("palette", "uint8", ()): "P",
    ("CMYK", "uint8", ()): "CMYK",
    ("YCbCr", "uint8", ()): "YCbCr",
    ("Lab", "uint8", ()): "LAB",
    ("RGB", "uint8", ("associated alpha",)): "RGBa",
    ("RGB", "uint8", ("unspecified",)): "RGBX",
}
"""(layout, dtype, extra channels) to Pillow's mode."""

CANVAS = "RGBA"
"""The mode of animations: what Pillow shows of them is laid together."""


class DamagedFileError(FormatError, UnidentifiedImageError):
    """A FormatError as Pillow's users catch it."""


class DamagedPixelsError(ChecksumError, UnidentifiedImageError):
    """A ChecksumError as Pillow's users catch it."""


class LaterVersionError(VersionError, UnidentifiedImageError):
    """A VersionError as Pillow's users catch it."""


class UnfitImageError(InputError, OSError):
    """An InputError as Pillow's users catch it: Pillow cannot hold the image, or l3c the mode."""


ERRORS: dict[type[L3CError], type[L3CError]] = {
    FormatError: DamagedFileError,
    ChecksumError: DamagedPixelsError,
    VersionError: LaterVersionError,
    InputError: UnfitImageError,
}
"""Our errors to those that are OSErrors too, which all errors are that Pillow raises for files."""


@contextmanager
def as_pillow_raises() -> Iterator[None]:
    """What a file leads to is an OSError too; errors of models, memory and packages pass as they are."""
    try:
        yield
    except L3CError as error:
        kind = ERRORS.get(type(error))
        if kind is None:
            raise
        raise kind(str(error)) from error


def mode_of(header: ImageHeader) -> str:
    """Raises InputError for pictures that Pillow cannot hold, such as 16-bit colour."""
    layout, extra = LAYOUT_NAMES[header.layout], tuple(EXTRA_NAMES[number] for number in header.extra)
    mode = MODES.get((layout, header.dtype, extra))
    if mode is None:
        raise InputError(f"Pillow cannot hold {layout} of {header.depth} bits; use l3c.decode")
    return mode


def _accept(prefix: bytes) -> bool:
    return prefix.startswith(SIGNATURES)


class L3CImageFile(ImageFile.ImageFile):
    """A lazily decoded l3c file. Damage raises our errors, which here are OSErrors too, when it is noticed.

    Pages are reached by `seek`; those of an animation are shown as a viewer would, in RGBA.
    """

    format = FORMAT
    format_description = "l3c lossless image"
    _decoded = True
    """Of an image that was unpickled: it has its pixels."""

    def _open(self) -> None:
        with as_pillow_raises():
            self._read()

    def _read(self) -> None:
        self._contents = read_file(cast(IO[bytes], self.fp).read())
        self._frame, self._decoded = 0, False
        self._canvases: Iterator[NDArray[np.uint8]] | None = None
        self._next_canvas = 0
        self.tile = []
        self._kept: Image.Image | None = None
        if self._contents.kept is not None:
            self._kept = Image.open(io.BytesIO(api.original_of(self._contents)))
            self.n_frames = getattr(self._kept, "n_frames", 1)
        else:
            self.n_frames = max(1, len(self._contents.pages))
        self.is_animated = self.n_frames > 1
        self._show(0)

    def _show(self, number: int) -> None:
        """Take mode, size and info of a page."""
        self._frame, self._decoded = number, False
        if self._kept is not None:
            self._kept.seek(number)
            self._mode, self._size = self._kept.mode, self._kept.size
            self.info = dict(self._kept.info)
            return
        contents, animation = self._page(number), self._contents.animation
        self.info.clear()
        self.info.update(to_info(self._contents.named_metadata))
        if contents is not self._contents:
            self.info.update(to_info(contents.named_metadata))
        if animation is not None:
            self._mode, self._size = CANVAS, (animation.width, animation.height)
            frame = self._contents.pages[number].frame or Frame()
            self.info |= {"duration": 1000 * frame.duration[0] / (frame.duration[1] or 1), "loop": animation.plays}
            return
        header = contents.header
        self._mode, self._size = mode_of(header), (header.width, header.height)
        if contents.palette and contents.palette.alphas:
            self.info["transparency"] = contents.palette.alphas

    def _page(self, number: int) -> Contents:
        return self._contents.pages[number].contents if self._contents.pages else self._contents

    def seek(self, frame: int) -> None:
        """Go to a page. Raises EOFError where there is none."""
        if self._seek_check(frame):
            with as_pillow_raises():
                self._show(frame)

    def tell(self) -> int:
        """The page's number, from 0."""
        return self._frame

    def load(self) -> Any:
        """Decode on first use."""
        if not self._decoded:
            with as_pillow_raises():
                image = self._image()
            self.im, self.palette = image.im, image.palette
            self._decoded = True
            if self.n_frames == 1:
                del self._contents
            self._release()
        return super().load()

    def _image(self) -> Image.Image:
        if self._kept is not None:
            self._kept.load()
            return self._kept.copy() if self.n_frames > 1 else self._kept
        if self._contents.animation is not None:
            return Image.fromarray(self._canvas())
        return to_image(api.decode_picture(self._page(self._frame)))

    def _canvas(self) -> NDArray[np.uint8]:
        """The animation as it is at the frame: laid together from the first, or from where it was left."""
        if self._canvases is None or self._next_canvas > self._frame:
            picture = api.decode_picture(self._contents)
            assert picture.animation is not None
            self._canvases, self._next_canvas = shown_frames(picture.pages, picture.animation), 0
        while True:
            canvas = next(self._canvases)
            self._next_canvas += 1
            if self._next_canvas > self._frame:
                return canvas

    def _release(self) -> None:
        """Close a file that Pillow opened: all of it has been read."""
        if self._exclusive_fp and self.fp:
            self.fp.close()
            self.fp = None


def _save(image: Image.Image, file: IO[bytes], filename: str | bytes) -> None:
    with as_pillow_raises():
        picture, options = _picture(image, image.encoderinfo, filename), _options(image)
        data = api.encode_picture(picture, **options)
    file.write(data)


def _options(image: Image.Image) -> dict[str, Any]:
    return {key: image.encoderinfo[key] for key in ("model", "threads", "effort") if key in image.encoderinfo}


def _picture(image: Image.Image, options: dict[str, Any], filename: str | bytes) -> Picture:
    """What an image holds, with what options of `save` say instead."""
    stated = image.copy()
    stated.info |= {key: options[key] for key in ("dpi", "comment") if key in options}
    try:
        picture = picture_of(stated)
    except InputError as error:
        raise InputError(f"{filename!r}: {error}") from None
    metadata = dict(picture.metadata)
    for kind, key in (("icc", "icc_profile"), ("exif", "exif"), ("xmp", "xmp")):
        if key in options:
            value = options[key]
            metadata[kind] = value.tobytes() if isinstance(value, Image.Exif) else value or b""
    metadata["exif"] = metadata.get("exif", b"").removeprefix(EXIF_PREFIX)
    present = {kind: value for kind, value in metadata.items() if value}
    return replace(picture, metadata=present)


def _save_all(image: Image.Image, file: IO[bytes], filename: str | bytes) -> None:
    with as_pillow_raises():
        data = _all(image, filename)
    file.write(data)


def _all(image: Image.Image, filename: str | bytes) -> bytes:
    """Every frame of the image and of `append_images`; an animation where there is a duration or a loop."""
    options = image.encoderinfo
    pages, durations = [], []
    for other in (image, *options.get("append_images", ())):
        shown = other.tell()
        for frame in ImageSequence.Iterator(other):
            pages.append(_picture(frame, options, filename))
            durations.append(frame.info.get("duration"))
        other.seek(shown)
    if len(pages) == 1:
        return api.encode_picture(pages[0], **_options(image))
    stated = options.get("duration", durations)
    times = list(stated) if isinstance(stated, list | tuple) else [stated] * len(pages)
    loop = options.get("loop", image.info.get("loop"))
    metadata = pages[0].metadata
    animation = None
    if loop is not None or any(time is not None for time in times):
        height, width = (max(page.samples.shape[axis] for page in pages) for axis in (0, 1))
        animation = Animation(width, height, 1 if loop is None else int(loop))
        moving = []
        for page, time in zip(pages, times, strict=True):
            milliseconds = round(1000 * (time or 0))
            clear = {kind: value for kind, value in page.metadata.items() if kind == "transparent colour"}
            placed = Frame(duration=(milliseconds, 1_000_000), disposal=1)
            moving.append(replace(page, metadata=clear, frame=placed))
        pages = moving
    else:
        metadata = {}
    return api.encode_pages(pages, animation=animation, metadata=metadata, **_options(image))


def register() -> None:
    """Tell Pillow of the format."""
    Image.register_open(FORMAT, L3CImageFile, _accept)
    Image.register_save(FORMAT, _save)
    Image.register_save_all(FORMAT, _save_all)
    Image.register_extension(FORMAT, ".l3c")
    Image.register_mime(FORMAT, "image/x-l3c")
