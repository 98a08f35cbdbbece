"""What a tile becomes."""

from __future__ import annotations

from typing import NamedTuple

from l3c.codec.models import TileModel


class Coded(NamedTuple):
    """A tile. coder: a model, STORED, GRAPHICS or DEFLATED. crc: of its samples."""

    coder: TileModel | int
    payload: bytes
    crc: int
