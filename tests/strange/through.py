"""The way of a file's pixels through l3c, as the command goes it, in memory."""

from __future__ import annotations

from l3c import convert

ENCODING = convert.EncodeOptions(effort=1, pixels=True)
"""Pixels: a file that is small would be kept whole, which tells nothing of its reader."""

DECODING = convert.DecodeOptions()


def encode(data: bytes, name: str) -> tuple[bytes, list[str]]:
    """The l3c file, and what of the source it does not give back. Raises L3CError where it is refused."""
    packed = convert.encode_file(data, name, ENCODING).data
    return packed, list(convert.check_encoded(data, packed, name, ENCODING))


def decode(packed: bytes, name: str) -> bytes:
    """The picture file, in the format of the name's suffix. Raises L3CError where that cannot hold it."""
    return convert.decode_file(packed, name + ".l3c", name, DECODING).data
