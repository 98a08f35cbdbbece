"""Coefficients to pixels as libjpeg makes them, and pixels back to coefficients that make them."""

import numpy as np
import pytest
from numpy.typing import NDArray

from l3c.history.decoded_jpeg import steps as quantization_steps
from l3c.history.decoded_jpeg.colours import from_rgb
from l3c.history.decoded_jpeg.fit import to_blocks
from l3c.history.decoded_jpeg.invert import invert, likely
from l3c.jpeg.baseline import write_jpeg
from l3c.jpeg.idct import ZIGZAG, samples_of
from l3c.jpeg.inverse import Inverse
from l3c.jpeg.pixels import Coefficients, grid, redo
from l3c.jpeg.upsample import shrink, upsample
from l3c.jpeg.ycbcr import to_rgb
from tests.checks import noise, smooth_picture
from tests.history.jpegs import PILLOW, decoded, jpeg_of, pixels_of
from tests.history.sources import photo_cd_planes

SIZES = [(16, 16), (33, 47), (50, 24), (9, 70)]
SUBSAMPLED_ROWS = {"gray": (False, False), "4:4:4": (False, False), "4:2:2": (False, True), "4:2:0": (True, True)}


def random_coefficients(size: tuple[int, int], sampling: str) -> Coefficients:
    """Of lively blocks, some of which leave 0 .. 255."""
    random, subsampled = np.random.default_rng(0), SUBSAMPLED_ROWS[sampling]
    components = 1 if sampling == "gray" else 3
    shapes = [(*grid(size, subsampled, i), 64) for i in range(components)]
    blocks = [np.rint(random.laplace(0, 2, shape) * (random.random(shape) < 0.3)).astype(np.int16) for shape in shapes]
    for part in blocks:
        part[..., 0] = random.integers(-40, 40, part.shape[:2])
    return Coefficients(blocks, [np.arange(8, 72, dtype=np.uint8) % 50 + 3 for _ in blocks], subsampled)


@pytest.mark.parametrize("sampling", PILLOW)
@pytest.mark.parametrize("size", SIZES)
def test_pixels_are_those_of_libjpeg(sampling: str, size: tuple[int, int]) -> None:
    found = random_coefficients(size, sampling)
    np.testing.assert_array_equal(redo(found, size), pixels_of(write_jpeg(found, size)))


def factored(column: list[int]) -> list[int]:
    """The inverse transform of 8 numbers by its flow graph, in 1/8192."""
    a, b, c, d, e, f, g, h = column
    z = (c + g) * 4433
    even = [(a + e) * 8192 + z + c * 6270, (a - e) * 8192 + z - g * 15137]
    even += [(a - e) * 8192 - z + g * 15137, (a + e) * 8192 - z - c * 6270]
    z1, z2, z3, z4 = -7373 * (h + b), -20995 * (f + d), -16069 * (h + d), -3196 * (f + b)
    z5 = 9633 * (h + d + f + b)
    odd = [b * 12299 + z1 + z4 + z5, d * 25172 + z2 + z3 + z5, f * 16819 + z2 + z4 + z5, h * 2446 + z1 + z3 + z5]
    sums = [x + y for x, y in zip(even, odd, strict=True)]
    return sums + [x - y for x, y in zip(reversed(even), reversed(odd), strict=True)]


def test_the_transform_is_that_of_the_flow_graph() -> None:
    blocks = np.random.default_rng(1).integers(-1200, 1200, (20, 8, 8))
    for block, made in zip(blocks, samples_of(blocks.reshape(20, 64)), strict=True):
        columns = [[(v + 1024) >> 11 for v in factored(column)] for column in block.T.tolist()]
        rows = [[(v + (1 << 17)) >> 18 for v in factored(list(row))] for row in zip(*columns, strict=True)]
        np.testing.assert_array_equal(made, np.clip(np.array(rows) + 128, 0, 255))


def test_the_zigzag_goes_along_the_diagonals() -> None:
    assert ZIGZAG[:10].tolist() == [0, 1, 8, 16, 9, 2, 3, 10, 17, 24]
    assert sorted(ZIGZAG) == list(range(64))


@pytest.mark.parametrize("plain", [False, True])
@pytest.mark.parametrize("sampling", ["4:2:2", "4:2:0"])
@pytest.mark.parametrize("size", SIZES)
def test_chroma_is_brought_to_all_pixels_and_back(plain: bool, sampling: str, size: tuple[int, int]) -> None:
    subsampled = SUBSAMPLED_ROWS[sampling]
    half = photo_cd_planes(*((n + h) >> h for n, h in zip(size, subsampled, strict=True)))[0]
    whole = upsample(half, subsampled, plain, size)
    assert whole.shape == size
    back = shrink(whole.astype(np.float32), subsampled, plain)
    assert np.abs(back - half).max() < (0.01 if plain else 2)
    if not plain:
        assert (np.rint(back) == half).mean() > 0.8


