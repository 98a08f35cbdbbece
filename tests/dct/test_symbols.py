"""Frequencies are those of an alphabet, whatever the network says."""

import numpy as np

from l3c.dct.definition.symbols import NONE, TOTAL, Window, last_cumulative, make_window, scale_table


def windows(n: int = 500) -> Window:
    rng = np.random.default_rng(2)
    outputs = np.concatenate(
        [rng.normal(0, s, (n, w)).astype(np.int64) for s, w in ((40, 3), (60, 3), (40, 3), (30, 2))], axis=1
    )
    references = rng.normal(0, 300, (3, n)).astype(np.int64)
    return make_window(outputs, references, rng.random(n) < 0.5)


def test_every_symbol_has_a_frequency() -> None:
    window = windows()
    assert {16, 64, 256} == set(window.levels.tolist())
    assert ((window.zero == NONE) | (window.zero > 0)).all()
    assert (window.zero != NONE).any()
    before = np.zeros(len(window.base), np.int64)
    for symbol in range(1, 257):
        now = window.cumulative(np.full_like(before, symbol))
        inside = symbol <= window.levels - (window.zero != NONE)
        assert (now[inside] > before[inside]).all()
        before = now
    assert (before == TOTAL).all()


def test_symbols_are_found() -> None:
    window = windows()
    slots = np.random.default_rng(5).integers(0, TOTAL, len(window.base))
    found = window.find(slots)
    assert (window.cumulative(found) <= slots).all()
    assert (slots < window.cumulative(found + 1)).all()


def test_extreme_outputs_stay_in_32_bits() -> None:
    for sign in (-1, 1):
        outputs = np.full((1, 14), sign * ((1 << 31) - 1))
        window = make_window(outputs, np.full((6, 1), sign << 17), np.array([True]))
        assert np.abs(window.means).max() < 1 << 22
        for symbols in (np.array([0]), np.array([5]), window.levels):
            assert 0 <= window.cumulative(symbols)[0] <= TOTAL


def test_last_positions_all_have_a_frequency() -> None:
    logits = np.random.default_rng(1).normal(0, 100, (50, 65)).astype(np.int64)
    cumulative = last_cumulative(logits)
    assert (cumulative[:, 0] == 0).all()
    assert (cumulative[:, -1] == TOTAL).all()
    assert (np.diff(cumulative, axis=1) >= 1).all()


def test_scales() -> None:
    expected = 64 * np.exp(np.arange(128) / 16 - 2.5)
    assert np.abs(scale_table() / expected - 1).max() < 0.1
    assert np.abs(scale_table() - expected).max() < 5
