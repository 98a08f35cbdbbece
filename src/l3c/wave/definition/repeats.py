"""Definition: values that deep samples may repeat, each with a probability of its own beside the mixture's.

In flat parts, and where pictures were made from fewer values, a sample or what it exceeds the first channel by is just
that of a neighbour. A mixture of logistics cannot say so. Format 5.16.4.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from l3c.coding.mixture import SYMBOLS
from l3c.coding.tables import FREQUENCY_BITS
from l3c.wave.definition.fused import Floats
from l3c.wave.definition.network import Integers

NEIGHBOURS = ((0, -1), (-1, 0), (-1, 1), (-1, -1))  # that are repeated: (dy, dx)
REPEATS = len(NEIGHBOURS) + 1
"""The last one is the plane through three of them. By trial: without it files of medical pictures are 0.5 % larger,
with two neighbours farther away none is 0.1 % smaller."""

PATTERNS = 16  # which neighbours are equal
CONTEXTS = PATTERNS * (REPEATS + 1)  # and what the channel before repeated
SAMPLE = 256  # what a sample adds to counts
COUNTS_MAX = 128 * SAMPLE
"""Beyond it, counts of a context are divided by 2, so that old samples fade. By trial: with 64 and 512 times a sample
files are 0.1 % larger."""

FIRST = (16 * SAMPLE, *[51] * REPEATS)
"""Counts at the beginning, of the mixture and of each repeat: a repeat in 80 samples. By trial."""

LEAST = (SAMPLE, *[5] * REPEATS)
"""Halved counts stay above 0: the mixture has 1/128 of a context at least, so masses sum to less than 2^23."""

WHOLE = 1 << FREQUENCY_BITS  # of shares


@dataclass(frozen=True)
class Repeats:
    """What N samples may repeat. Every field but the first int64 [REPEATS, N]. Format 5.16.4.

    contexts: int64 [N], whose counts they have. values: samples. residuals: of these, or -1 where there is no such
    repeat. inside: where in their steps these lie. mixture: int64 [N], the share that the mixture keeps, of 2^16.
    slots: frequencies of the repeats. masses: the same beside a mixture of 2^16.
    """

    contexts: Integers
    values: Integers
    residuals: Integers
    inside: Integers
    mixture: Integers
    slots: Integers
    masses: Integers

    def part(self, part: slice) -> Repeats:
        """Those of some samples."""
        return Repeats(*(field[..., part] for field in vars(self).values()))

    def slots_below(self, residuals: Integers) -> Integers:
        """The frequencies of repeats with smaller residuals, [N]. Format 5.16.5."""
        below = (self.residuals >= 0) & (self.residuals < residuals)
        slots: Integers = np.where(below, self.slots, 0).sum(axis=0)
        return slots


class RepeatCounts:
    """How often samples of a tile repeated what, by channels and contexts. Format 5.16.4.

    A wavefront sees the counts of those before.
    """

    def __init__(self, channels: int) -> None:
        self.counts = np.tile(np.array(FIRST, np.int64), (channels, CONTEXTS, 1))
        self.added = np.zeros_like(self.counts)
        self.repeated: Integers = np.zeros(0, np.int64)
        self.kept: Floats = np.zeros(0, np.float32)

    def of(
        self, channel: int, excesses: Integers, first: Integers, edges: Integers, shifts: Integers, depth: int
    ) -> Repeats:
        """Of N samples of a channel. Format 5.16.4.

        excesses: int64 [4, N], of NEIGHBOURS. first: what they are on top of. edges: where the residual 128 begins.
        """
        w, n, ne, nw = excesses
        patterns = (w == n) + 2 * (n == ne) + 4 * (w == nw) + 8 * (n == nw)
        contexts = patterns + PATTERNS * (self.repeated if channel else 0)
        candidates = np.concatenate([excesses, [w + n - nw]])
        values = candidates + first
        residuals = (values - edges >> shifts) + 128
        valid = (values >= 0) & (values < 1 << depth) & (residuals > 0) & (residuals < SYMBOLS - 1)
        for k in range(REPEATS):
            valid[k] &= (candidates[:k] != candidates[k]).all(axis=0)
        counts = self.counts[channel, contexts].T
        counts[1:] *= valid
        shares = counts[1:] * WHOLE // counts.sum(axis=0)
        mixture = WHOLE - shares.sum(axis=0)
        return Repeats(
            contexts,
            values,
            np.where(valid, residuals, -1),
            values - edges & ((1 << shifts) - 1),
            mixture,
            shares * 255 >> 8,
            shares * WHOLE // mixture,
        )

    def add(self, channel: int, repeats: Repeats, samples: Integers, frequencies: NDArray[np.float64]) -> None:
        """Take in samples [N] that are known. frequencies: the products of their symbols'. Format 5.16.6."""
        hits = (repeats.residuals >= 0) & (repeats.values == samples)  # one at most: others are equal to none
        which = np.where(hits.any(axis=0), hits.argmax(axis=0) + 1, 0)
        slots = np.where(hits, repeats.slots, 0).sum(axis=0)
        parts = np.minimum(slots * 2.0**40 / frequencies, SAMPLE).astype(np.int64)
        added = self.added[channel].reshape(-1)
        np.add.at(added, repeats.contexts * (REPEATS + 1) + which, parts)
        np.add.at(added, repeats.contexts * (REPEATS + 1), SAMPLE - parts)
        self.repeated = np.where(parts > SAMPLE // 2, which, 0)
        self.kept = (SAMPLE - parts).astype(np.float32) * np.float32(1 / SAMPLE)

    def merge(self) -> None:
        """The wavefront is known: its samples count. Format 5.16.6."""
        self.counts += self.added
        self.added[:] = 0
        while (many := self.counts.sum(axis=2) > COUNTS_MAX).any():
            self.counts[many] = np.maximum(self.counts[many] >> 1, LEAST)
