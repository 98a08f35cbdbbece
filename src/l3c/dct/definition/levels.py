"""Definition: logarithms of magnitudes, as bytes that the network reads."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]
Levels = NDArray[np.uint8]

ZERO = 128
"""The level of 0 where levels have signs."""

SIGNED_MAX = 127
"""Of signed levels, so that 128 more are a byte."""

BYTE_MAX = 255
"""Of levels."""


@cache
def log_table(octave: int, count: int, most: int) -> Integers:
    """[count]: floor(octave * log2(1 + i)), at most `most`; by integers, so exact everywhere."""
    return np.array([min(most, ((1 + i) ** octave).bit_length() - 1) for i in range(count)], np.int64)


def magnitude_table(octave: int) -> Integers:
    """What `levels` looks up."""
    return log_table(octave, 1 << -(-(BYTE_MAX + 1) // octave), BYTE_MAX)


def signed_table(octave: int) -> Integers:
    """What `signed_steps` looks up."""
    return log_table(octave, 1 << -(-(SIGNED_MAX + 1) // octave), SIGNED_MAX)


def levels(magnitudes: Integers, octave: int) -> Levels:
    """floor(octave * log2(1 + magnitude)), at most 255; octave: levels in a doubling."""
    table = magnitude_table(octave)
    return table[np.minimum(magnitudes, len(table) - 1)].astype(np.uint8)


def signed_steps(values: Integers, octave: int) -> Integers:
    """sign * floor(octave * log2(1 + |value|)), within -127..127."""
    table = signed_table(octave)
    return np.sign(values) * table[np.minimum(np.abs(values), len(table) - 1)]


def signed_levels(values: Integers, octave: int) -> Levels:
    """`signed_steps` with 128 added."""
    return (signed_steps(values, octave) + ZERO).astype(np.uint8)
