"""Images that were upscaled by repeating pixels, to the smaller image and back."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from numpy.typing import NDArray

from l3c.container.history import Upscaled
from l3c.container.structure import ImageHeader
from l3c.container.tiling import Box
from l3c.history.part import Part
from l3c.history.plain import Components, from_components, to_components
from l3c.history.upscaled.convert import factors_of, repeat

INDEX_BYTES = 8  # of a row or column, in NumPy's indices


def undo(samples: NDArray[Any], header: ImageHeader) -> tuple[ImageHeader, Components] | None:
    """As `registry.undo`."""
    rows, columns = factors_of(samples)
    if rows * columns == 1:
        return None
    history = Upscaled(rows, columns)
    return replace(header, history=history), to_components(samples[::rows, ::columns], _smaller(header, history))


def redo(components: Components, header: ImageHeader, history: Upscaled) -> NDArray[Any]:
    """As `registry.redo`."""
    smaller = from_components(components, _smaller(header, history))
    return repeat(smaller, history.rows, history.columns, (header.height, header.width))


def _smaller(header: ImageHeader, history: Upscaled) -> ImageHeader:
    height, width = history.size(header.height, header.width)
    return replace(header, height=height, width=width, history=None)


def part_around(header: ImageHeader, history: Upscaled, box: Box) -> Part:
    """Whole pixels of the smaller image."""
    inner = Box(
        box.top // history.rows,
        box.left // history.columns,
        -(-box.bottom // history.rows),
        -(-box.right // history.columns),
    )
    bottom, right = min(inner.bottom * history.rows, header.height), min(inner.right * history.columns, header.width)
    outer = Box(inner.top * history.rows, inner.left * history.columns, bottom, right)
    part = replace(header, height=outer.height, width=outer.width)
    return Part(part, outer, [inner] * len(header.components))


def touched(header: ImageHeader, history: Upscaled, index: int, box: Box) -> Box:
    """As `registry.touched`."""
    bottom, right = min(box.bottom * history.rows, header.height), min(box.right * history.columns, header.width)
    return Box(box.top * history.rows, box.left * history.columns, bottom, right)


def memory_needed(header: ImageHeader, history: Upscaled) -> int:
    """As `registry.memory_needed`."""
    made = header.samples * -(-header.depth // 8)
    # both images, each as samples and as components
    return 2 * made + 2 * header.size + INDEX_BYTES * (header.height + header.width)
