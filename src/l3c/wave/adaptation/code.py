"""The numbers of an adaptation as bytes.

For each kind two bytes, the share of zeros and the decay of the others; then one rANS stream: the power of each group,
and group by group the numbers, shifted right by it.
"""

from __future__ import annotations

from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from l3c.coding.arrays import TOTAL, uniform
from l3c.coding.compiled import SymbolDecoder, SymbolEncoder
from l3c.errors import FormatError
from l3c.wave.adaptation.apply import KINDS, count, groups
from l3c.wave.definition.architecture import Architecture
from l3c.wave.definition.network import Integers

SMALL_MAX = 31
"""Numbers are coded as -31..31, times a power of two: 63 symbols. By trial."""

POWERS = 7
"""Of a group: 0 where all its numbers are 0, else one more than the binary logarithm of what they are multiples of."""


def shares(zeros: int, decay: int) -> NDArray[np.int32]:
    """Cumulative frequencies of -31..31. zeros, decay: 0..255. Format 5.14."""
    tail = [(256 - zeros) * (256 - decay) << 7]
    for _ in range(SMALL_MAX - 1):
        tail.append(tail[-1] * decay >> 8)
    below = [0, *accumulate([*tail[::-1], (zeros + 1) << 16, *tail])]
    levels = len(below) - 1
    return np.array([v + (TOTAL - levels) * b // below[-1] for v, b in enumerate(below)], np.int32)


def fitted_shares(small: Integers) -> tuple[int, int]:
    """Zeros and decay that suit these numbers."""
    magnitudes = np.abs(small[small != 0])
    zeros = 256 * (small.size - magnitudes.size) // max(small.size, 1)
    decay = 256 * int((magnitudes - 1).sum()) // max(int(magnitudes.sum()), 1)
    return min(zeros, 255), min(decay, 255)


def write_numbers(architecture: Architecture, powers: list[int], numbers: Integers) -> bytes:
    """powers: 0..6 of each group. numbers: [count], of each group multiples of 2^(power - 1), at most 31 times it.
    Format 5.14.
    """
    coder, head = SymbolEncoder(), b""
    coder.put(np.array(powers), uniform(POWERS))
    for kind in range(KINDS):
        present = [(g, p) for g, p in zip(groups(architecture), powers, strict=True) if p and g.kind == kind]
        small = [numbers[group.place] >> power - 1 for group, power in present]
        fit = fitted_shares(np.concatenate([np.zeros(0, np.int64), *small]))
        head += bytes(fit)
        for values in small:
            coder.put(values + SMALL_MAX, shares(*fit))
    return head + coder.finish()


def read_numbers(architecture: Architecture, data: bytes) -> Integers:
    """Numbers [count]. Raises FormatError. Format 5.14."""
    if len(data) < 2 * KINDS:
        raise FormatError(f"an adaptation of {len(data)} bytes")
    coder, numbers = SymbolDecoder(data[2 * KINDS :]), np.zeros(count(architecture), np.int64)
    all_groups = list(groups(architecture))
    powers = coder.take(len(all_groups), uniform(POWERS)).tolist()
    for kind in range(KINDS):
        cumulative = shares(*data[2 * kind : 2 * kind + 2])
        for group, power in zip(all_groups, powers, strict=True):
            if power and group.kind == kind:
                size = group.place.stop - group.place.start
                numbers[group.place] = coder.take(size, cumulative).astype(np.int64) - SMALL_MAX << power - 1
    coder.finish()
    return numbers
