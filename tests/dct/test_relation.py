"""Chroma follows luma by what it did before."""

import numpy as np

from l3c.dct.definition.plane import Plane, front, front_count, plane_slopes, related
from l3c.dct.definition.relation import SLOPE_MAX, Relation, predictions, slopes


def test_slopes_are_those_of_the_blocks_before() -> None:
    rng = np.random.default_rng(1)
    luma = rng.integers(-40, 40, (6, 8, 64))
    steps = np.full(64, 4)
    planes = [Plane(luma.astype(np.int16), steps.astype(np.uint16), 1, 1)]
    planes.append(Plane((-luma // 2).astype(np.int16), (2 * steps).astype(np.uint16), 1, 1))
    (found,) = plane_slopes(planes, 1)
    assert found[0, 0] == 0
    assert np.abs(found[1:, 1:-1] + 256).max() < 12
    y, x = np.array([4]), np.array([3])
    expected = planes[1].coefficients[4, 3, 1:]
    assert np.abs(related(planes, 1, y, x, [found[y, x]])[0, 0, 1:] / 64 - expected).max() < 2


def test_sums_stay_within_their_bounds() -> None:
    relation, most = Relation(9, 60), np.full((1, 64), 32767)
    for t in range(front_count(9, 60)):
        for row, column in zip(*front(9, 60, t), strict=True):
            relation.add(np.array([row]), np.array([column]), -most, most)
    assert np.abs(relation.sums).max() < 1 << 33
    found = slopes(relation.faded(np.array([8]), np.array([59])))
    assert found.tolist() == [-256]
    assert np.abs(slopes(np.array([[1 << 40, 0]]))).max() == SLOPE_MAX


def test_predictions_are_in_quantized_levels() -> None:
    other = np.full((1, 64), 100)
    assert abs(predictions(np.array([128]), other, np.full(64, 5))[0, 3] - 64 * 10) <= 1


def test_other_samplings_are_not_related() -> None:
    planes = [Plane(np.zeros((side, side, 64), np.int16), np.ones(64, np.uint16), 1, 1) for side in (4, 2, 2)]
    assert plane_slopes(planes, 1) == plane_slopes(planes, 2) == []
    assert not related(planes, 2, np.array([1]), np.array([1]), []).any()
