"""Samples to a file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from l3c.codec.models import TileModel
from l3c.codec.threads import in_order
from l3c.container.constants import FIRST_MODEL, STORED
from l3c.container.structure import Contents, ImageHeader, ModelReference, Palette, TileEntry
from l3c.container.tiling import Box, tiles_of
from l3c.container.write import write_file

Samples = NDArray[np.uint8]
Progress = Callable[[float], None]


def encode_components(
    header: ImageHeader,
    components: list[Samples],
    models: Mapping[int, TileModel],
    metadata: dict[bytes, bytes],
    threads: int | None,
    progress: Progress,
    palette: Palette | None = None,
) -> bytes:
    """components: the header's, each uint8 [height, width, channels]. models: by the number of channels.

    progress is told the share done, 0..1. Equal bytes for any threads.
    """
    side = max(model.tile for model in models.values())
    tiles = tiles_of(header, side)

    def work(place: tuple[int, Box]) -> tuple[TileModel | None, TileEntry, bytes]:
        index, box = place
        tile = components[index][box.top : box.bottom, box.left : box.right]
        return encode_tile(np.ascontiguousarray(tile), models[tile.shape[2]])

    coded = []
    for result in in_order(work, tiles, threads):
        coded.append(result)
        progress(len(coded) / len(tiles))
    used = list(dict.fromkeys(model for model, _, _ in coded if model))
    entries = [TileEntry(coder_of(model, used), entry.length, entry.crc) for model, entry, _ in coded]
    references = [ModelReference(model.digest, model.name) for model in used]
    data = b"".join(payload for _, _, payload in coded)
    return write_file(Contents(header, references, side, entries, data, metadata, palette))


def coder_of(model: TileModel | None, used: list[TileModel]) -> int:
    """The number of a tile's coder in a file that lists the models used."""
    return STORED if model is None else FIRST_MODEL + used.index(model)


def encode_tile(tile: Samples, model: TileModel) -> tuple[TileModel | None, TileEntry, bytes]:
    """The model's payload, or the samples themselves, without a model, where they are no longer."""
    raw = tile.tobytes()
    payload = model.encode(tile)
    chosen, coder = (payload, model) if len(payload) < len(raw) else (raw, None)
    return coder, TileEntry(STORED, len(chosen), crc32(raw)), chosen
