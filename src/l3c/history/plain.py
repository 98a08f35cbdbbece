"""Arrays of samples to the byte components of a file, and back.

Between them stand *numbers*: integers from 0 in the samples' order, as docs/format/container.md (2.3.3) says.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from l3c.container.constants import FLOAT, UNSIGNED
from l3c.container.structure import ImageHeader
from l3c.errors import FormatError

Components = list[NDArray[np.uint8]]
BYTE = 8  # bits of a component's samples
STRIP = 64
"""Rows of floats that are turned at a time: few, so that what this takes beside them does not grow with the image."""


def to_numbers(samples: NDArray[Any], header: ImageHeader) -> NDArray[Any]:
    """Of samples of header.dtype; unsigned ones are their own numbers."""
    if header.kind == UNSIGNED:
        return samples
    raw: NDArray[Any] = samples.view(f"u{samples.dtype.itemsize}")
    flipped: NDArray[Any] = raw ^ _top(header)
    return np.where(raw & _top(header), ~raw, flipped) if header.kind == FLOAT else flipped


def from_numbers(numbers: NDArray[Any], header: ImageHeader) -> NDArray[Any]:
    """Samples of header.dtype."""
    if header.kind == UNSIGNED:
        return numbers
    raw: NDArray[Any] = numbers ^ _top(header)
    if header.kind == FLOAT:
        for start in range(0, len(raw), STRIP):  # rather than three arrays of all numbers
            part = slice(start, start + STRIP)
            np.invert(numbers[part], out=raw[part], where=numbers[part] < _top(header))
    return raw.view(header.dtype)


def _top(header: ImageHeader) -> Any:
    """The highest bit of a number."""
    return np.dtype(f"u{header.depth // BYTE}").type(1 << header.depth - 1)


def number_type(header: ImageHeader) -> np.dtype[Any]:
    """Of the numbers."""
    return np.dtype(bool if header.depth == 1 else f"u{header.bits // BYTE}")


def to_components(numbers: NDArray[Any], header: ImageHeader) -> Components:
    """Of numbers [height, width, channels], of a header without a history."""
    return [part for plane in _planes(numbers, header) for part in split_deep(plane, header.depth)]


def _planes(numbers: NDArray[Any], header: ImageHeader) -> Iterator[NDArray[Any]]:
    start = 0
    for channels in header.planes:
        yield numbers[..., start : start + channels]
        start += channels


def split_deep(numbers: NDArray[Any], depth: int) -> Components:
    """From the highest bits on eight at a time; the last part has what is left of them."""
    if depth <= BYTE:
        return [numbers.astype(np.uint8, copy=False)]
    shifts = range(depth - BYTE, 0, -BYTE)
    low = (depth - 1) % BYTE + 1
    parts = [(numbers >> numbers.dtype.type(shift)).astype(np.uint8) for shift in shifts]
    return [*parts, (numbers & numbers.dtype.type((1 << low) - 1)).astype(np.uint8)]


def from_components(components: Components, header: ImageHeader) -> NDArray[Any]:
    """Numbers [height, width, channels]. Raises FormatError where the last part of one has bits beyond the depth."""
    parts, dtype = header.parts, number_type(header)
    if header.depth == 1 and any(component.max() > 1 for component in components):
        raise FormatError("a sample above 1 in an image of 1 bit")
    if parts == 1:
        planes: list[NDArray[Any]] = [c.astype(bool) if header.depth == 1 else c for c in components]
    else:
        planes = [join_deep(components[i : i + parts], header.depth, dtype) for i in range(0, len(components), parts)]
    return planes[0] if len(planes) == 1 else np.concatenate(planes, axis=2)


def join_deep(parts: Components, depth: int, dtype: np.dtype[Any]) -> NDArray[Any]:
    """Numbers of the parts that `split_deep` gives. Raises FormatError as `from_components`."""
    low = (depth - 1) % BYTE + 1
    if low < BYTE and parts[-1].max() >> low:
        raise FormatError(f"a sample has bits beyond its {depth}")
    numbers: NDArray[Any] = parts[0].astype(dtype)
    for part in parts[1:-1]:
        numbers <<= dtype.type(BYTE)
        numbers |= part
    numbers <<= dtype.type(low)
    numbers |= parts[-1]
    return numbers
