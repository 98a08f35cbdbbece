"""Definition: what the network sees of a block's surroundings and of its own coefficients so far.

Coefficients are quantized and lie in zigzag order; "dequantized" ones are multiplied by their steps. All functions work
on N blocks at once; blocks beyond the plane hold 0.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from l3c.dct.definition.architecture import BLOCK
from l3c.dct.definition.levels import Integers, Levels, levels, signed_levels, signed_steps
from l3c.jpeg.idct import SIDE, ZIGZAG

ROW = ZIGZAG // SIDE
"""Vertical frequency of each position in zigzag order."""

COLUMN = ZIGZAG % SIDE
"""Horizontal frequency of each position in zigzag order."""

NATURAL = np.argsort(ZIGZAG)
"""Position in zigzag order of each of the rows, one after another."""

DEQUANTIZED_MAX = (1 << 15) - 1
"""Dequantized coefficients are clipped here, so that sums over them have bounds."""

EDGE = np.array([362, 540, 612, 689, 724, 678, 530, 292], np.int64)
"""What a coefficient of each frequency adds to the picture at its block's edge, in 1/1024: of the
orthonormal transform, extrapolated from the outer two samples, 1.5 times the first less 0.5 times the second.
"""

FAR_EDGE = EDGE * np.array([1, -1] * 4)
"""The same at the opposite edge."""

EDGE_BITS = 10
"""Binary logarithm of EDGE's unit."""

RESIDUAL_UNIT = 64
"""Steps of a reference in a quantized level, as those of a mixture's means."""

RECIPROCAL_BITS = 24
"""Of reciprocals: a residual of 2^28 keeps all of its bits at the largest weight and a step of 1."""

REFERENCE_MAX = 1 << 17
"""References are clipped here: to 2048 levels, the range of coefficients of 8-bit samples."""

LOG = 16
"""Levels an octave of dequantized magnitudes and of steps: 2^15 is at 240."""

FINE_LOG = 32
"""Levels an octave of quantized magnitudes: 255 is at 255."""

OTHER_LOG = 16
"""Levels an octave of the other chroma component, in half levels."""

RESIDUAL_LOG = 12
"""Levels an octave of differences between predictions, in eighths of a level."""

EDGE_LOG = 8
"""Levels an octave of edges and of coded coefficients: 2^15 is at 120, of 127."""

RESIDUAL_STEP = 3
"""Differences of predictions are seen in eighths of a level: 64ths shifted right by this."""

OWN_LOG = 23
"""Levels an octave of the magnitudes around a coefficient in its own block: 7 times 300 is at 255."""

COUNT_LEVEL = 3
"""What a position or a coefficient adds to an input that counts them: 64 are at 192."""

PRESENT = 64
"""An input that says yes."""

LAST_LEVEL = 8
"""What each position before the last one adds."""

LAST_REACH = 31
"""Positions before the last one that count: 248."""


@dataclass(frozen=True)
class Steps:
    """Quantization steps of a component and what follows from them. steps: int64 [64], 1 .. 65535."""

    steps: Integers

    @property
    def levels(self) -> Levels:
        """[64]: logarithms."""
        return levels(self.steps - 1, LOG)

    def reciprocals(self) -> tuple[Integers, Integers]:
        """([64], [64]): what turns residuals at the upper and the left edge to 1/64 of a quantized level."""
        numerator = RESIDUAL_UNIT << RECIPROCAL_BITS
        down, right = EDGE[ROW] * self.steps, EDGE[COLUMN] * self.steps
        return (numerator + (down >> 1)) // down, (numerator + (right >> 1)) // right


def dequantize(coefficients: NDArray[np.int16] | Integers, steps: Integers) -> Integers:
    """[N, 64], clipped to 16 bits."""
    result: Integers = np.clip(coefficients.astype(np.int64) * steps, -DEQUANTIZED_MAX, DEQUANTIZED_MAX)
    return result


def last_positions(coefficients: NDArray[np.int16]) -> Integers:
    """[N]: 1 more than the position of the last coefficient that is not 0, or 0."""
    present = coefficients != 0
    return np.where(present.any(axis=1), BLOCK - np.argmax(present[:, ::-1], axis=1), 0)


def edge_spectra(above: Integers, left: Integers) -> tuple[Integers, Integers]:
    """Transforms of the lower edge of the blocks above and of the right edge of those to the left, in 1/1024; [N, 8]
    each, from dequantized [N, 64].
    """
    n = len(above)
    down = above[:, NATURAL].reshape(n, SIDE, SIDE)
    right = left[:, NATURAL].reshape(n, SIDE, SIDE)
    return np.tensordot(down, FAR_EDGE, (1, 0)), np.tensordot(right, FAR_EDGE, (2, 0))


