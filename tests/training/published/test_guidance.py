"""Sketches: smaller copies of the image and its details, that auxiliary images are drawn towards."""

import torch

from l3c.training.published.guidance import DETAIL_GAIN, distance, sketch


def test_a_sketch_has_mean_colours_and_details_of_luma() -> None:
    images = torch.zeros(1, 3, 4, 4)
    images[:, :, :, 1::2] = 25.5
    shown = sketch(images, 0)
    assert shown.shape == (1, 5, 2, 2)
    torch.testing.assert_close(shown[:, :3], torch.full((1, 3, 2, 2), 12.75 / 127.5 - 1))
    torch.testing.assert_close(shown[:, 3], torch.full((1, 2, 2), DETAIL_GAIN * 0.2))
    torch.testing.assert_close(shown[:, 4], torch.zeros(1, 2, 2))
    assert sketch(images, 1).shape == (1, 5, 1, 1)
    torch.testing.assert_close(sketch(images, 1)[:, 3:], torch.zeros(1, 2, 1, 1))


def test_distance_is_summed_over_scales_and_is_0_for_the_sketches() -> None:
    images = torch.randint(0, 256, (2, 3, 8, 8))
    sketches = [sketch(images, scale) for scale in range(2)]
    assert distance(images, sketches).tolist() == [0, 0]
    torch.testing.assert_close(distance(images, [shown + 0.5 for shown in sketches]), torch.full((2,), 0.5))
    narrow = [torch.cat([shown[:, :2], torch.full_like(shown[:, :1], 9)], 1)[:, :2] for shown in sketches]
    assert distance(images, narrow).tolist() == [0, 0]
    assert distance(images, []).tolist() == [0, 0]
