"""The steps by which a JPEG encoder divided its coefficients, told from where those of the decoded samples lie."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Table = NDArray[np.uint8]

NOISE = 0.3
"""What rounding samples does to a coefficient: its standard deviation."""

SURE = 4.5
"""A coefficient of more than so many standard deviations is not 0."""

MOST, STEPS = 400, 255
CAP = 12.5
LIKE_IJG = 0.95
LEAST_EVIDENCE, LEAST_VALUES = 0.15, 40

LUMA = (
    "16 11 10 16 24 40 51 61 12 12 14 19 26 58 60 55 14 13 16 24 40 57 69 56 14 17 22 29 51 87 80 62 "
    "18 22 37 56 68 109 103 77 24 35 55 64 81 104 113 92 49 64 78 87 103 121 120 101 72 92 95 98 112 100 103 99"
)
CHROMA = (
    "17 18 24 47 99 99 99 99 18 21 26 66 99 99 99 99 24 26 56 99 99 99 99 99 47 66 99 99 99 99 99 99 " + "99 " * 32
)
"""The example tables of ITU-T T.81, Annex K."""


class Steps(NamedTuple):
    """table: uint8 [64]. evidence: how much likelier the values are with it, nats a value. values: how many tell."""

    table: Table
    evidence: float
    values: int


def tables(base: str) -> NDArray[np.int64]:
    """[100, 64]: a table at the qualities 1 .. 100, as the Independent JPEG Group scales it."""
    quality = np.arange(1, 101)[:, None]
    scale = np.where(quality < 50, 5000 // quality, 200 - 2 * quality)
    return np.clip((np.array(base.split(), int) * scale + 50) // 100, 1, STEPS)


def estimate(coefficients: Floats, base: str, noise: NDArray[Any] | float = NOISE) -> Steps:
    """The likeliest table behind coefficients [n, 64]; `noise` is their standard deviation, [64] or of all.

    One of the usual tables where it explains nearly as much as steps of any kind.
    """
    deviations = np.broadcast_to(np.asarray(noise, np.float32), 64)
    found = [_likelihoods(values, s) for values, s in zip(coefficients.T, deviations, strict=True)]
    likelihoods = np.array([of for of, _ in found])
    count = sum(n for _, n in found)
    free = likelihoods.argmax(1)
    usual = tables(base)
    sums = np.take_along_axis(likelihoods, usual.T, 1).sum(0)
    best = likelihoods.max(1).sum()
    table = usual[sums.argmax()] if sums.max() >= LIKE_IJG * best else np.where(free > 0, free, STEPS)
    return Steps(table.astype(np.uint8), float(min(best, sums.max()) if count == 0 else best) / max(count, 1), count)


def _likelihoods(values: Floats, noise: float) -> tuple[NDArray[np.float64], int]:
    """[256]: how much likelier each step makes the values that are not 0 than no step; and how many there are."""
    sure = np.abs(values)
    sure = sure[sure > SURE * noise]
    sure = sure[:: max(1, len(sure) // MOST)]
    steps = np.arange(1, STEPS + 1, dtype=np.float32)[:, None]
    off = (sure - steps * np.rint(sure / steps)) / noise
    penalty = np.minimum(off * off / 2, CAP).sum(1, dtype=np.float64)
    gain = len(sure) * np.log(steps[:, 0] / (noise * np.sqrt(2 * np.pi)))
    return np.concatenate([[0.0], gain - penalty]), len(sure)


def is_quantized(steps: Steps) -> bool:
    """Whether the values leave no doubt."""
    return steps.values >= LEAST_VALUES and steps.evidence > LEAST_EVIDENCE
