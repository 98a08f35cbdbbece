"""Whether pixels were drawn rather than photographed: equal neighbours, and runs that occur again."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.uint8]

DRAWN_SHARE = 0.5
"""Of pixels that equal the left or the upper one, in drawings: more."""

ROWS = 64
"""Rows, at most about twice as many, that are looked at."""

REPEATED_SHARE = 0.3
"""Of runs that occur again, in drawings: more. By trial."""

LEAST_RUNS = 500
"""Fewer say nothing. By trial."""

FEW = 256
"""Colours of a palette. Whoever chose so few left no smooth differences, and models code the values that are absent."""

LOOKED_AT = 4096
"""Pixels that are counted first: photographs have more colours there, and the others need not be looked at."""

MULTIPLIER = np.uint32(0x9E3779B1)
"""2^32 over the golden ratio, odd: a multiplicative hash."""

BAND = 1 << 14
"""Pixels that are hashed at once: their numbers stay in the cache, and take no fresh memory."""

SMALL = 1 << 18
"""Pixels up to which repeated runs are looked for: trying in vain takes time."""


def is_drawn(samples: Samples) -> bool:
    """Whether, on some rows, most pixels equal the left or the upper one, or, in a small picture, runs occur again."""
    if min(samples.shape[:2]) < 2:
        return False
    return repeated_share(samples) > DRAWN_SHARE or _repeats(samples)


def has_few_colours(samples: Samples) -> bool:
    """Whether a palette would hold all colours. samples: [height, width, channels], more than one channel."""
    height, width, channels = samples.shape
    pixels = samples.reshape(height * width, channels)
    step = max(1, len(pixels) // LOOKED_AT | 1)  # odd, since patterns repeat after even numbers
    return _count(pixels[::step]) <= FEW and _count(pixels) <= FEW


def _count(pixels: Samples) -> int:
    """Of different colours."""
    colours = pixels[:, 0].astype(np.uint32)
    for c in range(1, pixels.shape[1]):
        colours = colours << np.uint32(8) | pixels[:, c]
    return len(np.unique(colours))


def repeated_share(samples: Samples) -> float:
    """The share of pixels on some rows that equal the left or the upper one; 0 of a single row or column."""
    if min(samples.shape[:2]) < 2:
        return 0.0
    rows = np.arange(1, len(samples), max(1, len(samples) // ROWS))
    here = samples[rows, 1:]
    left, above = (here == samples[rows, :-1]).all(-1), (here == samples[rows - 1, 1:]).all(-1)
    return float((left | above).mean())


def _repeats(samples: Samples) -> bool:
    """Whether many runs of four pixels occur again, of those whose hash ends in zeros."""
    if samples.shape[0] * samples.shape[1] > SMALL:
        return False
    rows = max(1, BAND // samples.shape[1])
    chosen = np.concatenate([_chosen(samples[top : top + rows]) for top in range(0, len(samples), rows)])
    return bool(chosen.size > LEAST_RUNS and np.unique(chosen).size < (1 - REPEATED_SHARE) * chosen.size)


def _chosen(samples: Samples) -> NDArray[np.uint32]:
    """Hashes that end in zeros, of the runs of four pixels in some rows."""
    packed: NDArray[Any] = samples[:, :, 0].astype(np.uint32)
    for c in range(1, samples.shape[2]):
        packed = packed << np.uint32(8) | samples[:, :, c]
    hashes: NDArray[Any] = packed[:, :-3] * MULTIPLIER
    for i in range(1, 4):
        hashes = np.multiply(hashes ^ packed[:, i : packed.shape[1] - 3 + i], MULTIPLIER, dtype=np.uint32)
    return np.asarray(hashes[hashes >> 26 == 0], np.uint32)