@dataclass(frozen=True)
class Surroundings:
    """What is known before N blocks are coded.

    left, above, above_left, above_right: quantized coefficients, int16 [N, 64]. has_left, has_above: bool [N].
    statistics: levels, uint8 [N, 64] (`Statistics`). luma: mean magnitudes of dequantized luma at the same place, int64
    [N, 64]; other: the first chroma component's quantized coefficients there, int16 [N, 64], and by how much its mean
    exceeds that of the blocks to the left and above, int64 [N], in half levels; or zeros; None for luma. second: 1 for
    the second chroma component. related: predictions of all coefficients from luma and from the first chroma component,
    int64 [N, 2, 64], 1/64 of a quantized level (`relation`); None for networks that do not see them.
    """

    left: NDArray[np.int16]
    above: NDArray[np.int16]
    above_left: NDArray[np.int16]
    above_right: NDArray[np.int16]
    has_left: NDArray[np.bool_]
    has_above: NDArray[np.bool_]
    statistics: Levels
    luma: Integers | None = None
    other: NDArray[np.int16] | None = None
    other_change: Integers | None = None
    second: NDArray[np.bool_] | None = None
    related: Integers | None = None


class Blocks:
    """N blocks that are being coded, from their last position down: features of the trunk, then of each position."""

    def __init__(self, around: Surroundings, steps: Integers) -> None:
        """steps: int64 [64], or [N, 64] where they differ."""
        self.around = around
        self.n = len(around.left)
        self.steps = np.broadcast_to(steps, (self.n, BLOCK))
        self.down, self.right = Steps(self.steps).reciprocals()
        self.dequantized_left, self.dequantized_above = (
            dequantize(blocks, steps) for blocks in (around.left, around.above)
        )
        self.lower, self.inner = edge_spectra(self.dequantized_above, self.dequantized_left)
        neighbours = (around.left, around.above, around.above_left, around.above_right)
        self.means = [m[:, 0].astype(np.int64) for m in neighbours]
        self.near = self._near()
        self.near_levels = [levels(m, FINE_LOG) for m in self.near]
        self.restart()
        if around.luma is not None and around.other is not None:
            self.luma = levels(around.luma, LOG)

    def restart(self) -> None:
        """No coefficient is known."""
        self.rows, self.columns = self.lower.copy(), self.inner.copy()
        self.magnitudes = np.zeros((self.n, SIDE + 2, SIDE + 2), np.int64)

    def _near(self) -> list[Integers]:
        """[N, 64] each: magnitudes to the left, above, and the means of those at the corners; at position 0, of
        differences of these blocks.
        """
        around = self.around
        left, above, corner, other_corner = (
            np.abs(m.astype(np.int64)) for m in (around.left, around.above, around.above_left, around.above_right)
        )
        corner = corner + other_corner + 1 >> 1
        left_mean, above_mean, corner_mean, right_mean = self.means
        left[:, 0] = np.abs(left_mean - corner_mean)
        above[:, 0] = np.abs(above_mean - right_mean)
        corner[:, 0] = np.abs(left_mean - above_mean)
        return [left, above, corner]

    def trunk(self) -> Levels:
        """[N, inputs]: what the trunk sees."""
        around = self.around
        parts = [
            *(levels(dequantize(m, self.steps), LOG) for m in self.near),
            around.statistics,
            Steps(self.steps).levels,
            signed_levels(self.lower >> EDGE_BITS, EDGE_LOG),
            signed_levels(self.inner >> EDGE_BITS, EDGE_LOG),
        ]
        neighbours = (around.left, around.above, around.above_left, around.above_right)
        counts = [last_positions(m) for m in neighbours] + [np.count_nonzero(m, axis=1) for m in neighbours]
        flags = [PRESENT * around.has_left, PRESENT * around.has_above]
        if around.other is not None and around.second is not None:
            parts += [self.luma, levels(np.abs(dequantize(around.other, self.steps)), LOG)]
            flags.append(PRESENT * around.second)
        parts.append(np.stack([*(COUNT_LEVEL * c for c in counts), *flags], axis=1).astype(np.uint8))
        return np.concatenate(parts, axis=1)

    def start(self, last: Integers) -> None:
        """The last positions are known, [N]."""
        self.last = last

    def position(self, k: int, n: int) -> tuple[Levels, Integers]:
        """Of the first n blocks, before position k is coded: (inputs [n, ..] of its head, references [R + 1, n]).

        References are predictions of the coefficient in 1/64 of a quantized level: by the edges above and to the left;
        the coefficients to the left and above, but at position 0 the plane through three neighbours, and the one to the
        upper right; for chroma, the other chroma component, at position 0 its change. The last row is the origin: the
        mean of the edges' predictions at position 0, from which the first four are counted there; else 0.
        """
        v, u = ROW[k], COLUMN[k]
        down = _residual(self.rows[:n, u], self.down[:n, k]) * self.around.has_above[:n]
        right = _residual(self.columns[:n, v], self.right[:n, k]) * self.around.has_left[:n]
        seen = [level[:n, k] for level in self.near_levels]
        if k:
            errors, origin = [down, right], np.zeros(n, np.int64)
            more = [RESIDUAL_UNIT * m[:n, k].astype(np.int64) for m in (self.around.left, self.around.above)]
        else:
            left, above, corner, upper_right = (RESIDUAL_UNIT * m[:n] for m in self.means)
            plane = left + above - corner
            both = self.around.has_above[:n] & self.around.has_left[:n]
            origin = np.where(both, down + right >> 1, down + right)
            errors = [down - right, plane - origin]
            down, right, more = down - origin, right - origin, [plane - origin, upper_right - origin]
        m = self.magnitudes[:n]
        own = 2 * (m[:, v + 1, u] + m[:, v, u + 1]) + m[:, v + 1, u + 1] + m[:, v + 2, u] + m[:, v, u + 2]
        distance = self.last[:n] - 1 - k
        seen += [
            levels(own, OWN_LOG),
            *(signed_levels(error >> RESIDUAL_STEP, RESIDUAL_LOG) for error in errors),
            LAST_LEVEL * np.minimum(distance, LAST_REACH),
            PRESENT * (distance == 0),
            Steps(self.steps[:n, k]).levels,
            self.around.statistics[:n, k],
        ]
        references = [down, right, *more]
        if self.around.other is not None and self.around.other_change is not None:
            other = 2 * self.around.other[:n, k].astype(np.int64) if k else self.around.other_change[:n]
            seen += [self.luma[:n, k], signed_levels(other, OTHER_LOG)]
            references.append(RESIDUAL_UNIT // 2 * other)
        if self.around.related is not None:
            predictions = [*self.around.related[:n, :, k].T]
            seen += [signed_levels(value >> RESIDUAL_STEP, RESIDUAL_LOG) for value in predictions]
            references += predictions
        limited = np.clip(np.stack([*references, origin]), -REFERENCE_MAX, REFERENCE_MAX)
        return np.stack(seen, axis=1).astype(np.uint8), limited

    def set(self, k: int, values: Integers) -> Integers:
        """Coefficients at position k of the first n blocks are known, [n]; returns what the accumulator adds
        them by, within -127..127.
        """
        n, v, u = len(values), ROW[k], COLUMN[k]
        dequantized = np.clip(values * self.steps[:n, k], -DEQUANTIZED_MAX, DEQUANTIZED_MAX)
        self.rows[:n, u] -= EDGE[v] * dequantized
        self.columns[:n, v] -= EDGE[u] * dequantized
        self.magnitudes[:n, v, u] = np.abs(values)
        return signed_steps(dequantized, EDGE_LOG)


def _residual(edges: Integers, reciprocals: Integers) -> Integers:
    result: Integers = np.clip(edges * reciprocals >> RECIPROCAL_BITS, -REFERENCE_MAX, REFERENCE_MAX)
    return result


FADED = 4096
"""Blocks after which statistics fade to half."""

STATISTICS_MAX = 1023
"""Magnitudes count for this at most: 64 times the sums of 8192 blocks fit 32 bits."""

STATISTICS_UNIT = 64
"""Steps of a mean in a quantized level."""


class Statistics:
    """Mean magnitudes of each position in the wavefronts so far, of a plane; at position 0, of changes."""

    def __init__(self) -> None:
        self.sums = np.zeros(BLOCK, np.int64)
        self.count = 0

    def levels(self) -> Levels:
        """uint8 [64]."""
        return levels(STATISTICS_UNIT * self.sums // max(self.count, 1), LOG)

    def add(self, sums: Integers, count: int) -> None:
        """Sums of `counted` [64] over the count blocks of a wavefront."""
        self.sums += sums
        self.count += count
        while self.count >= FADED:
            self.sums >>= 1
            self.count >>= 1


def counted(coefficients: NDArray[np.int16], before: NDArray[np.int16]) -> Integers:
    """Magnitudes [N, 64] that statistics add up. before: the mean coefficients [N] to the left, in the first column
    above.
    """
    magnitudes = np.abs(coefficients.astype(np.int64))
    magnitudes[:, 0] = np.abs(coefficients[:, 0].astype(np.int64) - before)
    return np.minimum(magnitudes, STATISTICS_MAX)
