"""Frequencies follow what came so far."""

import numpy as np

from l3c.dct.definition.calibration import FADED, RATIO_BITS, Calibration, shares_of
from l3c.dct.definition.symbols import FINE_FROM, TOTAL, Window, make_window

K = 9


def window(n: int = 40) -> tuple[Window, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(6)
    outputs = np.concatenate(
        [rng.normal(0, s, (n, w)).astype(np.int64) for s, w in ((20, 3), (30, 3), (20, 3), (5, 2))], axis=1
    )
    ends = rng.random(n) < 0.3
    made = make_window(outputs, np.zeros((3, n), np.int64), np.zeros(n, np.bool_), FINE_FROM)
    return made, shares_of(made, ends), ends


def test_shares_are_those_of_all_values() -> None:
    made, shares, ends = window()
    assert (shares >= 0).all()
    assert (shares[~ends].sum(axis=1) == TOTAL).all()
    zero = (made.base[:, None] + np.arange(shares.shape[1]) == 0) & ends[:, None] & (made.step == 0)[:, None]
    assert (shares[zero] == 0).all()


def test_every_symbol_keeps_a_frequency() -> None:
    made, shares, _ = window()
    calibration = Calibration()
    calibration.ratios[K] = np.random.default_rng(0).integers(16, 1 << 15, calibration.ratios.shape[1])
    table = calibration.table(K, made, shares)
    assert (table[:, 0] == 0).all()
    for row, levels in zip(table, made.levels, strict=True):
        assert (np.diff(row[: levels + 1]) >= 1).all()
        assert (row[levels:] == TOTAL).all()


def test_ratios_follow_what_comes() -> None:
    made, shares, ends = window()
    calibration = Calibration()
    values = np.full(len(ends), 2)
    for _ in range(1000):
        calibration.count(K, made, shares, values, ends)
    ratios = calibration.ratios[K] / (1 << RATIO_BITS)
    assert ratios[2] > 2
    assert ratios[[0, 1, 3]].max() < 0.1
    assert (calibration.ratios[K + 1] == 1 << RATIO_BITS).all()
    assert calibration.counts[K] < FADED
    assert max(calibration.observed.max(), calibration.expected.max()) < 1 << 31
