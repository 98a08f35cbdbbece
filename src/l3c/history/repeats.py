"""Images enlarged by repeating each pixel a whole number of times."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

PROBES = 8


def factors_of(samples: NDArray[Any]) -> tuple[int, int]:
    """How often each pixel of [height, width, channels] is repeated, down and across; the last maybe less often."""
    down = _factor(samples)
    return down, _factor(samples[::down].swapaxes(0, 1))


def _factor(samples: NDArray[Any]) -> int:
    """Of the first axis: the greatest that divides every place where something changes; a few columns tell of most."""
    few = samples[:, :: max(1, samples.shape[1] // PROBES)]
    return 1 if _divisor(few) == 1 else _divisor(samples)


def _divisor(samples: NDArray[Any]) -> int:
    changes = (samples[1:] != samples[:-1]).any((1, 2))
    return math.gcd(*(np.nonzero(changes)[0] + 1).tolist()) or len(samples)


def repeat(samples: NDArray[Any], rows: int, columns: int, size: tuple[int, int]) -> NDArray[Any]:
    """[height, width, channels] of `size`, made of each pixel rows x columns times."""
    return samples.take(np.arange(size[0]) // rows, 0).take(np.arange(size[1]) // columns, 1)
