"""Ranks among the values that occur: packed and unpacked at any depth; taken only where there are gaps."""

import numpy as np
import pytest

from l3c.history.value_table import convert as levels
from tests.checks import noise, smooth_picture


@pytest.mark.parametrize("bits", [1, 7, 8, 9, 10, 13, 15, 16])
@pytest.mark.parametrize("channels", [1, 3])
def test_ranks_are_split_and_joined(bits: int, channels: int) -> None:
    ranks = np.random.default_rng(0).integers(0, 1 << bits, (7, 11, channels)).astype(np.uint16)
    parts = levels.split(ranks, bits)
    assert [p.shape for p in parts[1:]] == [(7, -(-11 * channels * (bits - 8) // 8), 1)] * (bits > 8)
    np.testing.assert_array_equal(levels.join(parts, bits), ranks)


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


def test_gray_is_told() -> None:
    gray = np.repeat(smooth_picture(80, 80, 1), 3, axis=2)
    assert levels.is_gray(gray)
    gray[41, 3, 1] ^= 1
    assert not levels.is_gray(gray)
