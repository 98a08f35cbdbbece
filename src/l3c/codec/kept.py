"""Files that are kept whole, whatever they are: deflated or as they are, JPEG files by their coefficients."""

from __future__ import annotations

import zlib
from zlib import crc32

from l3c.codec.deflate import LEVEL
from l3c.container.constants import DEFAULT_MAX_MEMORY, KEPT_DEFLATED, KEPT_OF_JPEG, KEPT_STORED
from l3c.container.streams import RAW, inflate
from l3c.container.structure import Contents, KeptFile
from l3c.dct import keep as jpeg
from l3c.dct.coded import Progress, quiet
from l3c.errors import ChecksumError, FormatError, InputError, exceeding
from l3c.threads import at_work

COPIES = 4
"""Of a file, at most, while it is packed and written: the deflate stream and its pieces, the section, the result."""


def pack(data: bytes, suffix: str, max_memory: int | None = None) -> KeptFile:
    """A file in the fewest bytes of these two ways. suffix: of its name, without the dot. Raises LimitError."""
    limit, needed = DEFAULT_MAX_MEMORY if max_memory is None else max_memory, COPIES * len(data)
    if needed > limit:
        raise exceeding("encoding takes", needed, limit)
    with at_work():
        packer = zlib.compressobj(LEVEL, zlib.DEFLATED, RAW)
        small = packer.compress(data) + packer.flush()
    if len(small) < len(data):
        return KeptFile(KEPT_DEFLATED, len(data), crc32(data), small, suffix)
    return KeptFile(KEPT_STORED, len(data), crc32(data), data, suffix)


def original(contents: Contents, threads: int | None, max_memory: int | None, progress: Progress = quiet) -> bytes:
    """The file, checked. Raises InputError where pixels are held, FormatError, ChecksumError, LimitError, and of
    JPEG files ModelError, or DependencyError where they were transcoded by libjxl.
    """
    kept = contents.kept
    if kept is None:
        raise InputError("the file holds pixels, no other file")
    if contents.jpeg is not None:
        return jpeg.original(contents.header, kept, threads, max_memory, progress)
    limit, needed = DEFAULT_MAX_MEMORY if max_memory is None else max_memory, 2 * kept.length
    if needed > limit:
        raise exceeding("decoding takes", needed, limit)
    data = _unpacked(kept)
    if len(data) != kept.length or crc32(data) != kept.crc:
        raise ChecksumError("the kept file differs from the one that was encoded")
    return data


def check_pixels(contents: Contents, max_memory: int | None) -> None:
    """Raise LimitError where the picture that a kept file declares takes more: such a file may hold no such picture."""
    limit = DEFAULT_MAX_MEMORY if max_memory is None else max_memory
    needed = contents.header.samples * contents.header.parts
    if needed > limit:
        raise exceeding("reading the picture of the kept file takes", needed, limit)


def _unpacked(kept: KeptFile) -> bytes:
    if kept.coder in KEPT_OF_JPEG:
        raise FormatError("section FILE transcodes a file that is no JPEG file")
    if kept.coder == KEPT_STORED:
        return bytes(kept.data)
    return inflate(kept.data, kept.length, "section FILE: its deflate stream", RAW)
