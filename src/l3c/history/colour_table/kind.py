"""Pixels of few colours, to indices and back."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from l3c.container.constants import COLOURS_MAX, GRAY
from l3c.container.history import ColourTable
from l3c.container.structure import ImageHeader
from l3c.container.tiling import Box
from l3c.graphics import compiled
from l3c.history.colour_table import convert
from l3c.history.part import Part
from l3c.history.plain import Components

BITS = 2
"""Values of a bit."""

COMPARED = 1 << 16
"""Pixels up to which orders of colours are compared by what they take: it takes as long as a drawing for each."""


def undo(numbers: NDArray[Any], header: ImageHeader) -> tuple[ImageHeader, Components] | None:
    """As `registry.undo`: of at most 256 colours, in the order that takes fewer bytes; of gray, two values that differ
    from those of bits, since these are coded as bits are.
    """
    if not ColourTable.fits(header, 0):
        return None
    colours = convert.colours_of(numbers, BITS if header.layout == GRAY else COLOURS_MAX)
    if header.layout == GRAY and colours is not None and colours.max() < BITS:
        return None
    if colours is None:
        return None
    orders = [convert.in_a_chain(colours)]
    if header.height * header.width <= COMPARED:
        orders.append(colours)
    ways = [_way(numbers, header, order) for order in orders]
    return ways[0] if len(ways) == 1 else min(ways, key=_size_as_drawing)


def _way(numbers: NDArray[Any], header: ImageHeader, colours: NDArray[np.uint8]) -> tuple[ImageHeader, Components]:
    history = ColourTable(convert.to_table(colours))
    return replace(header, history=history), [convert.to_indices(numbers, colours)]


def _size_as_drawing(way: tuple[ImageHeader, Components]) -> int:
    header, (indices,) = way
    assert header.history is not None
    return len(compiled.encode(indices)) + len(header.history.content())


def redo(components: Components, header: ImageHeader, history: ColourTable) -> NDArray[Any]:
    """As `registry.redo`."""
    return convert.from_indices(components[0], convert.from_table(history.table, header.channels))


def part_around(header: ImageHeader, history: ColourTable, box: Box) -> Part:
    """The box."""
    return Part(replace(header, height=box.height, width=box.width), box, [box])


def touched(header: ImageHeader, history: ColourTable, index: int, box: Box) -> Box:
    """As `registry.touched`."""
    return box


def memory_needed(header: ImageHeader, history: ColourTable) -> int:
    """As `registry.memory_needed`."""
    return header.samples + 16 * convert.STRIP * header.width  # the samples, and indices of 8 bytes in strips, twice
