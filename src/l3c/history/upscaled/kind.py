"""Images that were enlarged by repeating pixels, to the smaller image and back."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from numpy.typing import NDArray

from l3c.container.structure import ImageHeader, Repeated
from l3c.container.tiling import Box
from l3c.history.part import Part
from l3c.history.plain import Components, from_components, to_components
from l3c.history.upscaled.convert import factors_of, repeat

INDEX_BYTES = 8


def undo(samples: NDArray[Any], header: ImageHeader) -> tuple[ImageHeader, Components] | None:
    """As `registry.undo`."""
    rows, columns = factors_of(samples)
    if rows * columns == 1:
        return None
    past = Repeated(rows, columns)
    return replace(header, past=past), to_components(samples[::rows, ::columns], _smaller(header, past))


def redo(components: Components, header: ImageHeader, past: Repeated) -> NDArray[Any]:
    """As `registry.redo`."""
    smaller = from_components(components, _smaller(header, past))
    return repeat(smaller, past.rows, past.columns, (header.height, header.width))


def _smaller(header: ImageHeader, past: Repeated) -> ImageHeader:
    height, width = past.size(header.height, header.width)
    return replace(header, height=height, width=width, past=None)


def part_around(header: ImageHeader, past: Repeated, box: Box) -> Part:
    """Whole pixels of the smaller image."""
    inner = Box(
        box.top // past.rows, box.left // past.columns, -(-box.bottom // past.rows), -(-box.right // past.columns)
    )
    bottom, right = min(inner.bottom * past.rows, header.height), min(inner.right * past.columns, header.width)
    outer = Box(inner.top * past.rows, inner.left * past.columns, bottom, right)
    part = replace(header, height=outer.height, width=outer.width)
    return Part(part, outer, [inner] * len(header.components))


def touched(header: ImageHeader, past: Repeated, index: int, box: Box) -> Box:
    """As `registry.touched`."""
    bottom, right = min(box.bottom * past.rows, header.height), min(box.right * past.columns, header.width)
    return Box(box.top * past.rows, box.left * past.columns, bottom, right)


def memory_needed(header: ImageHeader, past: Repeated) -> int:
    """As `registry.memory_needed`."""
    made = header.samples * -(-header.depth // 8)
    return 2 * made + 2 * header.size + INDEX_BYTES * (header.height + header.width)