def test_a_pixel_between_is_nearer_to_the_nearer_sample() -> None:
    half = np.array([[10, 20], [50, 90]], np.uint8)
    assert upsample(half, (False, True), False, (2, 4)).tolist() == [[10, 13, 17, 20], [50, 60, 80, 90]]
    four = upsample(half, (True, True), False, (4, 4))
    assert four[1].tolist() == [20, 24, 33, 37]  # (3 x + y + 8) >> 4 at even pixels, + 7 at odd, of x = 80, y = 150


def test_colours_without_a_clipped_channel_have_one_origin() -> None:
    planes = noise(3, 5000, 1).reshape(3, 5000)
    made = to_rgb(*planes)
    inner = ((made > 0) & (made < 255)).all(-1)
    assert inner.sum() > 500
    np.testing.assert_array_equal(np.stack(from_rgb(made))[:, inner], planes[:, inner])


@pytest.mark.parametrize("quality", [30, 75, 95])
def test_steps_are_told(quality: int) -> None:
    pixels = decoded("gray", 160, 160, quality)[..., 0]
    steps = quantization_steps.estimate(to_blocks(pixels).astype(np.float32), quantization_steps.LUMA)
    assert steps.quality == quality
    assert quantization_steps.is_quantized(steps)


def test_steps_of_their_own_are_told() -> None:
    random = np.random.default_rng(0)
    table = random.integers(3, 40, 64).astype(np.uint8)
    blocks = np.rint(random.laplace(0, 2, (30, 30, 64))).astype(np.int16)
    samples = Inverse(table).plane(blocks // 2)
    inner = ((samples > 0) & (samples < 255)).reshape(30, 8, 30, 8).all((1, 3)).ravel()
    steps = quantization_steps.estimate(to_blocks(samples)[inner].astype(np.float32), quantization_steps.LUMA)
    np.testing.assert_array_equal(steps.inverse.table[1:], table[1:])


def wrong_share(pixels: NDArray[np.uint8]) -> float:
    origin = invert(pixels)
    assert origin is not None
    made = redo(origin.coefficients, (pixels.shape[0], pixels.shape[1]), origin.plain)
    return float((made != pixels).any(-1).mean())


@pytest.mark.parametrize("sampling", PILLOW)
@pytest.mark.parametrize("quality", [75, 90])
@pytest.mark.parametrize("size", [(104, 136), (109, 131)])
def test_coefficients_are_found_again(sampling: str, quality: int, size: tuple[int, int]) -> None:
    assert wrong_share(decoded(sampling, *size, quality)) < 0.04


@pytest.mark.parametrize("sampling", ["4:2:2", "4:2:0"])
def test_repeated_chroma_is_told(sampling: str) -> None:
    origin = invert(decoded(sampling))
    assert origin is not None
    assert not origin.plain
    pixels = redo(origin.coefficients, (104, 136), plain=True)
    again = invert(pixels)
    assert again is not None
    assert again.plain
    assert again.coefficients.subsampled == SUBSAMPLED_ROWS[sampling]


@pytest.mark.parametrize("sampling", ["4:4:4", "4:2:2", "4:2:0"])
@pytest.mark.parametrize("cut", [(8, 0), (3, 13)])
def test_parts_are_told_wherever_their_blocks_lie(sampling: str, cut: tuple[int, int]) -> None:
    pixels = np.ascontiguousarray(decoded(sampling, 160, 176)[cut[0] :, cut[1] :])
    origin = invert(pixels)
    assert origin is not None
    subsampled = SUBSAMPLED_ROWS[sampling]
    assert (origin.top, origin.left) == tuple(n % (8 << half) for n, half in zip(cut, subsampled, strict=True))
    made = redo(origin.coefficients, (pixels.shape[0] + origin.top, pixels.shape[1] + origin.left))
    assert (made[origin.top :, origin.left :] != pixels).any(-1).mean() < 0.04


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("kind", ["a picture", "noise", "black", "a pixel"])
def test_other_images_are_left_alone(channels: int, kind: str) -> None:
    pixels = {
        "a picture": smooth_picture(200, 200, channels),
        "noise": noise(100, 100, channels),
        "black": np.zeros((90, 90, channels), np.uint8),
        "a pixel": np.ones((1, 1, channels), np.uint8),
    }[kind]
    assert invert(pixels) is None


def test_a_jpeg_that_was_scaled_afterwards_is_left_alone() -> None:
    pixels = pixels_of(jpeg_of(smooth_picture(200, 200, 3), "4:2:0"))
    scaled = (pixels[::2, ::2].astype(int) + pixels[1::2, ::2] + pixels[::2, 1::2] + pixels[1::2, 1::2] + 2) // 4
    assert not likely(scaled.astype(np.uint8))
