"""What a tile becomes."""

from __future__ import annotations

from typing import NamedTuple

from l3c.codec.models import TileModel
from l3c.container.ranges import Shelved


class Coded(NamedTuple):
    """A tile. coder: a model, STORED, GRAPHICS or DEFLATED. crc: of its samples. deep: whether it holds one of the two
    parts of deep samples that are coded as one, all of them in the payload of the upper part.
    """

    coder: TileModel | int
    payload: bytes | Shelved
    crc: int
    deep: bool = False
