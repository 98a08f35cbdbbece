"""Photo CD: the converter's arithmetic, and that what it made is found and undone."""

import numpy as np
import pytest

from l3c.history.photo_cd import convert as photo_cd
from l3c.history.photo_cd.invert import invert, likely, origins
from tests.checks import noise, smooth_picture
from tests.history.sources import photo_cd_planes


def one_pixel(luma: int, blue: int, red: int) -> tuple[int, int, int]:
    """Fractions as Kodak published them, in 1/65536, rounded down as stated in docs/format/history.md, 3.3."""
    u, v = 145352 * (blue - 156), 119374 * (red - 137)
    level = 89024 * luma
    rgb = (level + v) >> 16, (level - 12714 * (u >> 16) - 33358 * (v >> 16)) >> 16, (level + u) >> 16
    return tuple(min(255, max(0, c)) for c in rgb)  # type: ignore[return-value]


def test_colours_are_those_of_the_formula() -> None:
    values = noise(3, 500, 1).reshape(3, 500).astype(np.int32)
    made = photo_cd.to_rgb(*values)
    assert made.tolist() == [list(one_pixel(*map(int, column))) for column in values.T]


@pytest.mark.parametrize("size", [(1, 1), (1, 2), (2, 1), (3, 5), (64, 6), (65, 7), (130, 9)])
def test_chroma_lies_at_even_pixels_with_means_between(size: tuple[int, int]) -> None:
    """In strips as in one piece."""
    height, width = size
    planes = photo_cd_planes(height, width)
    s = np.pad(planes[1], ((0, 1), (0, 1)), "edge").astype(int)
    made = photo_cd.redo(*planes)
    for y in range(height):
        for x in range(width):
            i, j = y // 2, x // 2
            four = s[i, j], s[i, j + x % 2], s[i + y % 2, j], s[i + y % 2, j + x % 2]
            blue = (sum(map(int, four)) + 2) >> 2
            assert made[y, x, 2] == one_pixel(int(planes[0][y, x]), blue, 137)[2]


def test_a_colour_without_a_clipped_channel_has_one_origin() -> None:
    values = noise(3, 4000, 1).reshape(3, 4000).astype(np.int32)
    made = photo_cd.to_rgb(*values).astype(np.uint8)
    inner = ((made > 0) & (made < 255)).all(-1)
    assert inner.sum() > 100
    np.testing.assert_array_equal(np.stack(origins(made))[:, inner], values[:, inner])


@pytest.mark.parametrize("size", [(100, 140), (101, 141)])
def test_planes_are_found_again(size: tuple[int, int]) -> None:
    planes = photo_cd_planes(*size)
    found = invert(photo_cd.redo(*planes))
    assert found is not None
    for plane, expected in zip(found[:3], planes, strict=True):
        assert (plane == expected).mean() > 0.99
    assert not found.black


def test_clipped_pixels_are_nearly_all_explained() -> None:
    luma, blue, red = photo_cd_planes(160, 200)
    luma[40:80, 40:90] = 230
    blue[30:40, 30:60] = 40
    made = photo_cd.redo(luma, blue, red)
    assert ((made == 0) | (made == 255)).any(-1).mean() > 0.05
    found = invert(made)
    assert found is not None
    assert (photo_cd.redo(*found) != made).any(-1).mean() < 0.01


def test_a_black_last_row_is_told() -> None:
    found = invert(photo_cd.redo(*photo_cd_planes(100, 140), black=True))
    assert found is not None
    assert found.black


@pytest.mark.parametrize(
    "pixels",
    [smooth_picture(200, 200, 3), noise(100, 100, 3), np.zeros((90, 90, 3), np.uint8), np.ones((1, 1, 3), np.uint8)],
    ids=["a picture", "noise", "black", "a pixel"],
)
def test_other_images_are_left_alone(pixels: np.ndarray) -> None:
    assert not likely(pixels)
    assert invert(pixels) is None


def test_colours_alone_do_not_make_a_photo_cd() -> None:
    """Chroma that changes at every pixel was never subsampled."""
    values = np.stack([photo_cd_planes(120, 120)[0], *noise(2, 120 * 120, 1, 3).reshape(2, 120, 120) // 16 + 140])
    made = photo_cd.to_rgb(*values.astype(np.int32)).astype(np.uint8)
    assert likely(made)
    assert invert(made) is None
