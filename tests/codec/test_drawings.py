"""Drawings are coded as graphics where that is smaller; photographs are not even tried."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

import l3c
from l3c.codec.graphics import LEAST_BITS
from l3c.codec.models import find_model
from l3c.container.constants import STORED
from l3c.container.read import read_file
from l3c.container.write import write_file
from l3c.errors import FormatError
from l3c.graphics import compiled
from l3c.graphics.drawings import is_drawn, repeated_share
from l3c.wave.model import WaveModel
from tests.checks import noise, plain, smooth_picture
from tests.graphics.pictures import drawn

Picture = NDArray[np.uint8]


def drawing(height: int, width: int, channels: int) -> Picture:
    """Text-like marks on flat ground, of colours that repeat."""
    random = np.random.default_rng(5)
    colours = random.integers(0, 256, (6, channels)).astype(np.uint8)
    marks = random.integers(0, 6, (height // 8 + 1, width // 8 + 1)).repeat(8, axis=0).repeat(8, axis=1)
    picture: Picture = colours[marks[:height, :width]]
    return picture


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_what_is_counted_is_what_numpy_counts(channels: int) -> None:
    random = np.random.default_rng(channels)
    for height, width in [(2, 2), (70, 3), (9, 300), (300, 41)]:
        picture = random.integers(0, 2, (height, width, channels)).astype(np.uint8)
        here = picture[1::3, 1:]
        equal = (here == picture[1::3, :-1]).all(-1) | (here == picture[:-1:3, 1:][: len(here)]).all(-1)
        assert compiled.count_repeated(picture, 3) == equal.sum()
        length = 8 if channels < 3 else 4
        starts = range(max(0, width - length + 1))
        runs = [row[x : x + length].tobytes() for row in picture for x in starts]
        words = np.array([(run[:8], run[-8:]) for run in runs], "S8").view("<u8").reshape(-1, 2)
        sums = words[:, 0] * np.uint64(0x9E3779B97F4A7C15)
        if length * channels > 8:
            sums += words[:, 1] * np.uint64(0xC2B2AE3D27D4EB4F)
        chosen = sums[sums < 1 << 58]
        assert compiled.count_runs(picture, length) == (chosen.size, len(set(chosen.tolist())))


def test_runs_that_differ_in_one_channel_differ_in_their_hash() -> None:
    """Noise of red alone does not occur again: no drawing."""
    for channel in range(3):
        picture = np.zeros((300, 300, 3), np.uint8)
        picture[..., channel] = noise(300, 300, 1)[..., 0]
        chosen, distinct = compiled.count_runs(picture, 4)
        assert 1000 < chosen == distinct
        assert not is_drawn(picture)


def test_gray_that_is_smooth_is_no_drawing() -> None:
    """Most of its pixels equal a neighbour, but no run occurs again."""
    random = noise(300, 400, 1)
    smooth = np.cumsum(np.where(random < 140, 0, random % 7), axis=1).astype(np.uint8)
    assert repeated_share(smooth) > 0.5
    assert not is_drawn(smooth)
    assert is_drawn(drawing(300, 400, 1))


def test_drawings_are_told_from_photographs() -> None:
    assert is_drawn(drawing(100, 120, 3))
    assert is_drawn(drawing(100, 120, 1))
    assert not is_drawn(smooth_picture(100, 120, 3))
    assert not is_drawn(noise(100, 120, 3))
    assert not is_drawn(noise(1, 9, 1))


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_a_drawing_is_one_payload(channels: int) -> None:
    picture = drawing(300, 400, channels)
    data = l3c.encode(plain(picture))
    assert l3c.info(data).graphics_tiles == l3c.info(data).tiles == (1 if channels in (1, 3) else 2)
    np.testing.assert_array_equal(l3c.decode(data), plain(picture))


@pytest.mark.parametrize("value", [0, 7, 255])
@pytest.mark.parametrize("name", ["wave-light", "wave-fast", "wave", "wave-max"])
def test_no_model_needs_fewer_bits_than_are_said(name: str, value: int) -> None:
    for channels in (1, 3):
        tile = np.full((256, 256, channels), value, np.uint8)
        assert len(find_model(name, channels).encode(tile)) >= LEAST_BITS / 8 * tile.size


def dotted(height: int, width: int, channels: int, dots: int) -> Picture:
    """A white page with some dots."""
    page = np.full((height, width, channels), 255, np.uint8)
    page[tuple(np.random.default_rng(0).integers(0, (height, width), (dots, 2)).T)] = 9
    return page


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("dots", [0, 1, 3])
def test_pages_that_are_nearly_blank_take_no_model(channels: int, dots: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: object, tile: Picture, /) -> bytes:
        raise AssertionError("a blank tile is given to a model")

    monkeypatch.setattr(WaveModel, "encode", refuse)
    page = plain(dotted(600, 900, channels, dots))
    data = l3c.encode(page, history=False)
    assert len(data) < 150
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
    assert l3c.info(l3c.encode(smooth_picture(60, 80, 3))).graphics_tiles == 0


def test_alpha_goes_along_with_the_colours_where_that_is_smaller() -> None:
    soft = drawn(120, 140, 4)
    soft[..., 3] = soft[..., 1] // 2
    data = l3c.encode(soft, history=False)
    assert [entry.length > 0 for entry in read_file(data).tiles] == [True, False]
    np.testing.assert_array_equal(l3c.decode(data), soft)
    np.testing.assert_array_equal(l3c.open(data)[40:80, 90:130], soft[40:80, 90:130])
    opaque = soft.copy()
    opaque[..., 3] = 255
    data = l3c.encode(opaque, history=False)
    assert all(entry.length for entry in read_file(data).tiles)
    np.testing.assert_array_equal(l3c.decode(data), opaque)


def test_alpha_of_small_pictures_goes_along_too() -> None:
    soft = noise(12, 12, 1) % 2 * np.array([[[10, 200, 30, 255]]], np.uint8)
    data = l3c.encode(soft, history=False)
    assert [entry.length > 0 for entry in read_file(data).tiles] == [True, False]
    np.testing.assert_array_equal(l3c.decode(data), soft)


def test_a_payload_without_colours_before_it_is_refused() -> None:
    contents = read_file(l3c.encode(drawing(60, 70, 4), history=False))
    first, second = contents.tiles
    alone = replace(contents, tiles=[replace(first, coder=STORED), replace(second, length=0)])
    with pytest.raises(FormatError):
        read_file(write_file(replace(alone, data=contents.data[: first.length])))
