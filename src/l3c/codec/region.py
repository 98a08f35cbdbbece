"""A part of an image, from the tiles that it needs."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from l3c.codec.decode import Item, decode_item, in_turn, models_within, tile_items
from l3c.codec.models import TileModel
from l3c.codec.side_information import is_conditional, luma_under, side_information
from l3c.container.ranges import Payloads
from l3c.container.structure import Contents
from l3c.container.tiling import Box, tiles_of
from l3c.history import registry
from l3c.history.corrections import correct
from l3c.threads import in_order


def decode_region(contents: Contents, data: Payloads, box: Box, threads: int, max_memory: int | None) -> NDArray[Any]:
    """[box.height, box.width] of one channel, else [box.height, box.width, channels]; box lies inside the image.

    data: the payloads; only those of tiles that are needed are taken. max_memory in bytes; None is 4 GiB.

    Raises LimitError before memory is taken, and what `decode_samples` raises of these tiles.
    """
    header = contents.header
    part = registry.part_around(header, box)
    models = models_within(contents, threads, max_memory, made=part.header)
    components = _components(contents, data, part.boxes, threads, models)
    pixels = registry.redo(components, part.header)[box.within(part.box)]
    correct(pixels, header, box)
    samples = np.ascontiguousarray(pixels)
    return samples[..., 0] if samples.shape[2] == 1 else samples


def _components(
    contents: Contents, data: Payloads, boxes: list[Box], threads: int, models: list[TileModel]
) -> list[NDArray[np.uint8]]:
    """The boxes of the components."""
    planes = contents.header.components
    held = [_with_side_information(contents, boxes), *boxes[1:]]
    components = [np.empty((box.height, box.width, c.channels), np.uint8) for box, c in zip(held, planes, strict=True)]

    def work(item: Item) -> None:
        index, box = item.place
        known = side_information(planes, index, box, components[0], held[0])
        both = box.common(held[index])
        for part, tile in decode_item(item, contents.header, models, known):
            components[part][both.within(held[index])] = tile[both.within(box)]

    items = list(tile_items(contents, data, lambda index, box: box.meets(held[index])))
    for turn in in_turn(items, contents.header):
        for _ in in_order(work, turn, threads):
            pass
    return [components[0][boxes[0].within(held[0])], *components[1:]]


def _with_side_information(contents: Contents, boxes: list[Box]) -> Box:
    """Of the first component its box, and the side information of the tiles that the other boxes need."""
    planes, all_boxes = contents.header.components, [boxes[0]]
    for index, box in tiles_of(contents.header, contents.tile_side):
        if is_conditional(planes[index]) and box.meets(boxes[index]):
            all_boxes.append(luma_under(planes, index, box))
    tops, lefts, bottoms, rights = zip(*((b.top, b.left, b.bottom, b.right) for b in all_boxes), strict=True)
    return Box(min(tops), min(lefts), max(bottoms), max(rights))
