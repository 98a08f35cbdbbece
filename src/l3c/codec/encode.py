"""Samples to a file."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from l3c.codec import graphics
from l3c.codec.adapt import adapted_tiles
from l3c.codec.coded import Coded
from l3c.codec.models import AdaptedModel, TileModel
from l3c.codec.tiles import Samples, Tiles, encode_deep, encode_tile
from l3c.container.constants import FIRST_MODEL, WIDE_BITS_MIN
from l3c.container.deep import deep_components
from l3c.container.ranges import Parts, Shelf
from l3c.container.sole import is_sole, sole_side
from l3c.container.structure import Adaptation, Contents, ImageHeader, ModelReference, Palette, TileEntry
from l3c.container.tiling import tiles_of
from l3c.container.write import write_parts
from l3c.graphics.drawings import is_drawn

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
    first_drawn: bool | None = None,
    shelf: Shelf | None = None,
) -> list[Parts]:
    """Every file that was tried, from which the caller takes the smallest.

    components: the header's, each uint8 [height, width, channels]. models: by the number of channels.

    progress: called with the share done, 0..1. Equal bytes for any threads. effort: 1..9; with more than 1, models are
    adapted to the components. first_drawn: whether the first component is a drawing, if that is known. shelf: where
    payloads wait, rather than in memory.
    """
    side, wide = max(model.tile for model in models.values()), header.depth >= WIDE_BITS_MIN
    tiles = Tiles(components, tiles_of(header, side), threads, shelf)
    deep = deep_components(header)
    if first_drawn is None:
        first_drawn = not wide and is_drawn(components[0])
    drawn = not wide and first_drawn and (not deep or all(map(is_drawn, components[1:])))
    if drawn and not deep:
        drawn = graphics.may_pay(components[0], models[components[0].shape[2]].encode)
    drawing = graphics.encode_whole(header, components) if drawn else None
    files = [] if drawing is None else [assemble(header, graphics.side_of(header), drawing, metadata, palette)]
    if drawing is not None and not deep and graphics.is_decisive(components[0], drawing[0].payload[:]):
        return files
    tried = drawing if drawing is not None and len(tiles.places) == len(drawing) else None

    def work(number: int) -> list[tuple[int, Coded]]:
        samples, model, (index, _) = tiles.samples(number), tiles.model(number, models), tiles.places[number]
        if index in deep:
            both = [number, tiles.after(number)]
            parts = encode_deep([tiles.samples(n) for n in both], model, deep[index])
            return list(zip(both, map(tiles.shelved, parts), strict=True))
        seen = tiles.seen(*tiles.places[number])
        asked = model.encode if seen.shape == samples.shape else None
        alone = drawn if number == 0 and len(tiles.places) == len(components) else None
        known = graphics.attempt(samples, asked, alone) if tried is None else tried[number].payload[:] or None
        return [(number, tiles.shelved(encode_tile(samples, seen, model, known, wide)))]

    numbers = [n for n, (index, _) in enumerate(tiles.places) if index - 1 not in deep]
    found = dict(pair for pairs in tiles.coded(work, numbers, lambda s: progress(s / effort)) for pair in pairs)
    coded = [found[number] for number in range(len(tiles.places))]
    if tried is None and header.alpha_goes_along:
        coded = graphics.with_alpha(coded, tiles.samples)
    files.append(assemble(header, side, coded, metadata, palette))
    for adapted in adapted_tiles(tiles, coded, models, effort, lambda share: progress(share + 1 / effort)):
        files.append(assemble(header, side, adapted, metadata, palette))
    return files


def encode_drawing(
    header: ImageHeader, components: list[Samples], metadata: dict[bytes, bytes], palette: Palette | None = None
) -> Parts:
    """A file of graphics payloads, in the largest tiles, mostly one."""
    return assemble(header, graphics.side_of(header), graphics.encode_whole(header, components), metadata, palette)


def assemble(
    header: ImageHeader, side: int, coded: list[Coded], metadata: dict[bytes, bytes], palette: Palette | None
) -> Parts:
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
    payloads = [tile.payload for tile in coded]
    if not adapted and is_sole(header, entries, sum(map(len, payloads)), len(plain)):
        side = sole_side(header)
    contents = Contents(header, references, side, entries, b"", metadata, palette, adaptations=adaptations)
    return write_parts(contents, payloads)
