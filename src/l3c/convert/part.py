"""A part of an l3c file's picture, or a small one, as a picture's file."""

from __future__ import annotations

import io
from contextlib import nullcontext

from l3c.container.cursor import Buffer
from l3c.errors import naming
from l3c.image import Image, Region, open_image
from l3c.images.picture import Picture
from l3c.images.write import write_picture
from l3c.storage.remote import is_remote, reaching


def decode_part(
    source: str | Buffer,
    target: str,
    region: Region | None,
    threads: int | None = None,
    max_memory: int | None = None,
    name: str | None = None,
) -> tuple[bytes, tuple[int, int]]:
    """The file of a region (x, y, width, height), or of a preview for None, and its size in pixels.

    Of a path or a URL little more is read than the region takes. target: its suffix says the format; "" is PNG. name:
    of the source, for messages. Metadata goes with a region; a preview has none.
    """
    name = name or str(source)
    with naming(name):
        picture = _picture(_opened(source, threads, max_memory), region)
    file = io.BytesIO()
    with naming(target or "the picture"):
        write_picture(picture, file, target)
    height, width = picture.samples.shape[:2]
    return file.getvalue(), (width, height)


def _opened(source: str | Buffer, threads: int | None, max_memory: int | None) -> Image:
    with reaching(source) if isinstance(source, str) and is_remote(source) else nullcontext():
        return open_image(source, threads=threads, max_memory=max_memory)


def _picture(image: Image, region: Region | None) -> Picture:
    if region is None:
        return Picture(image.preview())
    return Picture(image.region(*region), image.metadata, layout=image.layout, palette=image.palette)
