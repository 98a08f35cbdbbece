"""Samples to a file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from l3c.codec import webp
from l3c.codec.models import TileModel
from l3c.codec.threads import in_order
from l3c.container.constants import ALPHA_LAYOUTS, FIRST_MODEL, STORED, TILE_SIDE_MIN, WEBP
from l3c.container.structure import Contents, ImageHeader, ModelReference, Palette, TileEntry
from l3c.container.tiling import Box, tiles_of
from l3c.container.write import write_file

Samples = NDArray[np.uint8]
Progress = Callable[[float], None]


class Coded(NamedTuple):
    """A tile. coder: a model, STORED or WEBP. crc: of its samples."""

    coder: TileModel | int
    payload: bytes
    crc: int


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

    def work(place: tuple[int, Box]) -> Coded:
        index, box = place
        tile = components[index][box.top : box.bottom, box.left : box.right]
        return encode_tile(np.ascontiguousarray(tile), models[tile.shape[2]])

    coded = []
    for result in in_order(work, tiles, threads):
        coded.append(result)
        progress(len(coded) / len(tiles))
    files = [assemble(header, side, coded, metadata, palette), *encode_drawing(header, components, metadata, palette)]
    return min(files, key=len)


def encode_drawing(
    header: ImageHeader, components: list[Samples], metadata: dict[bytes, bytes], palette: Palette | None
) -> list[bytes]:
    """The file that holds a drawing as one WebP, without tiles; of other images none."""
    if side_of_whole(header) > webp.SIDE_MAX or not webp.is_drawn(components[0]):
        return []
    return [assemble(header, side_of_whole(header), encode_whole(header, components), metadata, palette)]


def encode_differences(header: ImageHeader, components: list[Samples], metadata: dict[bytes, bytes]) -> bytes:
    """A file whose past gives nearly all: what is left, nothing in most places, is coded as WebP, quickly."""
    side = min(side_of_whole(header), webp.SIDE_MAX)
    tiles = [components[index][box.top : box.bottom, box.left : box.right] for index, box in tiles_of(header, side)]
    coded = [Coded(WEBP, webp.encode(tile, effort=webp.QUICK), crc32(tile.tobytes())) for tile in tiles]
    return assemble(header, side, coded, metadata, None)


def side_of_whole(header: ImageHeader) -> int:
    """Side of a tile that holds the whole image."""
    return max(header.height, header.width, TILE_SIDE_MIN)


def encode_whole(header: ImageHeader, components: list[Samples]) -> list[Coded]:
    """Each component as one WebP; an alpha plane of bytes goes along with the colours before it."""
    with_alpha = header.layout in ALPHA_LAYOUTS and header.depth <= 8
    if with_alpha:
        colours, alpha = components
        return [
            Coded(WEBP, webp.encode(colours, alpha), crc32(colours.tobytes())),
            Coded(WEBP, b"", crc32(alpha.tobytes())),
        ]
    return [Coded(WEBP, webp.encode(c), crc32(c.tobytes())) for c in components]


def assemble(
    header: ImageHeader, side: int, coded: list[Coded], metadata: dict[bytes, bytes], palette: Palette | None
) -> bytes:
    """The file; it lists the models that its tiles use."""
    used = list(dict.fromkeys(c.coder for c in coded if not isinstance(c.coder, int)))
    numbers = {model: FIRST_MODEL + i for i, model in enumerate(used)}
    entries = [
        TileEntry(c.coder if isinstance(c.coder, int) else numbers[c.coder], len(c.payload), c.crc) for c in coded
    ]
    references = [ModelReference(model.digest, model.name) for model in used]
    data = b"".join(c.payload for c in coded)
    return write_file(Contents(header, references, side, entries, data, metadata, palette))


def encode_tile(tile: Samples, model: TileModel) -> Coded:
    """The smallest of the samples themselves, the model's payload and, for drawings, WebP."""
    raw = tile.tobytes()
    payloads: list[tuple[TileModel | int, bytes]] = [(STORED, raw), (model, model.encode(tile))]
    if webp.is_drawn(tile):
        payloads.append((WEBP, webp.encode(tile)))
    coder, payload = min(payloads, key=lambda found: len(found[1]))
    return Coded(coder, payload, crc32(raw))
