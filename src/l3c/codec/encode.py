"""Samples to a file."""

from __future__ import annotations

from collections.abc import Callable
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from l3c.codec.models import TileModel
from l3c.codec.threads import in_order
from l3c.container.constants import FIRST_MODEL, GRAY, RGB, STORED
from l3c.container.structure import Contents, ImageHeader, ModelReference, TileEntry
from l3c.container.tiling import Box, boxes
from l3c.container.write import write_file

Samples = NDArray[np.uint8]
Progress = Callable[[float], None]


def encode_samples(
    samples: Samples, model: TileModel, metadata: dict[bytes, bytes], threads: int | None, progress: Progress
) -> bytes:
    """samples: uint8 [height, width, 1 or 3]. progress is told the share done, 0..1. Equal bytes for any threads."""
    height, width, channels = samples.shape
    header = ImageHeader(RGB if channels == 3 else GRAY, height, width)
    tiles = boxes(height, width, model.tile)

    def work(box: Box) -> tuple[TileEntry, bytes]:
        return encode_tile(np.ascontiguousarray(samples[box.top : box.bottom, box.left : box.right]), model)

    entries, payloads = [], []
    for entry, payload in in_order(work, tiles, threads):
        entries.append(entry)
        payloads.append(payload)
        progress(len(entries) / len(tiles))
    used = any(entry.coder != STORED for entry in entries)
    models = [ModelReference(model.digest, model.name)] if used else []
    return write_file(Contents(header, models, model.tile, entries, b"".join(payloads), metadata))


def encode_tile(tile: Samples, model: TileModel) -> tuple[TileEntry, bytes]:
    """The model's payload, or the samples themselves where they are no longer."""
    raw = tile.tobytes()
    payload = model.encode(tile)
    coder = FIRST_MODEL if len(payload) < len(raw) else STORED
    chosen = payload if coder == FIRST_MODEL else raw
    return TileEntry(coder, len(chosen), crc32(raw)), chosen
