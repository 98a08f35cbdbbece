"""What is done with one file in memory: encoding and decoding, and how their results are checked."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Protocol

from l3c import api
from l3c.bulk.same import differences
from l3c.codec.threads import at_work
from l3c.container.constants import LAYOUT_NAMES
from l3c.container.read import read_file
from l3c.errors import InputError, L3CError
from l3c.images.picture import Picture
from l3c.jpeg import transcode
from l3c.jpeg.keep import SUFFIXES as JPEG_SUFFIXES
from l3c.jpeg.keep import can_keep

SUFFIX = ".l3c"
PICTURES = frozenset(
    [".avif", ".bmp", ".dib", ".gif", ".j2k", ".jfif", ".jp2", ".jpe", ".jpeg", ".jpg", ".pam", ".pbm", ".pcx", ".pgm",
     ".png", ".pnm", ".ppm", ".qoi", ".tga", ".tif", ".tiff", ".webp"]
)  # fmt: skip
LOSSY_FILES = {"JPEG", "MPO"}


class Kind(Protocol):
    """Encoding or decoding, with its options."""

    @property
    def verb(self) -> str:
        """What is done, for the account."""
        ...

    def takes(self, name: str) -> bool:
        """Whether a file of this name is one of the sources."""
        ...

    def target(self, name: str) -> str:
        """The target's name for a source's."""
        ...

    def make(self, raw: bytes, name: str, target: str) -> tuple[bytes, list[str]]:
        """The target's bytes, and notes for people. Raises L3CError."""
        ...

    def check(self, raw: bytes, data: bytes, name: str, target: str) -> list[str]:
        """What of the source the target cannot give back, beside the pixels; L3CError where pixels differ."""
        ...

    def is_intact(self, data: bytes, target: str) -> bool:
        """Whether a file is whole, by its own check sums, without decoding by a model."""
        ...


@dataclass(frozen=True)
class Encoding:
    """Picture files to l3c files: a/b.png to a/b.png.l3c, so that no two sources share a target.

    JPEG files are kept whole, as a/b.jpg.l3c, unless pixels are asked for or libjxl is missing: then a/b.jpg.png.l3c.
    """

    model: str = "wave"
    effort: int = api.DEFAULT_EFFORT
    strip: bool = False
    history: bool = True
    pixels: bool = False
    preview: bool = False
    device: str = "auto"
    verb: str = "encode"

    def takes(self, name: str) -> bool:
        return PurePosixPath(name).suffix.lower() in PICTURES

    def target(self, name: str) -> str:
        return name + (".png" if is_jpeg(name) and not self.keeps_jpeg else "") + SUFFIX

    @property
    def keeps_jpeg(self) -> bool:
        return not self.pixels and transcode.available()

    def make(self, raw: bytes, name: str, target: str) -> tuple[bytes, list[str]]:
        if self.keeps_jpeg and can_keep(raw):
            with at_work():
                return api.encode_jpeg(raw, threads=1), []
        picture = read_picture(raw, name)
        data = api.encode(
            picture.samples,
            model=self.model,
            device=self.device,
            layout=picture.layout,
            palette=picture.palette,
            metadata={} if self.strip else picture.metadata,
            effort=self.effort,
            history=self.history,
            preview=self.preview,
        )
        return data, []

    def check(self, raw: bytes, data: bytes, name: str, target: str) -> list[str]:
        if read_file(data).jpeg is not None:
            if api.original(data, threads=1) != raw:
                raise InputError(f"{name}: the encoded file does not give back the JPEG file")
            return []
        picture = read_picture(raw, name)
        found = differences(picture, decoded(data, name, device=self.device))
        stripped = sorted(set(found) & set(picture.metadata)) if self.strip else []
        if set(found) - set(stripped):
            raise InputError(f"{name}: the encoded file does not give back its {', '.join(found)}")
        return [f"the {picture.source_format} file itself"] if picture.source_format in LOSSY_FILES else stripped

    def is_intact(self, data: bytes, target: str) -> bool:
        return is_whole(data)


@dataclass(frozen=True)
class Decoding:
    """l3c files to picture files: a/b.png.l3c to a/b.png, a/b.gif.l3c to a/b.gif.png, JPEG files to themselves."""

    max_memory: int | None = None
    device: str = "auto"
    verb: str = "decode"

    def takes(self, name: str) -> bool:
        return PurePosixPath(name).suffix.lower() == SUFFIX

    def target(self, name: str) -> str:
        from l3c.images.write import WRITERS

        stem = name[: -len(SUFFIX)]
        suffix = PurePosixPath(stem).suffix.lower()
        return stem if suffix and (suffix in WRITERS or is_jpeg(stem)) else stem + ".png"

    def make(self, raw: bytes, name: str, target: str) -> tuple[bytes, list[str]]:
        from l3c.images.write import write_picture

        if is_jpeg(target):
            return jpeg_of(raw, name, self.max_memory), []
        picture, file = decoded(raw, name, self.max_memory, self.device), io.BytesIO()
        with at_work():
            dropped = write_picture(picture, file, target)
        return file.getvalue(), [f"the format cannot hold {', '.join(dropped)}, which was dropped"] if dropped else []

    def check(self, raw: bytes, data: bytes, name: str, target: str) -> list[str]:
        if is_jpeg(target):
            return []
        found = differences(decoded(raw, name, self.max_memory, self.device), read_picture(data, target))
        if "samples" in found:
            raise InputError(f"{name}: the written picture has other pixels")
        return found

    def is_intact(self, data: bytes, target: str) -> bool:
        try:
            read_picture(data, target)
        except L3CError:
            return False
        return True


def is_jpeg(name: str) -> bool:
    """Whether a file of this name is a JPEG file."""
    return PurePosixPath(name).suffix.lower() in JPEG_SUFFIXES


def jpeg_of(data: bytes, name: str, max_memory: int | None) -> bytes:
    """The JPEG file that an l3c file keeps. Raises InputError where that holds pixels."""
    try:
        return api.original(data, threads=1, max_memory=max_memory)
    except L3CError as error:
        raise type(error)(f"{name}: {error}") from error


def is_whole(data: bytes) -> bool:
    """Whether every section of an l3c file has the check sum that it should have."""
    try:
        read_file(data)
    except L3CError:
        return False
    return True


def read_picture(raw: bytes, name: str) -> Picture:
    """The picture of a file in memory."""
    from l3c.images import read

    with at_work():
        return read.read_picture(io.BytesIO(raw), name)


def decoded(data: bytes, name: str, max_memory: int | None = None, device: str = "auto") -> Picture:
    """The picture of an l3c file; errors name the file."""
    try:
        contents = read_file(data)
        if contents.jpeg is not None:
            return read_picture(api.original_of(contents, threads=1, max_memory=max_memory), name)
        samples = api.decode_contents(contents, device=device, max_memory=max_memory)
    except L3CError as error:
        raise type(error)(f"{name}: {error}") from error
    metadata = contents.named_metadata
    return Picture(samples, metadata, layout=LAYOUT_NAMES[contents.header.layout], palette=contents.palette)
