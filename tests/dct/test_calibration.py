"""Frequencies follow what came so far."""

import numpy as np

from l3c.dct.definition.calibration import (
    CLASSES,
    FADED,
    LEAST_REACH,
    MAGNITUDES,
    RATIO_BITS,
    RATIO_MAX,
    RATIO_MIN,
    SURVEY_FIRST,
    Calibration,
    shares_of,
)
from l3c.dct.definition.plane import symbol_of
from l3c.dct.definition.symbols import FINE_FROM, TOTAL, Window, last_weights, make_window

K = 9


def window(n: int = 40) -> tuple[Window, np.ndarray]:
    """With scales from 0.3 to 8 levels, and which coefficients cannot be 0."""
    rng = np.random.default_rng(6)
    outputs = np.concatenate(
        [rng.normal(0, s, (n, w)).astype(np.int64) for s, w in ((20, 3), (30, 3), (20, 3), (5, 2))], axis=1
    )
    made = make_window(outputs, np.zeros((3, n), np.int64), np.zeros(n, np.bool_), FINE_FROM)
    return made, rng.random(n) < 0.3


def test_shares_are_those_of_all_values() -> None:
    made, _ = window()
    shares = shares_of(made)
    assert (shares >= 0).all()
    assert (shares.sum(axis=1) == TOTAL).all()


def random_ratios(calibration: Calibration) -> None:
    rng = np.random.default_rng(0)
    for counts in (calibration.positions, calibration.near, calibration.lasts):
        counts.ratios[:] = rng.integers(RATIO_MIN, RATIO_MAX + 1, counts.ratios.shape)
    calibration.reach[:] = MAGNITUDES - 1


def test_every_symbol_keeps_a_frequency() -> None:
    made, ends = window()
    calibration = Calibration()
    random_ratios(calibration)
    table = calibration.calibrate(K, made, ends, True).cumulative
    assert (table[:, 0] == 0).all()
    for row, levels in zip(table, made.levels, strict=True):
        assert (np.diff(row[: levels + 1]) >= 1).all()
        assert (row[levels:] == TOTAL).all()


def test_a_coefficient_that_cannot_be_zero_leaves_it_one_slot() -> None:
    made, ends = window()
    coded = Calibration().calibrate(K, made, ends, False)
    zero = coded.magnitudes == 0
    frequencies = np.diff(coded.cumulative, axis=1)
    assert (ends[:, None] & zero).any()
    assert frequencies[ends[:, None] & zero].max() <= 2
    assert coded.expected[ends[:, None] & zero].max() == 0


def test_classes_rise_with_the_share_of_zero() -> None:
    made, ends = window()
    shares, coded = shares_of(made), Calibration().calibrate(K, made, ends, False)
    zero = np.where(coded.magnitudes == 0, shares, 0).sum(axis=1)
    order = np.argsort(zero)
    assert (np.diff(coded.classes[order]) >= 0).all()
    assert 0 <= coded.classes.min() < coded.classes.max() < CLASSES


def test_ratios_follow_what_comes() -> None:
    made, ends = window()
    calibration = Calibration()
    values = np.full(len(ends), 2)
    bits = []
    for _ in range(1000):
        coded = calibration.calibrate(K, made, ends, False)
        symbols = symbol_of(values, made)
        start, end = (coded.cumulative[np.arange(len(symbols)), symbols + i] for i in (0, 1))
        bits.append(-np.log2((end - start) / TOTAL).mean())
        calibration.count(coded, symbols)
    assert bits[-1] < 0.5 * bits[0]
    ratios = calibration.positions.ratios[K] / (1 << RATIO_BITS)
    assert ratios[[0, 1, 3]].max() < 0.1 < ratios[2]
    assert (calibration.positions.ratios[K + 1] == 1 << RATIO_BITS).all()
    assert calibration.positions.seen[K] < FADED


def test_reach_follows_gaps() -> None:
    """Even values alone reach far; values as they are expected do not."""
    rng = np.random.default_rng(3)
    made, _ = window(200)
    none = np.zeros(200, np.bool_)
    for step, far in ((1, False), (2, True)):
        calibration = Calibration()
        for t in range(40):
            coded = calibration.calibrate(K, made, none, t % 16 == 0)
            assert (coded.magnitudes < MAGNITUDES).any()
            plain = np.cumsum(shares_of(made), axis=1)
            symbols = (plain <= rng.integers(0, TOTAL, 200)[:, None]).sum(axis=1)
            values = (symbols + made.base) // step * step
            calibration.count(coded, symbol_of(values, made))
        assert calibration.positions.seen[K] > SURVEY_FIRST
        assert (calibration.reach[K] > LEAST_REACH) == far


def test_last_positions_follow_what_comes() -> None:
    weights = last_weights(np.random.default_rng(1).normal(0, 10, (30, 65)).astype(np.int64))
    calibration = Calibration()
    for _ in range(20):
        cumulative, expected = calibration.calibrate_lasts(weights)
        assert (np.diff(cumulative, axis=1) >= 1).all()
        assert (cumulative[:, [0, -1]] == [0, TOTAL]).all()
        calibration.count_lasts(expected, np.full(30, 5))
    assert np.diff(cumulative, axis=1)[:, 5].mean() > TOTAL // 4


def test_extreme_ratios_stay_in_32_bits() -> None:
    made, ends = window()
    for ratio in (RATIO_MIN, RATIO_MAX):
        calibration = Calibration()
        for counts in (calibration.positions, calibration.near):
            counts.ratios[:] = ratio
        calibration.reach[:] = MAGNITUDES - 1
        coded = calibration.calibrate(K, made, ends, True)
        assert coded.expected.max() * RATIO_MAX < 1 << 31
        assert (np.diff(coded.cumulative, axis=1) >= 0).all()
        calibration.count(coded, symbol_of(np.zeros(len(ends), np.int64), made))
