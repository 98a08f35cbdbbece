"""What a network with side information sees of luma."""

import numpy as np
import pytest

from l3c.wave.definition.side_information import side_information_of
from l3c.wave.definition.tile import decode_tile, encode_tile
from tests.checks import CONDITIONAL, smooth_picture, untrained_network


@pytest.mark.parametrize("half", [(2, 2), (1, 2), (2, 1), (1, 1)])
def test_means_of_the_pixels_that_a_sample_covers(half: tuple[int, int]) -> None:
    plane = smooth_picture(6 * half[0], 9 * half[1], 1)
    means = plane.reshape(6, half[0], 9, half[1], 1).mean(axis=(1, 3))
    np.testing.assert_array_equal(side_information_of(plane, 6, 9), np.floor(means + 0.5))


def test_last_rows_and_columns_without_another_count_twice() -> None:
    plane = smooth_picture(7, 5, 1)
    np.testing.assert_array_equal(
        side_information_of(plane, 4, 3), side_information_of(np.pad(plane, ((0, 1), (0, 1), (0, 0)), "edge"), 4, 3)
    )


def test_what_is_coded_depends_on_luma_that_comes_later() -> None:
    network, tile = untrained_network(CONDITIONAL), smooth_picture(9, 12, 3)
    other = tile.copy()
    other[5, 6, 0] ^= 64
    payload = encode_tile(network, tile)
    assert payload != encode_tile(network, other)
    np.testing.assert_array_equal(decode_tile(network, payload, 9, 12, side=tile[..., :1]), tile)
