"""Drawings are coded as lossless WebP where that is smaller; photographs are not even tried."""

import numpy as np
import pytest
from numpy.typing import NDArray

import l3c
from l3c.codec import webp
from l3c.codec.models import find_model
from l3c.container.tiling import Box
from l3c.errors import FormatError
from l3c.history.drawings import is_drawn
from l3c.wave.model import WaveModel
from tests.checks import noise, plain, smooth_picture

Picture = NDArray[np.uint8]


def drawing(height: int, width: int, channels: int) -> Picture:
    """Text-like marks on flat ground, of colours that repeat."""
    random = np.random.default_rng(5)
    colours = random.integers(0, 256, (6, channels)).astype(np.uint8)
    marks = random.integers(0, 6, (height // 8 + 1, width // 8 + 1)).repeat(8, axis=0).repeat(8, axis=1)
    picture: Picture = colours[marks[:height, :width]]
    return picture


@pytest.mark.parametrize("size", [(1, 1), (2, 3), (33, 70), (64, 17)])
@pytest.mark.parametrize("channels", [1, 3])
def test_every_sample_comes_back(size: tuple[int, int], channels: int) -> None:
    for picture in (drawing(*size, channels), noise(*size, channels)):
        box = Box(0, 0, *size)
        np.testing.assert_array_equal(webp.decode(webp.encode(picture), box, channels), picture)
        alpha = noise(*size, 1, seed=2)
        both = webp.encode(picture, alpha)
        np.testing.assert_array_equal(webp.decode(both, box, channels), picture)
        np.testing.assert_array_equal(webp.decode(both, box, 1, alpha=True), alpha)


def test_drawings_are_told_from_photographs() -> None:
    assert is_drawn(drawing(100, 120, 3))
    assert is_drawn(drawing(100, 120, 1))
    assert not is_drawn(smooth_picture(100, 120, 3))
    assert not is_drawn(noise(100, 120, 3))
    assert not is_drawn(noise(1, 9, 1))


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_a_drawing_is_one_webp(channels: int) -> None:
    picture = drawing(300, 400, channels)
    data = l3c.encode(plain(picture))
    assert l3c.info(data).webp_tiles == l3c.info(data).tiles == (1 if channels in (1, 3) else 2)
    np.testing.assert_array_equal(l3c.decode(data), plain(picture))


@pytest.mark.parametrize("value", [0, 7, 255])
@pytest.mark.parametrize("name", ["wave-fast", "wave", "wave-max"])
def test_no_model_needs_fewer_bits_than_are_said(name: str, value: int) -> None:
    for channels in (1, 3):
        tile = np.full((256, 256, channels), value, np.uint8)
        assert not webp.is_blank(tile, len(find_model(name, channels).encode(tile)))


def dotted(height: int, width: int, channels: int, dots: int) -> Picture:
    """A white page with some dots."""
    page = np.full((height, width, channels), 255, np.uint8)
    page[tuple(np.random.default_rng(0).integers(0, (height, width), (dots, 2)).T)] = 9
    return page


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("dots", [0, 1, 3])
def test_blank_pages_take_neither_a_model_nor_the_full_effort(
    channels: int, dots: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: object, tile: Picture, /) -> bytes:
        raise AssertionError("a blank tile is given to a model")

    efforts, encode = [], webp.encode

    def count(samples: Picture, alpha: Picture | None = None, effort: int = webp.FULL, quality: int = 100) -> bytes:
        efforts.append(effort)
        return encode(samples, alpha, effort, quality)

    monkeypatch.setattr(WaveModel, "encode", refuse)
    monkeypatch.setattr(webp, "encode", count)
    page = plain(dotted(600, 900, channels, dots))
    data = l3c.encode(page, history=False)
    assert efforts
    assert webp.FULL not in efforts
    assert len(data) < 400
    np.testing.assert_array_equal(l3c.decode(data), page)


def test_blank_tiles_of_wide_samples_and_of_few_pixels_come_back() -> None:
    for page in (
        np.full((700, 800), 60_000, np.uint16),
        np.zeros((700, 800), bool),
        np.full((300, 400), 0.5, np.float32),
        np.full((5, 3), 1, np.uint8),
        np.full((2, 20_000, 3), 1, np.uint8),
    ):
        page[0, 0] = 0
        for history in (True, False):
            np.testing.assert_array_equal(l3c.decode(l3c.encode(page, history=history)), page)


def test_a_photograph_is_not() -> None:
    assert l3c.info(l3c.encode(smooth_picture(60, 80, 3))).webp_tiles == 0


def test_damage_is_an_error_or_the_size_asked_for() -> None:
    payload, box = webp.encode(drawing(20, 30, 3)), Box(0, 0, 20, 30)
    random = np.random.default_rng(0)
    for length in range(len(payload)):
        with pytest.raises(FormatError):
            webp.decode(payload[:length], box, 3)
    for _ in range(200):
        damaged = bytearray(payload)
        damaged[random.integers(len(payload))] ^= 1 << random.integers(8)
        try:
            assert webp.decode(bytes(damaged), box, 3).shape == (20, 30, 3)
        except FormatError:
            continue


def test_a_size_is_checked_before_it_is_believed() -> None:
    with pytest.raises(FormatError, match="of another size"):
        webp.decode(webp.encode(drawing(20, 30, 3)), Box(0, 0, 20, 31), 3)
