"""Upscaled pixels: detected in both directions, and only where every pixel is."""

import numpy as np
import pytest

from l3c.history.upscaled.convert import factors_of, repeat
from tests.checks import noise, smooth_picture


@pytest.mark.parametrize("factors", [(1, 1), (2, 2), (1, 3), (5, 1), (4, 7)])
@pytest.mark.parametrize("cut", [0, 1])
def test_factors_are_found(factors: tuple[int, int], cut: int) -> None:
    small = smooth_picture(20, 31, 3)
    size = tuple(factor * side - cut * (factor > 1) for factor, side in zip(factors, small.shape, strict=False))
    large = repeat(small, *factors, (size[0], size[1]))
    assert large.shape == (*size, 3)
    assert factors_of(large) == factors
    np.testing.assert_array_equal(large[:: factors[0], :: factors[1]], small)


def test_one_pixel_that_differs_is_enough() -> None:
    large = repeat(noise(9, 9, 1), 2, 2, (18, 18))
    large[5, 7] ^= 1
    assert factors_of(large) == (1, 1)


def test_flat_images_are_one_pixel() -> None:
    assert factors_of(np.full((7, 5, 2), 9, np.uint16)) == (7, 5)
