"""Crops of luma and subsampled chroma."""

import numpy as np
import pytest

from l3c.history.photo_cd import convert as photo_cd
from l3c.training.wave.chroma_crops import CORNER, FULL, LEFT, PHOTO_CD, ChromaCrops, chroma_planes
from tests.checks import smooth_picture


def test_photo_cd_scales_are_those_that_its_converter_undoes() -> None:
    colour = np.full((4, 4, 3), (180, 120, 90), np.uint8)
    luma, blue, red = chroma_planes(colour, PHOTO_CD).transpose(2, 0, 1)
    made = photo_cd.redo(luma.repeat(2, 0).repeat(2, 1), blue, red, False)
    assert np.abs(made.astype(int) - colour).max() <= 3


def test_gray_has_no_colour() -> None:
    gray = np.repeat(smooth_picture(8, 12, 1), 3, axis=2)
    planes = chroma_planes(gray, FULL, (1, 2))
    assert planes.shape == (8, 6, 3)
    assert (planes[..., 1:] == 128).all()


@pytest.mark.parametrize("sites", [LEFT, CORNER])
def test_chroma_may_lie_on_pixels(sites: tuple[int, ...]) -> None:
    picture = smooth_picture(8, 8, 3)
    between, on = chroma_planes(picture), chroma_planes(picture, sites=sites)
    np.testing.assert_array_equal(between[..., 0], on[..., 0])
    assert (between[..., 1:] != on[..., 1:]).any()


def test_batches_follow_from_their_seed() -> None:
    crops = ChromaCrops([smooth_picture(80, 90, 3)], 32)
    batch = crops.batch(3, (1, 2))
    assert batch.shape == (3, 32, 32, 3)
    np.testing.assert_array_equal(batch, crops.batch(3, (1, 2)))
    assert (batch != crops.batch(3, (1, 3))).any()
