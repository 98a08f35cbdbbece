"""l3c as a format of Pillow. The header is read when a file is opened, the pixels when they are asked for."""

from __future__ import annotations

import io
from typing import IO, Any, cast

import numpy as np
from PIL import Image, ImageFile

from l3c import api
from l3c.container.constants import CMYK, GRAY, GRAY_ALPHA, LAYOUT_NAMES, PALETTE, RGB, RGBA, SIGNATURE
from l3c.container.read import read_file
from l3c.container.structure import ImageHeader
from l3c.errors import InputError
from l3c.images.metadata import EXIF_PREFIX, metadata_of, to_pillow
from l3c.images.picture import Picture
from l3c.images.read import palette_of
from l3c.images.write import to_image

FORMAT = "L3C"


MODES = {
    (GRAY, 1): "1",
    (GRAY, 8): "L",
    (GRAY, 16): "I;16",
    (GRAY_ALPHA, 8): "LA",
    (RGB, 8): "RGB",
    (RGBA, 8): "RGBA",
    (PALETTE, 8): "P",
    (CMYK, 8): "CMYK",
}
"""(layout, depth) to Pillow's mode."""

SAVED = tuple(MODES.values())


def mode_of(header: ImageHeader) -> str:
    """Raises InputError for 16-bit colour, which Pillow cannot hold."""
    if (header.layout, header.depth) not in MODES:
        raise InputError(f"Pillow cannot hold {LAYOUT_NAMES[header.layout]} of {header.depth} bits; use l3c.decode")
    return MODES[header.layout, header.depth]


def _accept(prefix: bytes) -> bool:
    return prefix.startswith(SIGNATURE)


class L3CImageFile(ImageFile.ImageFile):
    """A lazily decoded l3c file. Damage raises our errors, which are ValueErrors, when it is noticed."""

    format = FORMAT
    format_description = "l3c lossless image"

    def _open(self) -> None:
        self._contents = read_file(cast(IO[bytes], self.fp).read())
        self.tile = []
        self._decoded = False
        if self._contents.jpeg is not None:
            self._open_jpeg()
            return
        header = self._contents.header
        self._mode = mode_of(header)
        self._size = (header.width, header.height)
        metadata = self._contents.named_metadata
        self.info.update(to_pillow(metadata))
        if self._contents.palette and self._contents.palette.alphas:
            self.info["transparency"] = self._contents.palette.alphas

    def _open_jpeg(self) -> None:
        """A kept JPEG file: what Pillow says of it; its pixels too come from Pillow."""
        self._jpeg = Image.open(io.BytesIO(api.original_of(self._contents)), formats=["JPEG"])
        self._mode, self._size = self._jpeg.mode, self._jpeg.size
        self.info.update(self._jpeg.info)

    def load(self) -> Any:
        """Decode on first use."""
        if not self._decoded:
            image = self._image()
            self.im, self.palette = image.im, image.palette
            self._decoded = True
            del self._contents
            self._release()
        return super().load()

    def _image(self) -> Image.Image:
        if self._contents.jpeg is not None:
            self._jpeg.load()
            return self._jpeg
        layout, palette = LAYOUT_NAMES[self._contents.header.layout], self._contents.palette
        return to_image(Picture(api.decode_contents(self._contents), layout=layout, palette=palette))

    def _release(self) -> None:
        """Close a file that Pillow opened: all of it has been read."""
        if self._exclusive_fp and self.fp:
            self.fp.close()
            self.fp = None


def _save(image: Image.Image, file: IO[bytes], filename: str | bytes) -> None:
    if image.mode not in SAVED:
        raise InputError(f"{filename!r}: mode {image.mode} is not supported, only {', '.join(SAVED)}")
    options = image.encoderinfo
    metadata = metadata_of(image)
    for kind, key in (("icc", "icc_profile"), ("exif", "exif"), ("xmp", "xmp")):
        if key in options:
            value = options[key]
            metadata[kind] = value.tobytes() if isinstance(value, Image.Exif) else value or b""
    metadata["exif"] = metadata.get("exif", b"").removeprefix(EXIF_PREFIX)
    kept = {kind: value for kind, value in metadata.items() if value}
    chosen = {key: options[key] for key in ("model", "threads", "effort") if key in options}
    samples = np.asarray(image).astype(np.uint16) if image.mode == "I;16" else np.asarray(image)
    layout = {"P": "palette", "CMYK": "CMYK"}.get(image.mode)
    palette = palette_of(image) if layout == "palette" else None
    file.write(api.encode(samples, layout=layout, palette=palette, metadata=kept, **chosen))


def register() -> None:
    """Tell Pillow of the format."""
    Image.register_open(FORMAT, L3CImageFile, _accept)
    Image.register_save(FORMAT, _save)
    Image.register_extension(FORMAT, ".l3c")
    Image.register_mime(FORMAT, "image/x-l3c")
