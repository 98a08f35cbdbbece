"""Quantized coefficients nearest to samples of which some are known and some are guessed."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from l3c.history.decoded_jpeg.fit import BASIS, BLOCK, Floats
from l3c.jpeg.inverse import Inverse

BEAM = 32
"""Width of the beam search: candidates that go on from one coefficient to the next. By trial."""

CHOICES = 3
"""Values of a coefficient that each candidate tries: the nearest and one on both sides."""


def nearest(samples: Floats, weights: Floats, inverse: Inverse) -> NDArray[np.int16]:
    """Candidates [n, BEAM, 64] for samples [n, 64], whose deviations count by `weights` [n, 64].

    The lattice of coefficients is brought to triangular form, and they are chosen one after another, those of large
    steps first, each given the ones before it.
    """
    order = np.argsort(inverse.table, kind="stable")
    columns = (BASIS * inverse.worth[:, None])[order].T
    rotation, triangle = np.linalg.qr(weights[:, :, None] * columns)
    wanted = np.einsum("nij,ni->nj", rotation, weights * (samples - inverse.middle))
    chosen = _search(triangle, wanted)
    out = np.empty(chosen.shape, np.int16)
    out[..., order] = np.clip(chosen, -1023, 1023)
    return out


def _search(triangle: Floats, wanted: Floats) -> NDArray[Any]:
    """[n, BEAM, 64]: integers c for which triangle @ c is near `wanted`, found from the last one on."""
    left = np.repeat(wanted[:, None], BEAM, 1)
    cost = np.full(left.shape[:2], np.float32(1e30))
    cost[:, 0] = 0
    steps = []
    for k in range(BLOCK - 1, -1, -1):
        pivot = triangle[:, k, k, None]
        centre = left[..., k] / pivot
        first = np.rint(centre)
        side = np.where(centre > first, 1, -1).astype(np.float32)
        values = np.concatenate([first, first + side, first - side], 1)
        costs = np.tile(cost, CHOICES) + (pivot * (np.tile(centre, CHOICES) - values)) ** 2
        best = np.argpartition(costs, BEAM - 1, axis=1)[:, :BEAM]
        cost, value, before = np.take_along_axis(costs, best, 1), np.take_along_axis(values, best, 1), best % BEAM
        left = np.take_along_axis(left[..., :k], before[..., None], 1)
        left -= value[..., None] * triangle[:, None, :k, k]
        steps.append((value, before))
    return _traced(steps)


def _traced(steps: list[tuple[Floats, NDArray[np.intp]]]) -> NDArray[Any]:
    """Values of each candidate, from those of each step and the candidates that they follow."""
    out = np.empty((*steps[0][0].shape, len(steps)), np.float32)
    places = np.broadcast_to(np.arange(BEAM), out.shape[:2])
    for k, (value, before) in enumerate(reversed(steps)):
        out[..., k] = np.take_along_axis(value, places, 1)
        places = np.take_along_axis(before, places, 1)
    return out
