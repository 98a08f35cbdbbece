"""Wide samples to differences from their neighbours, and back."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from l3c.container.constants import ABOVE, LEFT, PLANE, WIDE_BITS_MIN
from l3c.container.history import Residuals
from l3c.container.structure import ImageHeader
from l3c.container.tiling import Box
from l3c.history.part import Part
from l3c.history.plain import Components, from_components, to_components
from l3c.history.residuals import convert

BLOCK = 512
"""Pixels a side: a part of an image is decoded from the blocks that it meets."""

PROBED = 256
"""Rows and columns, from the middle, by which a predictor is chosen."""

MARGIN = 0.98
"""Of the bits without a predictor, below which one is worth it. By trial."""


def undo(numbers: NDArray[Any], header: ImageHeader) -> tuple[ImageHeader, Components] | None:
    """As `registry.undo`: of the predictors the one that leaves the fewest bits, by the entropy of bytes."""
    if header.depth < WIDE_BITS_MIN:
        return None
    top, left = (max(0, (side - PROBED) // 2) for side in (header.height, header.width))
    probe = np.ascontiguousarray(numbers[top : top + PROBED, left : left + PROBED])
    costs = {p: _cost(convert.undo(probe, p, BLOCK, header.depth), header) for p in (LEFT, ABOVE, PLANE)}
    predictor = min(costs, key=lambda p: costs[p])
    if costs[predictor] > MARGIN * _cost(probe, header):
        return None
    history = Residuals(predictor, BLOCK)
    return replace(header, history=history), to_components(
        convert.undo(numbers, predictor, BLOCK, header.depth), header
    )


def _cost(numbers: NDArray[Any], header: ImageHeader) -> float:
    """Bits, if each byte costs what is usual in its plane, as it is or less its left neighbour."""
    total = 0.0
    for component in to_components(numbers, replace(header, height=numbers.shape[0], width=numbers.shape[1])):
        total += min(_entropy(component), _entropy(np.diff(component, axis=1)))
    return total


def _entropy(values: NDArray[np.uint8]) -> float:
    counts = np.bincount(values.ravel(), minlength=256)
    counts = counts[counts > 0]
    return float(-(counts * np.log2(counts / counts.sum())).sum())


def redo(components: Components, header: ImageHeader, history: Residuals) -> NDArray[Any]:
    """As `registry.redo`."""
    folded = from_components(components, replace(header, history=None))
    return convert.redo(folded, history.predictor, history.block, header.depth)


def part_around(header: ImageHeader, history: Residuals, box: Box) -> Part:
    """Whole blocks."""
    top, left = box.top // history.block * history.block, box.left // history.block * history.block
    bottom = min(-(-box.bottom // history.block) * history.block, header.height)
    right = min(-(-box.right // history.block) * history.block, header.width)
    outer = Box(top, left, bottom, right)
    return Part(replace(header, height=outer.height, width=outer.width), outer, [outer] * len(header.components))


def touched(header: ImageHeader, history: Residuals, index: int, box: Box) -> Box:
    """As `registry.touched`: a number depends on those before it in its block."""
    return part_around(header, history, box).box


def memory_needed(header: ImageHeader, history: Residuals) -> int:
    """As `registry.memory_needed`."""
    # the samples, and their residuals before those are added up
    return 2 * header.samples * (header.bits // 8)
