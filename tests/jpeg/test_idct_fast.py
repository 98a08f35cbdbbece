"""libjpeg's fast inverse transform, and pixels that it made, back to coefficients.

The pictures beside the JPEG files in fast/ are what libjpeg-turbo 3 makes of them on x86-64, by simplejpeg 1.9.0:
decode_jpeg(file, "GRAY" or "RGB", fastdct=True, fastupsample=False, and True where chroma is repeated). The files hold
random coefficients; in gray-extreme.jpg they are so large that sums leave 16 bits.
"""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from l3c.history.decoded_jpeg.invert import invert
from l3c.jpeg import idct_fast
from l3c.jpeg.baseline import coefficients_of
from l3c.jpeg.file import parse
from l3c.jpeg.inverse import Inverse, worths
from l3c.jpeg.pixels import redo
from tests.history.jpegs import PILLOW, decoded, decoded_fast

FOLDER = Path(__file__).parent / "fast"
SUBSAMPLED_ROWS = {"gray": (False, False), "gray-extreme": (False, False), "422": (False, True), "420": (True, True)}


@pytest.mark.parametrize("picture", sorted(FOLDER.glob("*.png")), ids=lambda path: path.stem)
def test_pixels_are_those_of_libjpeg(picture: Path) -> None:
    name, nearest = picture.stem.removesuffix("-repeated"), picture.stem.endswith("-repeated")
    with Image.open(picture) as image:
        expected = np.asarray(image)
    size, channels = expected.shape[:2], 1 if expected.ndim == 2 else 3
    file = parse((FOLDER / f"{name}.jpg").read_bytes())
    found = coefficients_of(file, (size[0], size[1]), channels, SUBSAMPLED_ROWS[name])
    np.testing.assert_array_equal(redo(found, (size[0], size[1]), nearest, fast=True).squeeze(), expected)


def test_scales_are_what_the_transform_leaves_out() -> None:
    scales = np.sqrt(2) * np.cos(np.arange(8) * np.pi / 16)
    scales[0] = 1
    np.testing.assert_array_equal(idct_fast.SCALES, np.rint(16384 * np.outer(scales, scales)).ravel())


def test_a_block_without_other_coefficients_is_flat() -> None:
    blocks = np.zeros((3, 64), np.int16)
    blocks[:, 0] = [-7, 0, 9]
    made = idct_fast.samples_of(blocks, np.full(64, 13, np.uint8))
    assert [np.unique(block).tolist() for block in made] == [[116], [128], [142]]  # 128 + floor(13 c / 8)


@pytest.mark.parametrize("largest", [4, 60])
def test_worths_are_near_the_steps_and_the_samples_near_what_they_say(largest: int) -> None:
    from l3c.history.decoded_jpeg.fit import BASIS

    random = np.random.default_rng(0)
    inverse = Inverse(random.integers(2, largest, 64).astype(np.uint8), fast=True)
    blocks = np.rint(random.laplace(0, 1, (200, 64)) * (random.random((200, 64)) < 0.2)).astype(np.int16)
    np.testing.assert_allclose(inverse.worth, inverse.table, atol=2)
    np.testing.assert_array_equal(inverse.worth, worths(True)[np.arange(64), inverse.table - 1])
    expected = np.clip(blocks * inverse.worth @ BASIS + inverse.middle, 0, 255)
    assert np.abs(inverse.samples(blocks).reshape(-1, 64) - expected).mean() < 0.3


@pytest.mark.parametrize("nearest", [False, True])
@pytest.mark.parametrize("sampling", PILLOW)
@pytest.mark.parametrize("quality", [75, 90])
def test_coefficients_are_found_again(sampling: str, quality: int, nearest: bool) -> None:
    pixels = decoded_fast(sampling, 104, 136, quality, nearest)
    origin = invert(pixels)
    assert origin is not None
    assert (origin.fast, origin.plain) == (True, nearest and sampling in ("4:2:0", "4:2:2"))
    assert wrong_share(pixels) < 0.04


def test_fine_steps_are_searched_for_by_the_samples_that_they_really_make() -> None:
    assert wrong_share(decoded_fast("gray", 104, 136, 95)) < 0.01


def test_the_accurate_transform_is_not_taken_for_it() -> None:
    for sampling in PILLOW:
        origin = invert(decoded(sampling))
        assert origin is not None
        assert not origin.fast


def wrong_share(pixels: NDArray[np.uint8]) -> float:
    origin = invert(pixels)
    assert origin is not None
    made = redo(origin.coefficients, (pixels.shape[0], pixels.shape[1]), origin.plain, origin.fast)
    return float((made != pixels).any(-1).mean())


def test_parts_are_told_wherever_their_blocks_lie() -> None:
    origin = invert(np.ascontiguousarray(decoded_fast("4:2:0", 160, 176)[3:, 13:]))
    assert origin is not None
    assert (origin.fast, origin.top, origin.left) == (True, 3, 13)
