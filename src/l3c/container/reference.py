"""How a file names a model: by the first bytes of its digest, and by a name for messages (format 2.5)."""

from __future__ import annotations

from l3c.container.constants import DIGEST_BYTES, MAX_NAME
from l3c.container.cursor import Cursor, varint
from l3c.container.structure import ModelReference


def write_reference(reference: ModelReference) -> bytes:
    name = reference.name.encode()
    return b"".join([reference.digest[:DIGEST_BYTES], varint(len(name)), name])


def read_reference(cursor: Cursor) -> ModelReference:
    """Raises FormatError."""
    digest = bytes(cursor.take(DIGEST_BYTES, "a model's digest"))
    raw = bytes(cursor.take(cursor.varint(MAX_NAME, "a name's length"), "a model's name"))
    try:
        name = raw.decode()
    except UnicodeDecodeError:
        raise cursor.fail("a model's name is not UTF-8") from None
    if not name.isprintable():  # it stands in messages, and must not steer a terminal
        raise cursor.fail("a model's name has characters that cannot be printed")
    return ModelReference(digest, name)
