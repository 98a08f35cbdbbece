"""Samples that use few of their values, to ranks and back."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from l3c.container.constants import DEEP_BITS, GRAY, RGB, TABLE_VALUES_MAX, WIDE_BITS_MIN
from l3c.container.history import ValueTable
from l3c.container.structure import ImageHeader
from l3c.container.tiling import Box
from l3c.graphics.drawings import is_drawn
from l3c.history.part import Part
from l3c.history.plain import BYTE, Components, join_deep, number_type, split_deep
from l3c.history.value_table import convert

LEAST_PIXELS = 4096
"""In smaller images tables are not worth their bytes."""

PIXELS_A_VALUE = 2
"""At least, of a table of wide values, each of which takes up to its own size in the file."""

LEAST_GRAY = 0.5
"""Of pixels whose channels are equal, where green and differences are tried: models of RGB see red and green in equal
steps. With fewer, a model of RGB was smaller (by trial)."""

SURE_PIXELS_A_VALUE = 8
"""With fewer pixels a value, the other way is tried too: it may be smaller (docs/history.md)."""


def undo(samples: NDArray[Any], header: ImageHeader) -> tuple[ImageHeader, Components] | None:
    """As `registry.undo`."""
    if header.layout not in (GRAY, RGB) or header.extra or header.depth < 8:
        return None
    if header.height * header.width < LEAST_PIXELS:
        return None
    if header.depth >= WIDE_BITS_MIN:
        return _undo_wide(samples, header)
    gray = header.layout == RGB and convert.is_gray(samples)
    if not gray and not convert.likely(samples, header.depth):
        return None
    coded = samples[..., :1] if gray else samples
    counts = convert.counts_of(coded, header.depth)
    if not gray and (not convert.worth_it(counts, header.depth) or (header.depth == 8 and is_drawn(samples))):
        return None
    history = ValueTable(gray, tuple(tuple(map(int, np.nonzero(count)[0])) for count in counts))
    if gray and history.bits == 16:
        return None
    if not gray and header.depth > BYTE and convert.bits_saved(counts) < BYTE * len(history.content()):
        return None
    ranks = convert.to_ranks(coded, _tables(history), header.depth)
    return replace(header, history=history), split_deep(ranks, history.bits)


def _undo_wide(numbers: NDArray[Any], header: ImageHeader) -> tuple[ImageHeader, Components] | None:
    """Wide numbers, where so few values occur that ranks and tables may take less than the samples."""
    gray = header.layout == RGB and convert.is_gray(numbers)
    coded = numbers[..., :1] if gray else numbers
    limit = min(TABLE_VALUES_MAX, header.height * header.width // PIXELS_A_VALUE)
    ranked = convert.ranked(coded, limit)
    if ranked is None:
        return None
    ranks, tables = ranked
    history = ValueTable(gray, tuple(tuple(map(int, table)) for table in tables))
    return replace(header, history=history), split_deep(ranks, history.bits)


def undo_mostly_gray(samples: NDArray[Any], header: ImageHeader) -> tuple[ImageHeader, Components] | None:
    """Deep RGB whose channels are mostly equal, as green and what the others exceed it by; None of other samples."""
    if header.layout != RGB or header.extra or header.depth not in DEEP_BITS:
        return None
    if not LEAST_GRAY <= convert.gray_share(samples) < 1:
        return None
    count = convert.counts_of(samples.reshape(-1, header.width, 1), header.depth)[0]
    table = np.nonzero(count)[0] if convert.worth_it([count], header.depth) else np.arange(1 << header.depth)
    history = ValueTable(False, (tuple(map(int, table)),), less_green=True)
    ranks = convert.to_ranks(samples, _tables(history) * header.channels, header.depth)
    planes = convert.less_green(ranks, history.bits)
    return replace(header, history=history), [part for plane in planes for part in split_deep(plane, history.bits)]


def may_be_larger(header: ImageHeader, history: ValueTable) -> bool:
    """Whether another way may be smaller: deep values, of which nearly as many occur as there are pixels."""
    values = max(map(len, history.tables))
    return header.depth > BYTE and values * SURE_PIXELS_A_VALUE > header.height * header.width


def redo(components: Components, header: ImageHeader, history: ValueTable) -> NDArray[Any]:
    """As `registry.redo`."""
    dtype, deep = number_type(header), history.bits > BYTE
    if history.less_green:
        parts = -(-history.bits // BYTE)
        each = [components[parts * n : parts * (n + 1)] for n in range(header.channels)]
        planes = [join_deep(plane, history.bits, np.dtype(np.uint16)) if deep else plane[0] for plane in each]
        both = convert.with_green(planes, history.bits)
        return convert.from_ranks(both, _tables(history, dtype) * header.channels, dtype)
    ranks: NDArray[Any] = join_deep(components, history.bits, np.dtype(np.uint16)) if deep else components[0]
    samples = convert.from_ranks(ranks, _tables(history, dtype), dtype)
    return np.repeat(samples, header.channels, axis=2) if history.gray else samples


def _tables(history: ValueTable, dtype: Any = np.intp) -> list[NDArray[Any]]:
    return [np.array(table, dtype) for table in history.tables]


def part_around(header: ImageHeader, history: ValueTable, box: Box) -> Part:
    """The box."""
    return Part(replace(header, height=box.height, width=box.width), box, [box] * len(header.components))


def touched(header: ImageHeader, history: ValueTable, index: int, box: Box) -> Box:
    """As `registry.touched`."""
    return box


def memory_needed(header: ImageHeader, history: ValueTable) -> int:
    """As `registry.memory_needed`."""
    # ranks as the indices of 8 bytes that look a table up, their 2 bytes, those of planes and sums, the samples
    return (14 if history.less_green else 10) * header.samples + header.samples * header.bits // 8
