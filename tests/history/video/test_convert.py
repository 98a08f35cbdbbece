"""Video frames: the decoders' arithmetic, and that what they made is found and undone."""

import numpy as np
import pytest
from numpy.typing import NDArray

from l3c.history.video.convert import Converter, redo
from l3c.history.video.invert import converters, invert, likely
from tests.checks import noise, smooth_picture
from tests.history.sources import video_planes

CONVERTERS = list(converters())
SWSCALE, OPENCV, INTERLEAVED = CONVERTERS[3], CONVERTERS[0], CONVERTERS[1]


def one_pixel(luma: int, blue: int, red: int, c: Converter) -> list[int]:
    """As docs/format/history.md (3.6) has it, in Python's integers."""
    u, v, half = blue - 128, red - 128, (1 << c.shift >> 1) * c.rounded
    level = c.luma * (max(luma - c.zero, 0) if c.floored else luma - c.zero)
    made = []
    for terms in ([c.red * v], [c.green_blue * u, c.green_red * v], [c.blue * u]):
        if c.form == 0:
            made.append(level + sum(terms) + half >> c.shift)
        elif c.form == 1:
            made.append((level + half >> c.shift) + (sum(terms) + half >> c.shift))
        else:
            made.append((level + half >> c.shift) + sum(term + half >> c.shift for term in terms))
    return [min(255, max(0, value)) for value in made]


@pytest.mark.parametrize("subsampled_rows", [False, True])
@pytest.mark.parametrize("size", [(1, 1), (1, 2), (2, 1), (3, 5), (65, 7), (130, 9)])
def test_pixels_are_those_of_the_formula(size: tuple[int, int], subsampled_rows: bool) -> None:
    """In strips as in one piece, for every conversion that is looked for."""
    height, width = size
    half = ((height + 1) // 2 if subsampled_rows else height, (width + 1) // 2)
    luma, (blue, red) = noise(*size, 1)[..., 0], np.moveaxis(noise(*half, 2, seed=1), 2, 0)
    for converter in CONVERTERS:
        made = redo(luma, blue, red, converter, subsampled_rows)
        for y in range(height):
            for x in range(width):
                place = (y // 2 if subsampled_rows else y, x // 2)
                expected = one_pixel(int(luma[y, x]), int(blue[place]), int(red[place]), converter)
                assert made[y, x].tolist() == expected


KNOWN = {
    # luma, blue, red, and what the program made of it
    "FFmpeg, BT.601, limited": (SWSCALE, [(126, 90, 180, [210, 99, 51]), (60, 128, 128, [51, 51, 51])]),
    "OpenCV, planar": (OPENCV, [(126, 90, 180, [211, 101, 51]), (5, 128, 128, [0, 0, 0])]),
    "OpenCV, interleaved": (INTERLEAVED, [(126, 90, 180, [199, 102, 59]), (60, 128, 128, [60, 60, 60])]),
}


@pytest.mark.parametrize("program", KNOWN)
def test_programs_agree(program: str) -> None:
    converter, samples = KNOWN[program]
    for luma, blue, red, pixel in samples:
        y, u, v = (np.full((1, 1), value, np.uint8) for value in (luma, blue, red))
        assert redo(y, u, v, converter, True).tolist() == [[pixel]]


@pytest.mark.parametrize("subsampled_rows", [False, True])
@pytest.mark.parametrize("converter", CONVERTERS, ids=str)
def test_planes_are_found_again(converter: Converter, subsampled_rows: bool) -> None:
    planes = video_planes(101, 141, subsampled_rows)
    found = invert(redo(*planes, converter, subsampled_rows))
    assert found is not None
    assert (found.converter, found.subsampled_rows) == (converter, subsampled_rows)
    for plane, expected in zip(found[:3], planes, strict=True):
        np.testing.assert_array_equal(plane, expected)


def test_clipped_pixels_are_nearly_all_explained() -> None:
    luma, blue, red = video_planes(160, 200, True)
    luma[40:80, 40:90], blue[30:40, 30:60] = 250, 100
    made = redo(luma, blue, red, SWSCALE, True)
    assert ((made == 0) | (made == 255)).any(-1).mean() > 0.05
    found = invert(made)
    assert found is not None
    assert (redo(*found) != made).any(-1).mean() < 0.01


@pytest.mark.parametrize(
    "pixels",
    [
        smooth_picture(200, 200, 3),
        noise(100, 100, 3),
        np.zeros((90, 90, 3), np.uint8),
        np.repeat(smooth_picture(90, 90, 1), 3, axis=2),
        np.ones((1, 1, 3), np.uint8),
    ],
    ids=["a picture", "noise", "black", "gray", "a pixel"],
)
def test_other_images_are_left_alone(pixels: NDArray[np.uint8]) -> None:
    assert not likely(pixels)
    assert invert(pixels) is None


def test_nearly_gray_pictures_are_left_alone() -> None:
    """Whatever converter made them or not, most of their colours can be made by all."""
    gray = np.repeat(smooth_picture(200, 200, 1), 3, axis=2)
    assert invert(np.clip(gray + noise(200, 200, 3) // 128 * 2, 0, 255).astype(np.uint8)) is None
