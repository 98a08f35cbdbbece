"""How coarse the steps of a deep tile are, by how wrong predictions are."""

import numpy as np
import pytest

from l3c.wave.model import usual_steps


@pytest.mark.parametrize(("deviation", "expected"), [(0, 3), (10, 3), (100, 2), (3000, 1)])
def test_noise_is_of_few_steps(deviation: int, expected: int) -> None:
    random = np.random.default_rng(0)
    tile = (random.normal(size=(61, 40, 3)) * deviation + 30000).astype(np.uint16)
    assert usual_steps(tile) == expected


@pytest.mark.parametrize("size", [(1, 1), (1, 50), (50, 1), (2, 2), (5, 3)])
def test_small_tiles_have_some(size: tuple[int, int]) -> None:
    assert 0 <= usual_steps(np.zeros((*size, 1), np.uint16)) <= 6
