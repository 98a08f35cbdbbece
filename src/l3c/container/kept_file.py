"""A file inside a section: as it is, deflated, or, of a JPEG file, its coefficients by a model, or a JPEG XL file."""

from __future__ import annotations

from l3c.container.coefficients import read_coded
from l3c.container.constants import (
    KEPT_CODERS,
    KEPT_COEFFICIENTS,
    KEPT_DEFLATED,
    KEPT_STORED,
    MAX_LENGTH,
    NO_SUFFIX,
    SUFFIX_MAX,
    USUAL_SUFFIX,
)
from l3c.container.cursor import Cursor, varint
from l3c.container.structure import KeptFile
from l3c.errors import VersionError


def write_file_section(kept: KeptFile) -> bytes:
    """What section FILE holds of it."""
    suffix = b"" if kept.suffix == USUAL_SUFFIX else kept.suffix.encode() or NO_SUFFIX.encode()
    return b"".join([varint(len(suffix)), suffix, write_jpeg(kept)])


def read_file_section(cursor: Cursor) -> KeptFile:
    """All of section FILE. Raises VersionError, FormatError."""
    raw = bytes(cursor.take(cursor.varint(SUFFIX_MAX, "a suffix's length"), "a suffix"))
    try:
        suffix = raw.decode()
    except UnicodeDecodeError:
        raise cursor.fail("the suffix of a kept file is not UTF-8") from None
    if suffix in ("", NO_SUFFIX):
        return _read(cursor, "" if suffix else USUAL_SUFFIX)
    if suffix == USUAL_SUFFIX or not is_suffix(suffix):
        raise cursor.fail("the suffix of a kept file is not that of a file's name")
    return _read(cursor, suffix)


def is_suffix(text: str) -> bool:
    """Whether a file's name may end in a dot and this, or, if it is empty, without either."""
    return len(text.encode()) <= SUFFIX_MAX and text.isprintable() and not set(text) & set("./\\:")


def write_jpeg(kept: KeptFile) -> bytes:
    """A JPEG file in a section whose rest it is; its suffix does not matter."""
    return b"".join([bytes([kept.coder]), varint(kept.length), kept.crc.to_bytes(4, "little"), kept.data])


def read_jpeg(cursor: Cursor) -> KeptFile:
    """All that is left of a section. Raises VersionError, FormatError."""
    kept = _read(cursor, USUAL_SUFFIX)
    if kept.coder == KEPT_DEFLATED:
        raise VersionError(f"byte {cursor.offset}: a deflated JPEG file: unknown to this release")
    return kept


def _read(cursor: Cursor, suffix: str) -> KeptFile:
    coder = cursor.integer(1, "a kept file's coder")
    if coder not in KEPT_CODERS:
        raise VersionError(f"byte {cursor.offset}: coder {coder} of a kept file is unknown to this release")
    length, crc = cursor.varint(MAX_LENGTH, "a kept file's length"), cursor.integer(4, "its checksum")
    if coder == KEPT_STORED and length != cursor.left:
        raise cursor.fail(f"a file of {length} bytes is stored in {cursor.left}")
    offset, data = cursor.offset, cursor.take(cursor.left, "the kept file")
    if coder == KEPT_COEFFICIENTS:
        read_coded(data, offset)  # so that damage is found at once, and named with its place
    return KeptFile(coder, length, crc, data, suffix)
