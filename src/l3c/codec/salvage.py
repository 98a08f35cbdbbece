"""The tiles of a damaged file that are intact."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from l3c.codec.decode import Item, decode_item, in_turn, models_within, place_of, tile_items
from l3c.codec.models import TileModel
from l3c.codec.side_information import side_information
from l3c.container.constants import STORED
from l3c.container.structure import Contents, ImageHeader
from l3c.errors import FormatError
from l3c.history import registry
from l3c.history.plain import Components
from l3c.threads import in_order

Place = tuple[int, int, int, int]  # x, y, width, height


def salvage_samples(
    contents: Contents, threads: int, max_memory: int | None
) -> tuple[NDArray[Any], list[str], list[Place]]:
    """The image, 0 in every sample that depends on a tile that is lost; a line for each of those tiles; and where those
    samples are.

    A history makes samples of what tiles hold: 0 in a tile may become any sample, so samples are cleared, not tiles.

    Raises LimitError before memory is taken, and ModelError.
    """
    models = models_within(contents, threads, max_memory)
    components = [np.zeros((c.height, c.width, c.channels), np.uint8) for c in contents.header.components]
    lost: list[tuple[Item, str]] = []
    for items in in_turn(list(tile_items(contents)), contents.header):
        reasons = list(in_order(lambda item: _salvage(item, contents.header, components, models), items, threads))
        lost += [(item, reason) for item, reason in zip(items, reasons, strict=True) if reason]
    samples = registry.redo(components, contents.header)
    if lost and not samples.flags.writeable:
        samples = samples.copy()
    places = []
    for item, _ in lost:
        rows, columns, channels = registry.touched(contents.header, *item.place)
        samples[rows, columns, channels] = 0
        places.append((columns.start, rows.start, columns.stop - columns.start, rows.stop - rows.start))
    return samples[..., 0] if samples.shape[2] == 1 else samples, [reason for _, reason in lost], places


def _salvage(item: Item, header: ImageHeader, components: Components, models: list[TileModel]) -> str:
    """Fill in a tile; where it, or the luma that is its side information, is not intact, say why."""
    index, box = item.place
    if item.entry.coder == STORED and len(item.payload) != box.height * box.width * components[index].shape[2]:
        return f"{place_of(item.number, box)}: {len(item.payload)} bytes, which is not its size"
    try:
        known = side_information(header.components, index, box, components[0])
        tiles = decode_item(item, header, models, known)
    except FormatError as error:
        return str(error)
    for part, tile in tiles:
        components[part][box.top : box.bottom, box.left : box.right] = tile
    return ""
