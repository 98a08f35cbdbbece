"""The way of a file through l3c, as the command goes it, in memory."""

from __future__ import annotations

from l3c.bulk.kinds import Decoding, Encoding

ENCODING, DECODING = Encoding(effort=1), Decoding()


def encode(data: bytes, name: str) -> tuple[bytes, list[str]]:
    """The l3c file, and what of the source it does not give back. Raises L3CError where it is refused."""
    packed, _ = ENCODING.make(data, name, name + ".l3c")
    return packed, ENCODING.check(data, packed, name, name + ".l3c")


def decode(packed: bytes, name: str) -> bytes:
    """The picture file, in the format of the name's suffix. Raises L3CError where that cannot hold it."""
    return DECODING.make(packed, name + ".l3c", name)[0]
