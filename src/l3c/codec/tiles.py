"""Tiles of an image and what they become."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from l3c.codec import deflate, webp
from l3c.codec.models import TileModel
from l3c.codec.side_information import side_information
from l3c.container.constants import DEFLATED, STORED, WEBP
from l3c.container.structure import Component
from l3c.container.tiling import Box
from l3c.threads import in_order

Samples = NDArray[np.uint8]


class Coded(NamedTuple):
    """A tile. coder: a model, STORED, WEBP or DEFLATED. crc: of its samples."""

    coder: TileModel | int
    payload: bytes
    crc: int


def encode_tile(tile: Samples, seen: Samples, model: TileModel, wide: bool = False) -> Coded:
    """The smallest of the samples themselves, the model's payload and, for drawings, WebP, for wide samples deflate.

    Blank tiles, for which WebP needs fewer bytes than a model can, are not given to one. seen: by the model.
    """
    raw = tile.tobytes()
    glanced = webp.glance(tile)
    if glanced is not None and webp.is_blank(tile, glanced):
        return Coded(WEBP, webp.encode_blank(tile), crc32(raw))
    payloads: list[tuple[TileModel | int, bytes]] = [(STORED, raw), (model, model.encode(seen))]
    if wide:
        payloads.append((DEFLATED, deflate.encode(tile)))
    if glanced is not None and webp.may_be_smaller(glanced, min(len(payload) for _, payload in payloads)):
        payloads.append((WEBP, webp.encode(tile)))
    coder, payload = min(payloads, key=lambda coded: len(coded[1]))
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

    def model(self, number: int, models: Mapping[int, TileModel]) -> TileModel:
        """The model for the number of channels that a tile has."""
        return models[self.components[self.places[number][0]].shape[2]]

    def seen(self, index: int, box: Box) -> Samples:
        """The input of a component's model: the samples of the side information, then the component's own."""
        samples = np.ascontiguousarray(self.components[index][box.top : box.bottom, box.left : box.right])
        known = side_information([Component(*c.shape) for c in self.components], index, box, self.components[0])
        return samples if known is None else np.concatenate([known, samples], axis=2)

    def whole(self, index: int) -> Samples:
        """All of a component, as `seen`."""
        return self.seen(index, Box(0, 0, *self.components[index].shape[:2]))

    def coded(self, work: Callable[[int], Coded], numbers: list[int], progress: Callable[[float], None]) -> list[Coded]:
        """work(number) for some tiles, in their order, several at a time. progress: called with the share done."""
        results = []
        for result in in_order(work, numbers, self.threads):
            results.append(result)
            progress(len(results) / len(numbers))
        return results
