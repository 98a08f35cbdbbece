"""Arrays of samples to the byte components of a file, and back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from l3c.container.constants import PLANES
from l3c.container.structure import ImageHeader

Components = list[NDArray[np.uint8]]


def to_components(samples: NDArray[Any], header: ImageHeader) -> Components:
    """samples: bool, uint8 or uint16 [height, width, channels]."""
    return [part for plane in _planes(samples, header.layout) for part in _bytes(plane, header.depth)]


def _planes(samples: NDArray[Any], layout: int) -> Iterator[NDArray[Any]]:
    start = 0
    for channels in PLANES[layout]:
        yield samples[..., start : start + channels]
        start += channels


def _bytes(plane: NDArray[Any], depth: int) -> Components:
    if depth <= 8:
        return [plane.astype(np.uint8, copy=False)]
    return [(plane >> 8).astype(np.uint8), (plane & 255).astype(np.uint8)]


def from_components(components: Components, header: ImageHeader) -> NDArray[Any]:
    """Of a header without a past: bool for a depth of 1, uint8 up to 8, uint16 above: [height, width, channels]."""
    if header.depth > 8:
        wide = [c.astype(np.uint16) for c in components]
        planes: list[NDArray[Any]] = [high << 8 | low for high, low in zip(wide[::2], wide[1::2], strict=True)]
    else:
        planes = [c.astype(bool) if header.depth == 1 else c for c in components]
    return planes[0] if len(planes) == 1 else np.concatenate(planes, axis=2)
