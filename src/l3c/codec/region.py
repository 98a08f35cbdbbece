"""A part of an image, from the tiles that it needs."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from l3c.codec import past
from l3c.codec.decode import Item, check_memory, decode_tile, tile_items
from l3c.codec.models import models_of
from l3c.codec.pasts.corrections import correct
from l3c.codec.threads import in_order
from l3c.container.lazy import Payloads
from l3c.container.structure import Contents
from l3c.container.tiling import Box


def decode_region(contents: Contents, data: Payloads, box: Box, threads: int, max_memory: int | None) -> NDArray[Any]:
    """[box.height, box.width] of one channel, else [box.height, box.width, channels]; box lies inside the image.

    data: the payloads; only those of tiles that are needed are taken. max_memory in bytes; None is 4 GiB.

    Raises LimitError before memory is taken, and what `decode_samples` raises of these tiles.
    """
    header = contents.header
    part = past.part_around(header, box)
    check_memory(contents, threads, max_memory, part.header)
    components = _components(contents, data, part.boxes, threads)
    pixels = past.redo(components, part.header)[box.within(part.box)]
    correct(pixels, header, box)
    samples = np.ascontiguousarray(pixels)
    return samples[..., 0] if samples.shape[2] == 1 else samples


def _components(contents: Contents, data: Payloads, boxes: list[Box], threads: int) -> list[NDArray[np.uint8]]:
    """The boxes of the components."""
    models = models_of(contents)
    channels = [c.channels for c in contents.header.components]
    found = [np.empty((box.height, box.width, n), np.uint8) for box, n in zip(boxes, channels, strict=True)]

    def work(item: Item) -> None:
        number, entry, (index, box), payload = item
        tile = decode_tile(number, entry, box, payload, channels[index], models)
        both = box.common(boxes[index])
        found[index][both.within(boxes[index])] = tile[both.within(box)]

    items = list(tile_items(contents, data, lambda index, box: box.meets(boxes[index])))
    for _ in in_order(work, items, threads):
        pass
    return found
