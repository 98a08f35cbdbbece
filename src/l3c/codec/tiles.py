"""Tiles of an image and what they become."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from l3c.codec import deflate
from l3c.codec.coded import Coded
from l3c.codec.graphics import SMALL, attempt, is_decisive
from l3c.codec.models import DeepModel, TileModel
from l3c.codec.side_information import side_information
from l3c.container.constants import DEFLATED, GRAPHICS, STORED
from l3c.container.ranges import Shelf
from l3c.container.structure import Component
from l3c.container.tiling import Box
from l3c.graphics.drawings import is_drawn
from l3c.history.plain import join_deep
from l3c.threads import in_order

Samples = NDArray[np.uint8]
NOISY = 0.65
"""Of the bytes of deep samples: of those that take more, coded as one, the lower parts may be noise, which is stored,
and the upper ones alone a little smaller. By trial."""

T = TypeVar("T")


def encode_tile(tile: Samples, seen: Samples, model: TileModel, graphics: bytes | None, wide: bool = False) -> Coded:
    """The smallest of the samples themselves, the model's payload, the graphics payload and, for wide samples, deflate.

    Where the graphics payload is sure to be the smallest, the model is not run. seen: by the model.
    """
    raw = tile.tobytes()
    payloads: list[tuple[TileModel | int, bytes]] = [(STORED, raw)]
    if graphics is not None:
        payloads.append((GRAPHICS, graphics))
    if graphics is None or not is_decisive(tile, graphics):
        payloads.append((model, model.encode(seen)))
    if wide:
        payloads.append((DEFLATED, deflate.encode(tile)))
    coder, payload = min(payloads, key=lambda coded: len(coded[1]))
    return Coded(coder, payload, crc32(raw))


def encode_deep(parts: list[Samples], model: TileModel, depth: int) -> list[Coded]:
    """The tiles of both parts of deep samples: as one, or each for itself where that may be smaller, and is."""
    if not isinstance(model, DeepModel):
        return [encode_tile(part, part, model, attempt(part)) for part in parts]
    payload = model.encode_deep(join_deep(parts, depth, np.dtype(np.uint16)), depth)
    as_one = [Coded(model, data, crc32(part.tobytes()), True) for part, data in zip(parts, (payload, b""), strict=True)]
    if parts[0].size <= SMALL or all(map(is_drawn, parts)):
        apart = [encode_tile(part, part, model, attempt(part)) for part in parts]
    elif len(payload) < NOISY * sum(part.nbytes for part in parts):
        return as_one
    else:
        upper, lower = parts
        raw = lower.tobytes()
        apart = [encode_tile(upper, upper, model, None), Coded(STORED, raw, crc32(raw))]
    return min(as_one, apart, key=lambda tiles: sum(len(tile.payload) for tile in tiles))


@dataclass(frozen=True)
class Tiles:
    """components: each uint8 [height, width, channels]. places: (component, box) of each tile, in the file's order.

    shelf: where payloads wait, rather than in memory.
    """

    components: list[Samples]
    places: list[tuple[int, Box]]
    threads: int | None
    shelf: Shelf | None = None

    def shelved(self, tile: Coded) -> Coded:
        """The same, its payload on the shelf if there is one."""
        return tile if self.shelf is None else tile._replace(payload=self.shelf.put(tile.payload))

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

    def after(self, number: int) -> int:
        """The tile at the same place in the next component, of the same size."""
        return number + sum(1 for index, _ in self.places if index == self.places[number][0])

    def coded(self, work: Callable[[int], T], numbers: list[int], progress: Callable[[float], None]) -> list[T]:
        """work(number) for some tiles, in their order, several at a time. progress: called with the share done."""
        results = []
        for result in in_order(work, numbers, self.threads):
            results.append(result)
            progress(len(results) / len(numbers))
        return results
