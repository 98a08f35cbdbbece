"""Images upscaled by repeating each pixel a whole number of times."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

PROBES = 8
"""Columns that are looked at first: they tell of most images that no row repeats."""

WINDOW = 16
"""Rows of them in the middle that are looked at before all others."""


def factors_of(samples: NDArray[Any]) -> tuple[int, int]:
    """How often each pixel of [height, width, channels] is repeated, down and across; the last maybe less often."""
    down = _factor(samples)
    return down, _factor(samples[::down].swapaxes(0, 1))


def _factor(samples: NDArray[Any]) -> int:
    """Of the first axis: the greatest that divides every place where something changes; a few columns tell of most."""
    few = samples[:, :: max(1, samples.shape[1] // PROBES)]
    start = len(samples) // 2
    divisor = 0
    for part, first in ((few[start : start + WINDOW], start), (few, 0), (samples, 0)):
        divisor = _divisor(part, first)
        if divisor == 1:
            return 1
    return divisor or len(samples)


def _divisor(samples: NDArray[Any], first: int) -> int:
    """Of the places of changes in a part that begins at `first`; 0 where there are none."""
    changes = (samples[1:] != samples[:-1]).any((1, 2))
    return math.gcd(*(np.nonzero(changes)[0] + first + 1).tolist())


def repeat(samples: NDArray[Any], rows: int, columns: int, size: tuple[int, int]) -> NDArray[Any]:
    """[height, width, channels] of `size`, made of each pixel rows x columns times."""
    return samples.take(np.arange(size[0]) // rows, 0).take(np.arange(size[1]) // columns, 1)
