"""Padding is put on as published and comes off again; half-size images."""

import numpy as np
import pytest

from l3c.published.pictures import Padding, half_size
from tests.checks import noise


def test_padding_of_the_published_example() -> None:
    assert Padding.to_multiple(37, 53, 8) == Padding(left=1, right=2, top=1, bottom=2)
    assert Padding.to_multiple(64, 8, 8) == Padding(0, 0, 0, 0)


@pytest.mark.parametrize(("height", "width"), [(1, 1), (37, 53), (16, 17)])
def test_padding_comes_off_again(height: int, width: int) -> None:
    image = noise(height, width, 3)
    padding = Padding.to_multiple(height, width, 16)
    padded = padding.add(image)
    assert padded.shape[0] % 16 == padded.shape[1] % 16 == 0
    assert int(padded.sum()) == int(image.sum())
    np.testing.assert_array_equal(padding.remove(padded), image)


def test_half_size_of_a_flat_image_is_flat() -> None:
    half = half_size(np.full((9, 14, 3), 77, np.uint8))
    assert half.shape == (4, 7, 3)
    assert np.unique(half).tolist() == [77]
