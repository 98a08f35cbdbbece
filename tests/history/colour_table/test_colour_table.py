"""Images of few colours as indices: found in any image, smaller, and back to the bit; not with one colour too many."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

import l3c
from l3c.codec import candidates
from l3c.container.history import ColourTable
from l3c.container.read import read_file
from l3c.container.structure import ImageHeader, Palette
from l3c.container.write import write_file
from l3c.errors import FormatError
from l3c.graphics import compiled
from l3c.history.colour_table import convert, kind
from l3c.history.registry import redo
from tests.checks import noise, smooth_picture

LAYOUTS = {2: 2, 3: 1, 4: 3}  # by channels: gray and alpha, RGB, RGB and alpha


def few(channels: int, count: int = 60, height: int = 40, width: int = 50) -> NDArray[np.uint8]:
    colours = np.unique(noise(1, 2 * count, channels, seed=3)[0], axis=0)[:count]
    colours = np.random.default_rng(1).permutation(colours)
    places = np.arange(height * width) * 7919 % count
    pixels: NDArray[np.uint8] = colours[np.random.default_rng(2).permutation(places)]
    return pixels.reshape(height, width, channels)


@pytest.mark.parametrize("channels", [2, 3, 4])
@pytest.mark.parametrize("count", [1, 2, 60, 256])
def test_indices_give_the_pixels_back(channels: int, count: int) -> None:
    pixels = few(channels, count)
    header, components = kind.undo(pixels, ImageHeader(LAYOUTS[channels], *pixels.shape[:2])) or pytest.fail("none")
    assert [component.shape for component in components] == [(40, 50, 1)]
    assert components[0].max() == count - 1
    np.testing.assert_array_equal(redo(components, header), pixels)


@pytest.mark.parametrize("channels", [2, 3, 4])
def test_files_with_a_table_are_smaller(channels: int) -> None:
    pixels = few(channels)
    data = l3c.encode(pixels)
    assert l3c.info(data).history == "60 colours"
    np.testing.assert_array_equal(l3c.decode(data), pixels)
    assert len(data) < 0.95 * len(l3c.encode(pixels, history=False))


def test_models_code_indices_of_larger_images() -> None:
    """Neighbours of a table are alike, so that smooth pictures of few colours stay smooth."""
    pixels = smooth_picture(200, 220, 1)[..., :1] // 8 * np.array([[[3, 5, 7]]], np.uint8)
    dithered = pixels + noise(200, 220, 1) % 2
    data = l3c.encode(dithered.astype(np.uint8))
    np.testing.assert_array_equal(l3c.decode(data), dithered)


def test_one_colour_too_many_is_none() -> None:
    header = ImageHeader(1, 1, 257)
    row = np.zeros((1, 257, 3), np.uint8)
    row[0, :256, 0] = np.arange(256)
    assert kind.undo(row, header) is not None
    row[0, 256] = 1, 1, 1
    assert kind.undo(row, header) is None


@pytest.mark.parametrize("header", [ImageHeader(0, 4, 4), ImageHeader(4, 4, 4), ImageHeader(1, 4, 4, depth=16)])
def test_other_images_have_none(header: ImageHeader) -> None:
    pixels = np.zeros((4, 4, header.channels), np.uint16 if header.depth > 8 else np.uint8)
    assert kind.undo(pixels, header) is None


def test_counting_stops_early() -> None:
    colours = compiled.find_colours(np.arange(30_000, dtype=np.uint8).reshape(100, 100, 3), 256)
    assert colours is not None
    pixels = np.random.default_rng(0).integers(0, 256, (100, 100, 3)).astype(np.uint8)
    assert compiled.find_colours(pixels, 256) is None
    assert compiled.find_colours(pixels[:1, :5], 5) == [int.from_bytes(bytes(p), "big") for p in pixels[0, :5]]
    with pytest.raises(ValueError, match="not in the table"):
        compiled.index_colours(pixels, np.zeros(1, np.uint32))


def test_each_colour_is_followed_by_one_alike() -> None:
    ramp = np.stack([np.arange(0, 250, 10)] * 3, 1).astype(np.uint8)
    mixed = np.random.default_rng(0).permutation(ramp)
    np.testing.assert_array_equal(convert.in_a_chain(mixed), ramp)


def test_indices_beyond_the_table_are_its_last() -> None:
    history = ColourTable(Palette(b"abcdef", b"x"))
    header = ImageHeader(3, 1, 3, history=history)
    pixels = redo([np.array([[[0], [1], [200]]], np.uint8)], header)
    assert pixels[0].tolist() == [[*b"abc", ord("x")], [*b"def", 255], [*b"def", 255]]


def test_parts_are_decoded_alone() -> None:
    pixels = few(3, 200, 300, 310)
    contents = read_file(l3c.encode(pixels))
    assert isinstance(contents.header.history, ColourTable)
    with l3c.open(write_file(contents)) as image:
        np.testing.assert_array_equal(image[100:120, 5:300], pixels[100:120, 5:300])


def test_a_model_without_gray_still_has_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(candidates, "codes", lambda _model, count, _device: count != 1)
    pixels = few(3)
    data = l3c.encode(pixels)
    assert l3c.info(data).history == "60 colours"
    np.testing.assert_array_equal(l3c.decode(data), pixels)


def test_opacities_of_an_image_without_alpha_are_refused() -> None:
    contents = read_file(l3c.encode(few(3)))
    history = ColourTable(Palette(bytes(180), bytes(60)))
    with pytest.raises(FormatError, match="with alpha, of an image without"):
        l3c.decode(write_file(replace(contents, header=replace(contents.header, history=history))))
