"""Samples to a file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from zlib import crc32

from l3c.codec import webp
from l3c.codec.adapt import adapted_tiles
from l3c.codec.models import AdaptedModel, TileModel
from l3c.codec.tiles import Coded, Samples, Tiles, encode_tile
from l3c.container.constants import FIRST_MODEL, TILE_SIDE_MIN, WEBP, WIDE_BITS_MIN
from l3c.container.structure import Adaptation, Contents, ImageHeader, ModelReference, Palette, TileEntry
from l3c.container.tiling import tiles_of
from l3c.container.write import write_file
from l3c.history.drawings import is_drawn

Progress = Callable[[float], None]


def encode_components(
    header: ImageHeader,
    components: list[Samples],
    models: Mapping[int, TileModel],
    metadata: dict[bytes, bytes],
    threads: int | None,
    progress: Progress,
    palette: Palette | None = None,
    effort: int = 1,
) -> list[bytes]:
    """Every file that was tried, from which the caller takes the smallest.

    components: the header's, each uint8 [height, width, channels]. models: by the number of channels.

    progress: called with the share done, 0..1. Equal bytes for any threads. effort: 1..9; with more than 1, models are
    adapted to the components.
    """
    side = max(model.tile for model in models.values())
    tiles, wide = Tiles(components, tiles_of(header, side), threads), header.depth >= WIDE_BITS_MIN
    coded = tiles.coded(
        lambda n: encode_tile(tiles.samples(n), tiles.seen(*tiles.places[n]), tiles.model(n, models), wide),
        list(range(len(tiles.places))),
        lambda share: progress(share / effort),
    )
    files = [assemble(header, side, coded, metadata, palette)]
    if any(c.coder == WEBP for c in coded) and not wide:
        files += encode_drawing(header, components, metadata, palette)
    for adapted in adapted_tiles(tiles, coded, models, effort, lambda share: progress(share + 1 / effort)):
        files.append(assemble(header, side, adapted, metadata, palette))
    return files


def encode_drawing(
    header: ImageHeader, components: list[Samples], metadata: dict[bytes, bytes], palette: Palette | None
) -> list[bytes]:
    """The file that holds a drawing as WebP in the largest tiles, mostly one; of other images none."""
    if not is_drawn(components[0]):
        return []
    side = webp_side(header)
    return [assemble(header, side, encode_whole(header, side, components), metadata, palette)]


def encode_differences(header: ImageHeader, components: list[Samples], metadata: dict[bytes, bytes]) -> bytes:
    """A file whose history gives nearly all: what is left, nothing in most places, is coded as WebP, quickly."""
    side = webp_side(header)
    tiles = [components[index][box.top : box.bottom, box.left : box.right] for index, box in tiles_of(header, side)]
    coded = [Coded(WEBP, webp.encode(tile, effort=webp.QUICK), crc32(tile.tobytes())) for tile in tiles]
    return assemble(header, side, coded, metadata, None)


def webp_side(header: ImageHeader) -> int:
    """Side of tiles that hold a whole component each, whichever is the largest, if WebP takes it in one piece.

    Not that of the picture: low bits may be packed wider.
    """
    whole = max(TILE_SIDE_MIN, *(max(c.height, c.width) for c in header.components))
    pixels = max(c.height * c.width for c in header.components)
    return whole if whole <= webp.SIDE_MAX and pixels <= webp.PIXELS_MAX else webp.SIDE_OF_LARGE


def encode_whole(header: ImageHeader, side: int, components: list[Samples]) -> list[Coded]:
    """Each tile as WebP; an alpha plane of bytes goes along with the colours before it."""
    tiles = [components[index][box.top : box.bottom, box.left : box.right] for index, box in tiles_of(header, side)]
    if header.alpha_goes_along:
        half = len(tiles) // 2
        both = list(zip(tiles[:half], tiles[half:], strict=True))
        coded = [Coded(WEBP, webp.encode_drawing(colours, alpha), crc32(colours.tobytes())) for colours, alpha in both]
        return coded + [Coded(WEBP, b"", crc32(alpha.tobytes())) for _, alpha in both]
    return [Coded(WEBP, webp.encode_drawing(tile), crc32(tile.tobytes())) for tile in tiles]


def assemble(
    header: ImageHeader, side: int, coded: list[Coded], metadata: dict[bytes, bytes], palette: Palette | None
) -> bytes:
    """The file; it lists the models that its tiles use, and their adaptations."""
    used = list(dict.fromkeys(tile.coder for tile in coded if not isinstance(tile.coder, int)))
    adapted = [model for model in used if isinstance(model, AdaptedModel)]
    plain = list(dict.fromkeys(model.base if isinstance(model, AdaptedModel) else model for model in used))
    numbers = {model: FIRST_MODEL + i for i, model in enumerate([*plain, *adapted])}
    entries = [
        TileEntry(tile.coder if isinstance(tile.coder, int) else numbers[tile.coder], len(tile.payload), tile.crc)
        for tile in coded
    ]
    references = [ModelReference(model.digest, model.name) for model in plain]
    adaptations = [Adaptation(plain.index(model.base), model.adaptation) for model in adapted]
    data = b"".join(tile.payload for tile in coded)
    return write_file(Contents(header, references, side, entries, data, metadata, palette, adaptations=adaptations))
