"""Weights in pairs: neighbouring inputs of one source, whose magnitudes sum to at most PAIR_MAX."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from l3c.wave.definition.architecture import PAIR_MAX, Layer

WEIGHT_MAX = 127  # of int8, the same on both sides: the engine takes magnitudes
Number = TypeVar("Number", np.int64, np.float64)


def pair_partner(layer: Layer) -> NDArray[np.int64]:
    """For each input the other one of its pair, or its own index where it has none. Format 5.8."""
    partner, start = np.arange(layer.inputs), 0
    for size in layer.segments:
        inside = np.arange(size // 2 * 2)
        partner[start + inside] = start + (inside ^ 1)
        start += size
    return partner


def limit_pairs(layer: Layer, weights: NDArray[Number]) -> NDArray[Number]:
    """Shorten integers [outputs, inputs] to -127..127 and until each pair fits: the larger one first.
    Format 5.11.6, 5.13.
    """
    clipped = np.clip(weights, -WEIGHT_MAX, WEIGHT_MAX)
    partner = pair_partner(layer)
    other = np.abs(clipped[:, partner])
    limit = np.where(partner == np.arange(layer.inputs), WEIGHT_MAX, np.maximum(PAIR_MAX // 2, PAIR_MAX - other))
    limited: NDArray[Number] = np.clip(clipped, -limit, limit)
    return limited
