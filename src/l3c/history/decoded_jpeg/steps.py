"""The steps by which a JPEG encoder divided its coefficients, found from where those of the decoded samples lie."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from l3c.history.decoded_jpeg.fit import Bounds, Floats, forward, quantize, wrong
from l3c.jpeg.inverse import Inverse, worths

NOISE = 0.3
"""The standard deviation of a coefficient that the rounding of samples causes."""

SURE = 4.5
"""A coefficient of more than so many standard deviations is not 0."""

MOST = 400
"""Values of a coefficient that its step is judged by."""

QUANTIZER_MAX = 255
"""The greatest step of a table of 8 bits."""

FEW = 40
"""Values of a coefficient in the quick judgement."""

SMALL_STEPS = np.arange(1, 41, dtype=np.float32)
"""Steps of the quick judgement; larger ones are for the closer look."""

EVERY = 5
"""Of the coefficients, those that the quick judgement looks at: each fifth."""

WHOLE = np.ones(64, np.uint8)  # steps of 1: coefficients as they are
MIDDLE = Inverse(WHOLE).middle  # of blocks without coefficients
CAP = 6.0
"""Nats that a value counts against a step at most, so that what was drawn over does not decide. By trial."""

LIVELY = (8, 6, 4, 3, 2)
"""Coefficients that blocks must have to be looked at, as many as LEAST_BLOCKS blocks have."""

LEAST_BLOCKS = 64
"""Blocks that are enough for a judgement. By trial."""

CANDIDATES = 3
"""Tables of the usual ones that are tried, the likeliest."""

LEAST_HINTED = 0.4
"""Of the best share of blocks given again, what the table that another plane has must reach. By trial."""

FREEDOM = 5.5
"""Nats that a step of its own must be worth: about as many as it takes to say which of 255 it is, ln 255 = 5.54."""

LEAST_EVIDENCE = 0.15
"""Nats a value, below which pixels may be like this by chance. By trial."""

LEAST_VALUES = 40
"""Values that must be there to judge by."""

LEAST_AGAIN = 0.02
"""Share of blocks that the coefficients must give again. By trial."""

LUMA = (
    "16 11 10 16 24 40 51 61 12 12 14 19 26 58 60 55 14 13 16 24 40 57 69 56 14 17 22 29 51 87 80 62 "
    "18 22 37 56 68 109 103 77 24 35 55 64 81 104 113 92 49 64 78 87 103 121 120 101 72 92 95 98 112 100 103 99"
)
"""The example table of ITU-T T.81, Annex K, for luma."""

CHROMA = "17 18 24 47 99 99 99 99 18 21 26 66 99 99 99 99 24 26 56 99 99 99 99 99 47 66 99 99 99 99 99 99 " + "99 " * 32
"""The example tables of ITU-T T.81, Annex K."""


class Steps(NamedTuple):
    """inverse: with the steps. evidence: how much likelier the values are with them, nats a value.

    values: how many tell. share: of lively blocks that the nearest coefficients give again; fine steps always do, so
    that score weighs it by how much likelier the values are. quality: of the usual table that it is, else None.
    """

    inverse: Inverse
    evidence: float
    values: int
    share: float
    score: float
    quality: int | None = None


def tables(base: str) -> NDArray[np.int64]:
    """[100, 64]: a table at the qualities 1 .. 100, as the Independent JPEG Group scales it."""
    quality = np.arange(1, 101)[:, None]
    scale = np.where(quality < 50, 5000 // quality, 200 - 2 * quality)
    scaled: NDArray[np.int64] = np.clip((np.array(base.split(), int) * scale + 50) // 100, 1, QUANTIZER_MAX)
    return scaled


def estimate(samples: Floats, base: str, quality: int | None = None, fast: bool = False) -> Steps:
    """The table behind blocks of whole samples [n, 64]: one of the likeliest, that gives many blocks again.

    base: of the usual tables. quality: of the one to be taken where others are not much better.
    fast: as `Inverse` has it.
    """
    lively = _lively(samples)
    values_of = forward(lively, Inverse(WHOLE, fast).middle).T
    rated = [_likelihoods(values, MOST, steps) for values, steps in zip(values_of, worths(fast), strict=True)]
    likelihoods, counts = np.array([of for of, _ in rated]), np.array([n for _, n in rated])
    usual = tables(base)
    sums = np.take_along_axis(likelihoods, usual.T - 1, 1).sum(0)
    order = [*([quality] if quality else []), *(np.argsort(sums)[::-1][:CANDIDATES] + 1)]
    choices = [*(usual[q - 1] for q in order), np.where(counts > 0, likelihoods.argmax(1) + 1, QUANTIZER_MAX)]
    weights = [*(sums[q - 1] for q in order), np.maximum(likelihoods.max(1) - FREEDOM, 0).sum()]
    inverses = [Inverse(choice.astype(np.uint8), fast) for choice in choices]
    shares = [share_again(lively, inverse) for inverse in inverses]
    scores = [share * max(0.0, float(weight)) for share, weight in zip(shares, weights, strict=True)]
    hinted = quality is not None and shares[0] > 0 and shares[0] >= LEAST_HINTED * max(shares)
    best, count = 0 if hinted else int(np.argmax(scores)), max(1, int(counts.sum()))
    detected = int(order[best]) if best < len(order) else None
    return Steps(inverses[best], weights[-1] / count, count, shares[best], scores[best], detected)


def score(samples: Floats, base: str, quality: int | None, fast: bool) -> float:
    """How well blocks fit the usual table of `quality`, or, where that is not known, any table."""
    if quality is None:
        return estimate(samples, base, fast=fast).score
    return share_again(_lively(samples), Inverse(tables(base)[quality - 1].astype(np.uint8), fast))


def share_again(samples: Floats, inverse: Inverse) -> float:
    """Of blocks, those that the nearest coefficients give again."""
    whole = samples.astype(np.int16)
    return float(1 - wrong(quantize(samples, inverse), inverse, Bounds(whole, whole)).mean()) if len(samples) else 0.0


def _lively(samples: Floats) -> Floats:
    """Blocks of several coefficients: in flat ones all samples are rounded alike, which is no noise."""
    counts = (np.abs(forward(samples, MIDDLE)[:, 1:]) > SURE * NOISE).sum(1)
    enough = next((least for least in LIVELY if (counts >= least).sum() >= LEAST_BLOCKS), 1)
    lively: Floats = samples[counts >= enough]
    return lively


def _likelihoods(values: Floats, most: int, steps: Floats) -> tuple[NDArray[np.float64], int]:
    """How much likelier each of the steps makes values that are not 0 than the first; and how many there are."""
    sure = np.abs(values)
    sure = sure[sure > SURE * NOISE]
    sure = sure[:: max(1, len(sure) // most)]
    steps = steps[:, None]
    off = (sure - steps * np.rint(sure / steps)) / NOISE
    penalty = np.minimum(off * off / 2, CAP).sum(1, dtype=np.float64)
    gain = len(sure) * np.log(steps[:, 0] / (NOISE * np.sqrt(2 * np.pi)))
    return gain - penalty - (gain - penalty)[0], len(sure)


def looks_quantized(samples: Floats) -> bool:
    """Whether a few blocks [n, 64] are worth a closer look."""
    return evidence(samples) > LEAST_EVIDENCE / 2


def evidence(samples: Floats) -> float:
    """By a few coefficients of blocks [n, 64]: how much likelier they are with some steps, nats a value."""
    rated = [_likelihoods(values, FEW, SMALL_STEPS) for values in forward(samples, MIDDLE).T[1::EVERY]]
    weight = sum(max(0.0, likelihoods.max() - FREEDOM) for likelihoods, _ in rated)
    return float(weight / max(1, sum(count for _, count in rated)))


def is_quantized(steps: Steps) -> bool:
    """Whether the values leave no doubt."""
    return steps.values >= LEAST_VALUES and steps.evidence > LEAST_EVIDENCE and steps.share > LEAST_AGAIN
