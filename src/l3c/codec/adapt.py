"""Effort: models are adapted to the components of an image, as long as that makes its file smaller."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from l3c.codec.coded import Coded
from l3c.codec.models import AdaptableModel, AdaptedModel, TileModel
from l3c.codec.tiles import Tiles
from l3c.threads import in_order

Adaptations = Iterator[bytes]


def adapted_tiles(
    tiles: Tiles, coded: list[Coded], models: Mapping[int, TileModel], effort: int, progress: Callable[[float], None]
) -> Iterator[list[Coded]]:
    """Yield all tiles, each time with the best adaptations so far. coded: without any.

    progress: called with the share done. A lower effort gives the first ones of a higher one.
    """
    searches = dict(_searches(tiles, coded, models, effort)) if effort > 1 else {}
    best = list(coded)
    for turn in range(1, effort):
        for index, data in _next(searches, tiles.threads):
            model = models[tiles.components[index].shape[2]]
            assert isinstance(model, AdaptableModel)
            numbers = [n for n, (component, _) in enumerate(tiles.places) if component == index]
            _improve(best, _tried(tiles, coded, numbers, model.adapted(data)), numbers)
            yield list(best)
        progress(turn / effort)


def _searches(
    tiles: Tiles, coded: list[Coded], models: Mapping[int, TileModel], effort: int
) -> Iterator[tuple[int, Adaptations]]:
    """Of each component that has tiles coded with a model that can be adapted."""
    for index, samples in enumerate(tiles.components):
        model = models[samples.shape[2]]
        used = any(
            c.coder is model and i == index and not c.deep for c, (i, _) in zip(coded, tiles.places, strict=True)
        )
        if used and isinstance(model, AdaptableModel):
            yield index, model.adaptations(tiles.whole(index), effort)


def _next(searches: dict[int, Adaptations], threads: int | None) -> list[tuple[int, bytes]]:
    """Each search's next adaptation."""
    adaptations = in_order(lambda item: (item[0], next(item[1], None)), list(searches.items()), threads)
    return [(index, data) for index, data in adaptations if data is not None]


def _tried(tiles: Tiles, coded: list[Coded], numbers: list[int], model: TileModel) -> list[Coded]:
    """A component's tiles: as they are without an adaptation, or with it where that is smaller."""

    def work(number: int) -> Coded:
        before = coded[number]
        if isinstance(before.coder, int) or before.deep:
            return before
        payload = model.encode(tiles.seen(*tiles.places[number]))
        return tiles.shelved(min(before, Coded(model, payload, before.crc), key=lambda c: len(c.payload)))

    return tiles.coded(work, numbers, lambda share: None)


def _improve(best: list[Coded], tried: list[Coded], numbers: list[int]) -> None:
    """Take over a component's tiles where they and their adaptation are smaller than the best so far."""
    if _size(tried) < _size([best[n] for n in numbers]):
        for number, smaller in zip(numbers, tried, strict=True):
            best[number] = smaller


def _size(coded: list[Coded]) -> int:
    adaptations = {c.coder.adaptation for c in coded if isinstance(c.coder, AdaptedModel)}
    return sum(len(c.payload) for c in coded) + sum(map(len, adaptations))
