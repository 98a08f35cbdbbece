"""One image as several files, and the smallest of them that gives the image back.

This is the one place that decides how an image is coded: by which history, and whether as a drawing or as differences
from a JPEG file. Which coder a tile takes is decided in `tiles`, how models adapt in `adapt`.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from l3c.codec.encode import Progress, encode_components, encode_drawing
from l3c.codec.graphics import DECISIVE_SHARE
from l3c.codec.models import codes, find_model
from l3c.codec.proof import Candidate, Expected, prove
from l3c.container.constants import JOINT_CHROMA, PALETTE
from l3c.container.history import ColourTable, DecodedJpeg, ValueTable
from l3c.container.ranges import Parts, Shelf
from l3c.container.structure import ImageHeader
from l3c.errors import FormatError, L3CError, L3CWarning
from l3c.graphics.drawings import is_drawn, repeated_share
from l3c.history import registry
from l3c.history.joint_chroma import join_chroma
from l3c.history.plain import BYTE, Components, to_components, to_numbers
from l3c.history.residuals import kind as residuals
from l3c.history.value_table import kind as value_table
from l3c.threads import part_of

SMALL_PIXELS = 1 << 16
"""Up to which a history of gray in RGB, some 30 bytes, may outweigh what two channels that repeat one cost.

Of gray photographs as RGB, 64 x 64 pixels with a history were up to 1.6 % larger than without, 0.2 megapixels 1.2 to
5.4 % smaller. Coding 2^16 pixels once more takes 25 milliseconds.
"""

Way = tuple[ImageHeader, Components]
"""A header, and the components that it says, each uint8 [height, width, channels]."""


@dataclass(frozen=True)
class Settings:
    """The arguments of an encoder, as of `l3c.encode`. limit: bytes beyond which no history is looked for.

    shelf: where payloads wait, rather than in memory.
    """

    model: str
    device: str
    threads: int | None
    effort: int
    history: bool
    limit: int
    progress: Progress
    shelf: Shelf | None = None


def smallest_file(header: ImageHeader, expected: Expected, settings: Settings) -> Parts:
    """The smallest file that was tried and passes `prove`; each that does not is dropped with an L3CWarning.

    header: of the image, without a history. expected: samples, metadata sections and palette, which the file gives
    back. Raises ModelError, EngineError, and L3CError where no file is left.
    """
    candidates = sorted(_candidates(header, expected, settings), key=lambda candidate: len(candidate.data))
    for candidate in candidates:
        try:
            prove(candidate, expected, settings.threads)
        except FormatError as error:
            history = candidate.header.history.name if candidate.header.history else "none"
            text = f"a file of {len(candidate.data)} bytes (history: {history}) was dropped: {error}"
            warnings.warn(f"{text}; please report this", L3CWarning, stacklevel=3)
        else:
            return candidate.data
    raise L3CError("nothing that was encoded gives the image back: a fault of l3c, please report it")


def _candidates(header: ImageHeader, expected: Expected, settings: Settings) -> Iterator[Candidate]:
    """Files of the image: by models in every way that may be the smallest, as a drawing, from a JPEG file."""
    numbers = to_numbers(expected.samples, header)
    plain = header, to_components(numbers, header)
    drawn = is_drawn(plain[1][0])
    ways = _ways(numbers, header, settings, drawn and repeated_share(plain[1][0]) > DECISIVE_SHARE)
    found = ways[0][0].history
    gray = isinstance(found, ValueTable) and found.gray
    indexed = None if gray else registry.KINDS[ColourTable].module.undo(numbers, header)
    steps = len(ways) + (indexed is not None)
    for number, way in enumerate(ways):
        known = None if way[0].history else drawn
        yield from _coded(way, expected, settings, part_of(settings.progress, number, steps), known)
    dithered = not drawn and (indexed is not None or (header.layout == PALETTE and header.depth <= BYTE))
    if (drawn and found is not None) or dithered:
        # the coder sees repeats itself, and knows which colours there are, where models do not; and of a drawing, a
        # history of photographs may be right by chance: it has few colours to explain
        yield Candidate(encode_drawing(*plain, expected.metadata, expected.palette), *plain)
    if indexed is not None and settings.history:
        yield from _as_indices(indexed, expected, settings, part_of(settings.progress, steps - 1, steps))
    if settings.history and not drawn and registry.is_affordable(DecodedJpeg, header, settings.limit):
        jpeg = registry.KINDS[DecodedJpeg].module.undo(expected.samples, header)
        if jpeg is not None:
            yield Candidate(encode_drawing(*jpeg, expected.metadata), *jpeg)


def _as_indices(way: Way, expected: Expected, settings: Settings, progress: Progress) -> Iterator[Candidate]:
    """As a drawing, and by models, if they code gray: they see neighbours of a table that are alike."""
    drawn = is_drawn(way[1][0])
    if codes(settings.model, 1, settings.device):
        yield from _coded(way, expected, settings, progress, drawn)
    if not (drawn and codes(settings.model, 1, settings.device)):
        yield Candidate(encode_drawing(*way, expected.metadata), *way)


def _coded(
    way: Way, expected: Expected, settings: Settings, progress: Progress, drawn: bool | None
) -> Iterator[Candidate]:
    """What models make of components, with more and more adaptation. drawn: whether the first is, if that is known."""
    header, components = way
    channels = {component.channels for component in header.components}
    models = {count: find_model(settings.model, count, settings.device) for count in channels}
    for data in encode_components(
        header,
        components,
        models,
        expected.metadata,
        settings.threads,
        progress,
        expected.palette,
        settings.effort,
        drawn,
        settings.shelf,
    ):
        yield Candidate(data, header, components)


def _ways(numbers: NDArray[Any], header: ImageHeader, settings: Settings, drawing: bool) -> list[Way]:
    """The components of a history that was found, if the model codes gray, else the image's own."""
    histories = _histories(numbers, header, settings.limit, drawing) if settings.history else []
    if not histories or not codes(settings.model, 1, settings.device):
        return [(header, to_components(numbers, header))]
    if codes(settings.model, JOINT_CHROMA, settings.device):
        return [join_chroma(*way) for way in histories]
    return histories


def _histories(numbers: NDArray[Any], header: ImageHeader, limit: int, drawing: bool) -> list[Way]:
    """The history that is found, and another way where that may be smaller. drawing: as of `registry.undo`."""
    undone = registry.undo(numbers, header, limit, drawing)
    mostly_gray = value_table.undo_mostly_gray(numbers, header)
    if mostly_gray is not None:
        return [mostly_gray, undone or (header, to_components(numbers, header))]
    if undone is None:
        return []
    history = undone[0].history
    if isinstance(history, ValueTable) and value_table.may_be_larger(header, history):
        return [undone, residuals.undo(numbers, header) or (header, to_components(numbers, header))]
    small = header.height * header.width <= SMALL_PIXELS
    if isinstance(history, ValueTable) and header.depth == BYTE and (small or not history.gray):
        return [undone, (header, to_components(numbers, header))]  # a table is a guess by counts
    return [undone]
