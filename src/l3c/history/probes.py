"""A few pixels that tell of most images that they have no history: what looks further is only run on the others."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]

LOWEST = np.uint8(1)  # the least sample that is not clipped
INNER = np.uint8(254)  # how many samples are not clipped: 1 .. 254


def unclipped(pixels: Bytes, most: int) -> Bytes:
    """Of some `most` pixels from all over [height, width, 3] those without a clipped channel: [n, 3]."""
    flat = pixels.reshape(-1, 3)
    probes = flat[:: max(1, len(flat) // most)]
    return probes[is_inner(probes)]


def is_inner(pixels: Bytes) -> NDArray[np.bool_]:
    """Of pixels [..., 3], those all of whose channels are in 1 .. 254; below 1 the difference wraps around."""
    inside = pixels - LOWEST < INNER
    return inside[..., 0] & inside[..., 1] & inside[..., 2]


def spread_of(pixels: NDArray[Any]) -> NDArray[Any]:
    """The greatest less the least channel of pixels [..., 3]."""
    r, g, b = (pixels[..., c] for c in range(3))
    spread: NDArray[Any] = np.maximum(np.maximum(r, g), b) - np.minimum(np.minimum(r, g), b)
    return spread


def nearly_all(chosen: NDArray[np.bool_], share: float) -> bool:
    """Whether more than a share are; of none, they are."""
    return not len(chosen) or bool(np.count_nonzero(chosen) > share * len(chosen))
