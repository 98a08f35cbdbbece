"""Tiles of an image and what they become."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from l3c.codec import webp
from l3c.codec.models import TileModel
from l3c.codec.threads import in_order
from l3c.container.constants import STORED, WEBP
from l3c.container.tiling import Box

Samples = NDArray[np.uint8]


class Coded(NamedTuple):
    """A tile. coder: a model, STORED or WEBP. crc: of its samples."""

    coder: TileModel | int
    payload: bytes
    crc: int


def encode_tile(tile: Samples, model: TileModel) -> Coded:
    """The smallest of the samples themselves, the model's payload and, for drawings, WebP."""
    raw = tile.tobytes()
    payloads: list[tuple[TileModel | int, bytes]] = [(STORED, raw), (model, model.encode(tile))]
    if webp.is_worth_it(tile, min(len(payload) for _, payload in payloads)):
        payloads.append((WEBP, webp.encode(tile)))
    coder, payload = min(payloads, key=lambda found: len(found[1]))
    return Coded(coder, payload, crc32(raw))


@dataclass(frozen=True)
class Tiles:
    """components: each uint8 [height, width, channels]. places: (component, box) of each tile, in the file's order."""

    components: list[Samples]
    places: list[tuple[int, Box]]
    threads: int | None

    def samples(self, number: int) -> Samples:
        index, box = self.places[number]
        return np.ascontiguousarray(self.components[index][box.top : box.bottom, box.left : box.right])

    def coded(self, work: Callable[[int], Coded], numbers: list[int], progress: Callable[[float], None]) -> list[Coded]:
        """work(number) for some tiles, in their order, several at a time; progress is told the share done."""
        results = []
        for result in in_order(work, numbers, self.threads):
            results.append(result)
            progress(len(results) / len(numbers))
        return results
