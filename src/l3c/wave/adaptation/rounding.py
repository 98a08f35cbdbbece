"""Numbers of an adaptation, rounded as coarsely as they deserve."""

from __future__ import annotations

from math import log, sqrt

import numpy as np
from numpy.typing import NDArray

from l3c.wave.adaptation.code import POWERS, SMALL_MAX
from l3c.wave.definition.network import Integers

Floats = NDArray[np.float64]
LARGEST = POWERS - 2  # the largest power of two in numbers: powers are 0 for none, and then one more
COARSENESS = 6.0
"""Steps of the numbers, in those that would be best if the gradients' squares were the curvature. By trial."""

ZERO_BITS = 6.0
"""The approximate cost of a number other than 0: zeros are frequent, so others are dear. By trial."""

STEP_BITS = 2.4
"""The approximate cost of each step beyond 1. By trial."""


def round_group(values: Floats, curvature: Floats) -> tuple[int, Integers]:
    """A group's power and integers [N], for values [N] and the curvature [N] of the picture's bits by them."""
    curvature = np.maximum(curvature, curvature.mean() / 20)
    best = COARSENESS * sqrt(12 / (log(2) * float(curvature.mean()) + 1e-12))
    most = np.abs(values).max()
    power = next((p for p in range(LARGEST) if 1.41 * 2**p >= best and most < SMALL_MAX * 2**p), LARGEST)
    small = _thrifty(np.abs(values) / 2**power, curvature * 4.0**power)
    numbers = np.where(values < 0, -small, small).astype(np.int64)
    return (power + 1, numbers << power) if numbers.any() else (0, numbers)


def _thrifty(magnitudes: Floats, curvature: Floats) -> Floats:
    """Whole magnitudes, one less where the bits that saves outweigh what it loses."""
    whole = np.minimum(np.floor(magnitudes + 0.5), SMALL_MAX)
    for _ in range(2):
        less = np.maximum(whole - 1, 0)
        gain = curvature / 2 * ((magnitudes - less) ** 2 - (magnitudes - whole) ** 2)
        whole = np.where(gain < np.where(whole == 1, ZERO_BITS, STEP_BITS), less, whole)
    return whole
