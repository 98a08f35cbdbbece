"""The steps by which a JPEG encoder divided its coefficients, told from where those of the decoded samples lie."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from l3c.history.jpeg_fit import Bounds, Floats, forward, quantize, wrong

Table = NDArray[np.uint8]

NOISE = 0.3
"""What rounding samples does to a coefficient: its standard deviation."""

SURE = 4.5
"""A coefficient of more than so many standard deviations is not 0."""

MOST, STEPS = 400, 255
FEW, SMALL_STEPS, EVERY = 40, 40, 5
CAP = 6.0
LIVELY, LEAST_BLOCKS = (8, 6, 4, 3, 2), 64
CANDIDATES, FREEDOM = 3, 5.5
"""A step of its own must be worth as many nats as it takes to say which of 255 it is."""

LEAST_EVIDENCE, LEAST_VALUES, LEAST_AGAIN = 0.15, 40, 0.02

LUMA = (
    "16 11 10 16 24 40 51 61 12 12 14 19 26 58 60 55 14 13 16 24 40 57 69 56 14 17 22 29 51 87 80 62 "
    "18 22 37 56 68 109 103 77 24 35 55 64 81 104 113 92 49 64 78 87 103 121 120 101 72 92 95 98 112 100 103 99"
)
CHROMA = "17 18 24 47 99 99 99 99 18 21 26 66 99 99 99 99 24 26 56 99 99 99 99 99 47 66 99 99 99 99 99 99 " + "99 " * 32
"""The example tables of ITU-T T.81, Annex K."""


class Steps(NamedTuple):
    """table: uint8 [64]. evidence: how much likelier the values are with it, nats a value. values: how many tell.

    share: of lively blocks that the nearest coefficients give again. quality: of the usual table that it is, else None.
    """

    table: Table
    evidence: float
    values: int
    share: float
    quality: int | None = None


def tables(base: str) -> NDArray[np.int64]:
    """[100, 64]: a table at the qualities 1 .. 100, as the Independent JPEG Group scales it."""
    quality = np.arange(1, 101)[:, None]
    scale = np.where(quality < 50, 5000 // quality, 200 - 2 * quality)
    scaled: NDArray[np.int64] = np.clip((np.array(base.split(), int) * scale + 50) // 100, 1, STEPS)
    return scaled


def estimate(samples: Floats, base: str, quality: int | None = None) -> Steps:
    """The table behind blocks of whole samples [n, 64]: of the likeliest ones that which gives most blocks again.

    base: of the usual tables. quality: of the table to be taken where others are no better.
    """
    lively = _lively(samples)
    found = [_likelihoods(values, MOST, STEPS) for values in forward(lively).T]
    likelihoods, counts = np.array([of for of, _ in found]), np.array([n for _, n in found])
    usual = tables(base)
    sums = np.take_along_axis(likelihoods, usual.T - 1, 1).sum(0)
    order = [*([quality] if quality else []), *(np.argsort(sums)[::-1][:CANDIDATES] + 1)]
    free = np.where(counts > 0, likelihoods.argmax(1) + 1, STEPS)
    choices = [*(usual[q - 1] for q in order), free]
    shares = [_share(lively, choice.astype(np.uint8)) for choice in choices]
    best = int(np.argmax(shares))
    evidence = float(np.maximum(likelihoods.max(1) - FREEDOM, 0).sum()) / max(1, int(counts.sum()))
    told = int(order[best]) if best < len(order) else None
    return Steps(choices[best].astype(np.uint8), evidence, int(counts.sum()), shares[best], told)


def _share(samples: Floats, table: Table) -> float:
    """Of blocks, those that the nearest coefficients give again."""
    whole = samples.astype(np.int16)
    return float(1 - wrong(quantize(samples, table), table, Bounds(whole, whole)).mean()) if len(samples) else 0.0


def _lively(samples: Floats) -> Floats:
    """Blocks of several coefficients: in flat ones all samples are rounded alike, which is no noise."""
    counts = (np.abs(forward(samples)[:, 1:]) > SURE * NOISE).sum(1)
    enough = next((least for least in LIVELY if (counts >= least).sum() >= LEAST_BLOCKS), 1)
    lively: Floats = samples[counts >= enough]
    return lively


def _likelihoods(values: Floats, most: int, largest: int) -> tuple[NDArray[np.float64], int]:
    """How much likelier each step up to `largest` makes values that are not 0 than 1; and how many there are."""
    sure = np.abs(values)
    sure = sure[sure > SURE * NOISE]
    sure = sure[:: max(1, len(sure) // most)]
    steps = np.arange(1, largest + 1, dtype=np.float32)[:, None]
    off = (sure - steps * np.rint(sure / steps)) / NOISE
    penalty = np.minimum(off * off / 2, CAP).sum(1, dtype=np.float64)
    gain = len(sure) * np.log(steps[:, 0] / (NOISE * np.sqrt(2 * np.pi)))
    return gain - penalty - (gain - penalty)[0], len(sure)


def likely(samples: Floats) -> bool:
    """Whether a few blocks [n, 64] are worth a closer look."""
    found = [_likelihoods(values, FEW, SMALL_STEPS) for values in forward(samples).T[1::EVERY]]
    weight = sum(max(0.0, likelihoods.max() - FREEDOM) for likelihoods, _ in found)
    return bool(weight > LEAST_EVIDENCE / 2 * sum(count for _, count in found))


def is_quantized(steps: Steps) -> bool:
    """Whether the values leave no doubt."""
    return steps.values >= LEAST_VALUES and steps.evidence > LEAST_EVIDENCE and steps.share > LEAST_AGAIN
