"""l3c as a format of Pillow. The header is read when a file is opened, the pixels when they are asked for."""

from __future__ import annotations

from typing import IO, Any, cast

import numpy as np
from PIL import Image, ImageFile

from l3c import api
from l3c.container.constants import GRAY, METADATA, SIGNATURE
from l3c.container.read import read_file
from l3c.errors import InputError
from l3c.images.metadata import EXIF_PREFIX, metadata_of, to_pillow

FORMAT = "L3C"


def _accept(prefix: bytes) -> bool:
    return prefix.startswith(SIGNATURE)


class L3CImageFile(ImageFile.ImageFile):
    """A lazily decoded l3c file. Damage raises our errors, which are ValueErrors, when it is noticed."""

    format = FORMAT
    format_description = "l3c lossless image"

    def _open(self) -> None:
        self._contents = read_file(cast(IO[bytes], self.fp).read())
        header = self._contents.header
        self._mode = "L" if header.layout == GRAY else "RGB"
        self._size = (header.width, header.height)
        metadata = {METADATA[tag]: value for tag, value in self._contents.metadata.items()}
        self.info.update(to_pillow(metadata))
        self.tile = []
        self._decoded = False

    def load(self) -> Any:
        """Decode on first use."""
        if not self._decoded:
            pixels = api.decode_contents(self._contents)
            self.im = Image.fromarray(pixels).im
            self._decoded = True
            del self._contents
            self._release()
        return super().load()

    def _release(self) -> None:
        """Close a file that Pillow opened: all of it has been read."""
        if self._exclusive_fp and self.fp:
            self.fp.close()
            self.fp = None


def _save(image: Image.Image, file: IO[bytes], filename: str | bytes) -> None:
    if image.mode not in ("L", "RGB"):
        raise InputError(f"{filename!r}: mode {image.mode} is not supported yet, only L and RGB")
    options = image.encoderinfo
    metadata = metadata_of(image)
    for kind, key in (("icc", "icc_profile"), ("exif", "exif"), ("xmp", "xmp")):
        if key in options:
            value = options[key]
            metadata[kind] = value.tobytes() if isinstance(value, Image.Exif) else value or b""
    metadata["exif"] = metadata.get("exif", b"").removeprefix(EXIF_PREFIX)
    kept = {kind: value for kind, value in metadata.items() if value}
    model, threads = options.get("model", "wave"), options.get("threads")
    file.write(api.encode(np.asarray(image), model=model, threads=threads, metadata=kept))


def register() -> None:
    """Tell Pillow of the format."""
    Image.register_open(FORMAT, L3CImageFile, _accept)
    Image.register_save(FORMAT, _save)
    Image.register_extension(FORMAT, ".l3c")
    Image.register_mime(FORMAT, "image/x-l3c")
