"""Ranks among the values that occur; taken only where there are gaps."""

import numpy as np

from l3c.history.value_table import convert as levels
from tests.checks import noise, smooth_picture


def test_values_that_occur_by_chance_save_nothing() -> None:
    """A table of them takes more bits than ranks save; one of each 16th value saves four bits a sample."""
    random = np.random.default_rng(0)
    by_chance = levels.counts_of(random.integers(0, 1 << 16, (200, 200, 1)), 16)
    regular = levels.counts_of(random.integers(0, 1 << 12, (200, 200, 1)) * 16, 16)
    assert levels.bits_saved(by_chance) < 1.4 * 200 * 200
    assert abs(levels.bits_saved(regular) - 4 * 200 * 200) < 0.01 * 200 * 200


def test_values_come_back_from_their_ranks() -> None:
    samples = noise(20, 30, 3) // 7 * 7
    tables = [np.nonzero(count)[0] for count in levels.counts_of(samples, 8)]
    ranks = levels.to_ranks(samples, tables, 8)
    assert ranks.max() == len(tables[0]) - 1
    np.testing.assert_array_equal(levels.from_ranks(ranks, tables, np.uint8), samples)


def test_only_gaps_and_low_depths_are_worth_it() -> None:
    picture = smooth_picture(80, 80, 3)
    assert not levels.worth_it(levels.counts_of(picture, 8), 8)
    assert levels.worth_it(levels.counts_of(picture // 2 * 2, 8), 8)
    assert levels.worth_it(levels.counts_of(picture.astype(np.uint16) * 4, 10), 10)
    assert not levels.worth_it([np.ones(1 << 16, np.intp)], 16)


def test_mostly_gray_pictures_come_back_from_green_and_differences() -> None:
    for bits in (1, 9, 12, 16):
        ranks = noise(20, 30, 3).astype(np.uint16) * 257 >> np.uint16(16 - bits)
        planes = levels.less_green(ranks, bits)
        assert all(plane.max() < 1 << bits for plane in planes)
        np.testing.assert_array_equal(levels.with_green(planes, bits), ranks)
    gray = np.repeat(noise(80, 80, 1), 3, axis=2)
    assert levels.gray_share(gray) == 1
    gray[41, 3, 1] ^= 1
    assert 0.9 < levels.gray_share(gray) < 1
    gray[:, 40:, 0] ^= 1
    assert 0.4 < levels.gray_share(gray) < 0.6


def test_gray_is_told() -> None:
    gray = np.repeat(smooth_picture(80, 80, 1), 3, axis=2)
    assert levels.is_gray(gray)
    gray[41, 3, 1] ^= 1
    assert not levels.is_gray(gray)
