"""A few pixels, taken from all over an image."""

import numpy as np

from l3c.history.decoded_jpeg import colours
from l3c.history.photo_cd import invert as photo_cd_invert
from l3c.history.probes import is_inner, nearly_all, spread_of, unclipped
from tests.checks import noise


def test_clipped_pixels_are_left_out() -> None:
    pixels = np.array([[1, 254, 9], [0, 9, 9], [9, 255, 9], [9, 9, 254]], np.uint8)
    assert is_inner(pixels).tolist() == [True, False, False, True]
    np.testing.assert_array_equal(unclipped(pixels[None], 100), pixels[[0, 3]])


def test_probes_are_from_all_over() -> None:
    pixels = np.full((40, 50, 3), 7, np.uint8)
    pixels[20:] = 9
    probes = unclipped(pixels, 100)
    assert len(probes) == 100
    assert (probes == 7).all(-1).sum() == 50


def test_channels_are_compared() -> None:
    assert spread_of(np.array([[3, 9, 4], [5, 5, 5], [255, 1, 0]], np.uint8)).tolist() == [6, 0, 255]


def test_of_no_pixels_all_are() -> None:
    assert nearly_all(np.zeros(0, bool), 0.9)
    assert nearly_all(np.arange(20) > 0, 0.9)
    assert not nearly_all(np.arange(20) > 1, 0.9)


def test_whether_colours_can_be_made_is_told_as_by_their_origins() -> None:
    probes = unclipped(noise(60, 60, 3), 3600)
    np.testing.assert_array_equal(colours.are_colours(probes), colours.from_rgb(probes)[0] >= 0)
    np.testing.assert_array_equal(photo_cd_invert.can_be_made(probes), photo_cd_invert.origins(probes)[0] >= 0)
