"""A JPEG file inside a section: as it is, or as a JPEG XL file that gives it back."""

from __future__ import annotations

from l3c.container.constants import JPEG_STORED, JPEG_XL, MAX_LENGTH
from l3c.container.cursor import Cursor, varint
from l3c.container.structure import JpegFile
from l3c.errors import VersionError


def write_jpeg(file: JpegFile) -> bytes:
    """What a section holds of it."""
    return b"".join([bytes([file.coder]), varint(file.length), file.crc.to_bytes(4, "little"), file.data])


def read_jpeg(cursor: Cursor) -> JpegFile:
    """All that is left of a section. Raises VersionError, FormatError."""
    coder = cursor.integer(1, "the JPEG file's coder")
    if coder not in (JPEG_STORED, JPEG_XL):
        raise VersionError(f"byte {cursor.offset}: coder {coder} of a JPEG file is unknown to this release")
    length, crc = cursor.varint(MAX_LENGTH, "the JPEG file's length"), cursor.integer(4, "its check sum")
    if coder == JPEG_STORED and length != cursor.left:
        raise cursor.fail(f"a JPEG file of {length} bytes is stored in {cursor.left}")
    return JpegFile(coder, length, crc, cursor.take(cursor.left, "the JPEG file"))
