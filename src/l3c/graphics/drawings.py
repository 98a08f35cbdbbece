"""Whether pixels were drawn rather than photographed: equal neighbours, and runs that occur again."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from l3c.graphics import compiled

Samples = NDArray[np.uint8]

DRAWN_SHARE = 0.5
"""Of pixels that equal the left or the upper one, in drawings: more."""

SURE_SHARE = 0.85
"""With more, gray pictures are drawings whether runs occur again or not: pages of text are. By trial."""

ROWS = 64
"""Rows, at most about twice as many, that are looked at."""

REPEATED_SHARE = 0.3
"""Of runs that occur again, in drawings: more. By trial."""

RUN = (8, 8, 4, 4)
"""Pixels of a run, by the number of channels less 1. In gray, four equal ones are common where it is smooth: of 30
photographs, they took 27 for drawings, in vain."""

LEAST_RUNS = 500
"""Fewer say nothing. By trial."""

SMALL = 1 << 18
"""Pixels up to which repeated runs are looked for: trying in vain takes time."""


def is_drawn(samples: Samples) -> bool:
    """Whether, on some rows, most pixels equal the left or the upper one, or, in a small picture, runs occur again.

    In gray, pixels are equal where a photograph is smooth too. So runs must occur again there, if there are enough.
    """
    height, width, channels = samples.shape
    if min(height, width) < 2:
        return False
    share = repeated_share(samples)
    if share > DRAWN_SHARE and (channels > 1 or share > SURE_SHARE):
        return True
    if share <= DRAWN_SHARE and height * width > SMALL:
        return False
    chosen, distinct = compiled.count_runs(samples, RUN[channels - 1])
    if chosen <= LEAST_RUNS:
        return share > DRAWN_SHARE
    return distinct < (1 - REPEATED_SHARE) * chosen


def repeated_share(samples: Samples) -> float:
    """The share of pixels on some rows that equal the left or the upper one; 0 of a single row or column."""
    height, width = samples.shape[:2]
    if min(height, width) < 2:
        return 0.0
    step = max(1, height // ROWS)
    pixels = len(range(1, height, step)) * (width - 1)
    return float(compiled.count_repeated(samples, step) / pixels)
