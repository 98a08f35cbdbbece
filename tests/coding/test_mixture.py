"""Integer mixtures: every symbol has a place, and the places are close to the exact probabilities."""

import numpy as np
import pytest

from l3c.coding.mixture import MEAN_RANGE, Mixture, cumulative, find_symbols, intervals, make_mixture, mixture_weights


def some_mixture(count: int = 200, components: int = 4, seed: int = 0) -> Mixture:
    random = np.random.default_rng(seed)
    logits = random.integers(-300, 300, (components, count))
    means = random.integers(MEAN_RANGE[0] - 500, MEAN_RANGE[1] + 500, (components, count))
    return make_mixture(logits, means, random.integers(-80, 90, (components, count)))


@pytest.mark.parametrize("components", [1, 2, 4, 8])
def test_weights_sum_exactly(components: int) -> None:
    logits = np.random.default_rng(1).integers(-5000, 5000, (components, 500))
    weights = mixture_weights(logits)
    assert (weights.sum(axis=0) == 1 << 15).all()
    assert weights.min() >= 0


def test_every_symbol_has_at_least_one_count_and_all_sum_to_65536() -> None:
    mixture = some_mixture()
    borders = np.array([cumulative(mixture, np.full(200, v)) for v in range(257)])
    assert (borders[0] == 0).all()
    assert (borders[256] == 65536).all()
    assert np.diff(borders, axis=0).min() >= 1


def test_every_slot_leads_back_to_its_symbol() -> None:
    mixture = some_mixture()
    for slot in np.random.default_rng(2).integers(0, 65536, 50):
        slots = np.full(200, slot)
        start, frequency = intervals(mixture, find_symbols(mixture, slots))
        assert ((start <= slots) & (slots < start + frequency)).all()


def test_frequencies_are_close_to_the_real_mixture() -> None:
    """Within 3 counts, but for the share of the smallest frequency."""
    logits, means, scales = np.array([[0], [16]]), np.array([[100 << 6], [6416]]), np.array([[0], [16]])
    mixture = make_mixture(logits, means, scales)
    found = np.array([cumulative(mixture, np.array([v]))[0] for v in range(1, 256)])
    weights = np.exp([0.0, 1.0]) / np.exp([0.0, 1.0]).sum()
    sigma = np.exp(np.array([1.0, 2.0]))
    edges = np.arange(1, 256) - 0.5
    exact = sum(w / (1 + np.exp(-(edges - m) / s)) for w, m, s in zip(weights, [100, 100.25], sigma, strict=True))
    assert np.abs(found - (exact * 65280 + np.arange(1, 256))).max() < 32
