"""A file inside a section: as it is, deflated, or, of a JPEG file, as a JPEG XL file that gives it back."""

from __future__ import annotations

from l3c.container.constants import KEPT_CODERS, KEPT_DEFLATED, KEPT_JPEG_XL, KEPT_STORED, MAX_LENGTH, SUFFIX_MAX
from l3c.container.cursor import Cursor, varint
from l3c.container.structure import KeptFile
from l3c.errors import VersionError


def write_file_section(kept: KeptFile) -> bytes:
    """What section FILE holds of it."""
    suffix = kept.suffix.encode()
    return b"".join([varint(len(suffix)), suffix, write_jpeg(kept)])


def read_file_section(cursor: Cursor) -> KeptFile:
    """All of section FILE. Raises VersionError, FormatError."""
    raw = bytes(cursor.take(cursor.varint(SUFFIX_MAX, "a suffix's length"), "a suffix"))
    try:
        suffix = raw.decode()
    except UnicodeDecodeError:
        raise cursor.fail("the suffix of a kept file is not UTF-8") from None
    if not suffix.isprintable() or set(suffix) & set("./\\:\0"):
        raise cursor.fail("the suffix of a kept file is not that of a file's name")
    return _read(cursor, suffix)


def write_jpeg(kept: KeptFile) -> bytes:
    """A JPEG file in a section whose rest it is."""
    return b"".join([bytes([kept.coder]), varint(kept.length), kept.crc.to_bytes(4, "little"), kept.data])


def read_jpeg(cursor: Cursor) -> KeptFile:
    """All that is left of a section. Raises VersionError, FormatError."""
    return _read(cursor, "")


def _read(cursor: Cursor, suffix: str) -> KeptFile:
    coder = cursor.integer(1, "a kept file's coder")
    if coder not in KEPT_CODERS or coder == (KEPT_JPEG_XL if suffix else KEPT_DEFLATED):
        raise VersionError(f"byte {cursor.offset}: coder {coder} of a kept file is unknown to this release")
    length, crc = cursor.varint(MAX_LENGTH, "a kept file's length"), cursor.integer(4, "its check sum")
    if coder == KEPT_STORED and length != cursor.left:
        raise cursor.fail(f"a file of {length} bytes is stored in {cursor.left}")
    return KeptFile(coder, length, crc, cursor.take(cursor.left, "the kept file"), suffix)
