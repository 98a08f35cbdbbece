"""The way of a file through l3c, as the command and folder runs go it, in memory."""

from __future__ import annotations

from l3c.container.read import read_file
from l3c.convert.files import DecodeOptions, EncodeOptions, check_encoded, decode_file, encode_file, target_name
from l3c.storage.draft import Draft
from l3c.storage.large import whole


def encode(data: bytes, name: str, pixels: bool) -> bytes:
    """The l3c file. Raises L3CError where it is refused. pixels: never keep the file itself."""
    with Draft() as draft:
        encode_file(data, name, draft, EncodeOptions(effort=1, pixels=pixels, threads=1))
        return whole(draft.content())


def lost(data: bytes, packed: bytes, name: str) -> tuple[str, ...]:
    """What of the source the l3c file does not give back. Raises L3CError where that is its pixels."""
    return check_encoded(data, packed, name, EncodeOptions(threads=1))


def target(packed: bytes, name: str) -> str:
    """What the picture of the l3c file of a name is called. Raises L3CError where no format can hold it."""
    return target_name(name + ".l3c", read_file(packed))


def decode(packed: bytes, name: str, target: str, named: bool) -> bytes:
    """The picture file, in the format of the target's suffix. Raises L3CError where that cannot hold it.

    named: the target is asked for by a person.
    """
    with Draft() as draft:
        decode_file(packed, name + ".l3c", target, draft, DecodeOptions(threads=1), named=named)
        return whole(draft.content())
