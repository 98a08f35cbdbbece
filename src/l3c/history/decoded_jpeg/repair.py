"""Blocks that the nearest coefficients do not explain: others are tried until every sample is within its bounds."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from l3c.history.decoded_jpeg.fit import BASIS, BLOCK, Bounds, Floats, Ints, limited, wrong
from l3c.history.decoded_jpeg.lattice import nearest
from l3c.jpeg.inverse import Inverse

MOVES = 24
"""Steps of a descent at most: blocks that need more are not found by it. By trial."""

PART = 256
"""Blocks repaired at once, each with 129 moves: bounds the memory."""

KNOWN = 0.3
"""How far samples that are known are off, in the mean: a rounding."""

GUESSED = 6.0
"""How far samples that are guessed are off, in the mean. By trial."""

SINGLE = np.concatenate([np.zeros((1, BLOCK)), np.eye(BLOCK), -np.eye(BLOCK)]).astype(np.int16)
"""No move, and those of one coefficient by a step."""

PAIRED = 12
"""Coefficients of which two are moved together, where no single move helps."""


def repair(blocks: Ints, inverse: Inverse, bounds: Bounds, ideas: Floats, thorough: bool) -> None:
    """Change blocks [n, 64] so that more of them give samples within the bounds.

    ideas: samples, where they are free. thorough: where small moves do not help, look for blocks near the ideas.
    """
    for change in (_moved, _best_nearby, _polished) if thorough else (_moved,):
        left = np.nonzero(wrong(blocks, inverse, bounds))[0]
        for start in range(0, len(left), PART):
            chosen = left[start : start + PART]
            blocks[chosen] = change(blocks[chosen], inverse, bounds.of(chosen), ideas[chosen])


def _moved(blocks: Ints, inverse: Inverse, bounds: Bounds, ideas: Floats) -> Ints:
    return _descend(blocks, inverse, bounds)


def _best_nearby(blocks: Ints, inverse: Inverse, bounds: Bounds, ideas: Floats) -> Ints:
    """The best of several that are near."""
    weights = np.where(bounds.low == bounds.high, 1 / KNOWN, 1 / GUESSED).astype(np.float32)
    candidates = nearest(ideas, weights, inverse)
    wide = Bounds(bounds.low[:, None], bounds.high[:, None])
    rows = np.arange(len(blocks))
    near = candidates[rows, _violation(_made(candidates, inverse), wide).argmin(1)]
    tried = np.concatenate([_descend(near, inverse, bounds)[:, None], blocks[:, None], candidates], 1)
    return np.asarray(tried[rows, _really(tried, inverse, wide).argmin(1)])


def _polished(blocks: Ints, inverse: Inverse, bounds: Bounds, ideas: Floats) -> Ints:
    """Move one coefficient by a step, as long as the samples that are really made come nearer to their bounds."""
    blocks, wide = blocks.copy(), Bounds(bounds.low[:, None], bounds.high[:, None])
    active = np.arange(len(blocks))
    for _ in range(MOVES):
        tried = limited(blocks[active, None] + SINGLE)
        violation = _really(tried, inverse, wide.of(active))
        best = violation.argmin(1)
        rows = np.arange(len(active))
        blocks[active] = tried[rows, best]
        active = active[(best > 0) & (violation[rows, best] > 0)]
        if not len(active):
            break
    return blocks


def _really(blocks: Ints, inverse: Inverse, bounds: Bounds) -> Floats:
    """The violation of the samples that blocks [n, m, 64] make."""
    samples = inverse.samples(blocks.reshape(-1, BLOCK)).reshape(blocks.shape)
    return _violation(samples.astype(np.float32), bounds)


def _made(blocks: Ints, inverse: Inverse) -> Floats:
    """Samples before they are rounded."""
    return np.asarray((blocks * inverse.worth) @ BASIS + inverse.middle, np.float32)


def _violation(samples: Floats, bounds: Bounds) -> Floats:
    """By how much samples [..., 64] leave their bounds, squared and summed."""
    over = np.maximum(samples - (bounds.high + np.float32(0.5)), (bounds.low - np.float32(0.5)) - samples)
    np.maximum(over, 0, out=over)
    squares: Floats = np.einsum("...i,...i->...", over, over)
    return squares


def _descend(blocks: Ints, inverse: Inverse, bounds: Bounds) -> Ints:
    """Move one coefficient by a step, or two, as long as that brings the samples nearer to their bounds."""
    blocks, steps = blocks.copy(), inverse.worth[:, None] * BASIS
    samples = _made(blocks, inverse)
    violation = _violation(samples, bounds)
    active = np.nonzero(violation > 0)[0]
    for _ in range(MOVES):
        if not len(active):
            break
        moves, signs, reached = _best_move(samples[active], steps, bounds.of(active))
        better = reached < violation[active]
        active, moves, signs = active[better], moves[better], signs[better]
        for column in range(moves.shape[1]):
            blocks[active, moves[:, column]] += signs[:, column].astype(np.int16)
            samples[active] += signs[:, column, None] * steps[moves[:, column]]
        violation[active] = _violation(samples[active], bounds.of(active))
        active = active[violation[active] > 0]
    return limited(blocks)


def _best_move(samples: Floats, steps: Floats, bounds: Bounds) -> tuple[NDArray[np.intp], Floats, Floats]:
    """Which two coefficients to move, by which signs (0: not), and the violation that is left."""
    half = np.float32(0.5)
    over = samples - np.clip(samples, bounds.low - half, bounds.high + half)
    signs = -np.sign(over @ steps.T)
    wide = Bounds(bounds.low[:, None], bounds.high[:, None])
    single = _violation(samples[:, None] + signs[..., None] * steps, wide)
    ranks = np.argsort(single, axis=1)[:, :PAIRED]
    rows = np.arange(len(samples))
    first, second = np.triu_indices(PAIRED)
    pairs = ranks[:, first], ranks[:, second]
    pair_signs = [np.take_along_axis(signs, pair, 1) for pair in pairs]
    pair_signs[1] = np.where(first == second, 0, pair_signs[1])
    moved = samples[:, None] + sum(s[..., None] * steps[p] for s, p in zip(pair_signs, pairs, strict=True))
    left = _violation(moved, wide)
    best = left.argmin(1)
    moves = np.stack([pair[rows, best] for pair in pairs], 1)
    return moves, np.stack([s[rows, best] for s in pair_signs], 1), left[rows, best]
