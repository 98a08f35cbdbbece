"""The steps by which a JPEG encoder divided its coefficients, told from where those of the decoded samples lie."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Table = NDArray[np.uint8]

NOISE = 0.3
"""What rounding samples does to a coefficient: its standard deviation."""

SURE = 4.5
"""A coefficient of more than so many standard deviations is not 0."""

MOST, STEPS = 400, 255
FEW, SMALL_STEPS = 40, 40
CAP = 6.0
LIVELY, LEAST_BLOCKS = (8, 6, 4, 3, 2), 64
LIKE_IJG, LIKE_HINT, FREEDOM = 0.9, 0.5, 5.5
"""A step of its own must be worth as many nats as it takes to say which of 255 it is."""

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
    """table: uint8 [64]. evidence: how much likelier the values are with it, nats a value. values: how many tell.

    quality: of the usual table that it is, else None.
    """

    table: Table
    evidence: float
    values: int
    quality: int | None = None

    @property
    def weight(self) -> float:
        """The evidence of all values."""
        return self.evidence * self.values


def tables(base: str) -> NDArray[np.int64]:
    """[100, 64]: a table at the qualities 1 .. 100, as the Independent JPEG Group scales it."""
    quality = np.arange(1, 101)[:, None]
    scale = np.where(quality < 50, 5000 // quality, 200 - 2 * quality)
    return np.clip((np.array(base.split(), int) * scale + 50) // 100, 1, STEPS)


def estimate(coefficients: Floats, base: str, quality: int | None = None) -> Steps:
    """The likeliest table behind coefficients [n, 64].

    One of the usual tables where it explains nearly as much as steps of any kind; that of `quality` even if it is half.
    """
    found = [_likelihoods(values, MOST, STEPS) for values in _lively(coefficients).T]
    likelihoods, count = np.array([of for of, _ in found]), sum(n for _, n in found)
    sums = np.take_along_axis(likelihoods, tables(base).T, 1).sum(0)
    best = np.maximum(likelihoods.max(1) - FREEDOM, 0).sum()
    usual = sums.argmax()
    if quality is not None and sums[quality - 1] >= LIKE_HINT * best:
        usual = quality - 1
    elif sums[usual] < LIKE_IJG * best:
        free = likelihoods.argmax(1)
        return Steps(np.where(free > 0, free, STEPS).astype(np.uint8), float(best) / max(count, 1), count)
    return Steps(tables(base)[usual].astype(np.uint8), float(best) / max(count, 1), count, int(usual) + 1)


def _lively(coefficients: Floats) -> Floats:
    """Blocks of several coefficients: in flat ones all samples are rounded alike, which is no noise."""
    counts = (np.abs(coefficients[:, 1:]) > SURE * NOISE).sum(1)
    enough = next((least for least in LIVELY if (counts >= least).sum() >= LEAST_BLOCKS), 1)
    return coefficients[counts >= enough]


def _likelihoods(values: Floats, most: int, largest: int) -> tuple[NDArray[np.float64], int]:
    """How much likelier each step up to `largest` makes values that are not 0 than no step; and how many there are."""
    sure = np.abs(values)
    sure = sure[sure > SURE * NOISE]
    sure = sure[:: max(1, len(sure) // most)]
    steps = np.arange(1, largest + 1, dtype=np.float32)[:, None]
    off = (sure - steps * np.rint(sure / steps)) / NOISE
    penalty = np.minimum(off * off / 2, CAP).sum(1, dtype=np.float64)
    gain = len(sure) * np.log(steps[:, 0] / (NOISE * np.sqrt(2 * np.pi)))
    return np.concatenate([[0.0], gain - penalty]), len(sure)


def likely(coefficients: Floats) -> bool:
    """Whether a few coefficients [n, 64] are worth a closer look."""
    found = [_likelihoods(values, FEW, SMALL_STEPS) for values in coefficients.T]
    weight = sum(max(0.0, likelihoods.max() - FREEDOM) for likelihoods, _ in found)
    return weight > LEAST_EVIDENCE / 2 * sum(count for _, count in found)


def is_quantized(steps: Steps) -> bool:
    """Whether the values leave no doubt."""
    return steps.values >= LEAST_VALUES and steps.evidence > LEAST_EVIDENCE
