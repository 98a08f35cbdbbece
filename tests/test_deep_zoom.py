"""l3c.DeepZoom: tiles of one file for viewers."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

import l3c
from l3c.codec import cost_map
from l3c.container.structure import Palette
from l3c.errors import InputError
from l3c.serve import deep_zoom
from tests.checks import smooth_picture
from tests.images.pictures import saved

PICTURE = smooth_picture(75, 125, 3)


def zoom_of(samples: NDArray[Any], **options: Any) -> l3c.DeepZoom:
    data = l3c.encode(samples, model="wave-fast", effort=1, history=False)
    return l3c.DeepZoom(l3c.open(data), **options)


def joined(zoom: l3c.DeepZoom, level: int) -> NDArray[np.uint8]:
    columns, rows = zoom.grid(level)
    return np.concatenate(
        [np.concatenate([zoom.tile(level, x, y) for x in range(columns)], axis=1) for y in range(rows)]
    )


@pytest.mark.parametrize("overview", [2048, 32])
def test_tiles_of_every_level_are_the_picture_halved(monkeypatch: pytest.MonkeyPatch, overview: int) -> None:
    monkeypatch.setattr(deep_zoom, "OVERVIEW", overview)
    monkeypatch.setattr(deep_zoom, "BLOCK", 64)
    zoom = zoom_of(PICTURE, side=16)
    assert (zoom.levels, zoom.size(0), zoom.grid(7)) == (8, (1, 1), (8, 5))
    np.testing.assert_array_equal(joined(zoom, 7), PICTURE)
    for level in range(8):
        width, height = zoom.size(level)
        assert joined(zoom, level).shape == (height, width, 3)
        reduced = np.asarray(Image.fromarray(PICTURE).reduce(1 << (7 - level))).astype(int)
        inner = abs(reduced - joined(zoom, level))[: 75 >> (7 - level), : 125 >> (7 - level)]
        assert inner.size == 0 or inner.max() <= 1  # twice rounded; at edges pixels weigh differently


def bits_of(zoom: l3c.DeepZoom) -> tuple[NDArray[np.float32], float]:
    """The map, and all of it: bits a pixel times pixels."""
    bits, side = zoom.cost_map()
    width, height = zoom.image.size
    areas = [np.minimum(side, size - side * np.arange(-(-size // side))) for size in (height, width)]
    return bits, float((bits * np.outer(*areas)).sum())


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_the_cost_of_blocks_adds_up_to_the_tiles(channels: int) -> None:
    picture = np.dstack([smooth_picture(200, 330, 3), np.full((200, 330), 255, np.uint8)])[..., :channels]
    zoom = zoom_of(np.squeeze(picture))
    bits, total = bits_of(zoom)
    assert bits.shape == (7, 11)
    assert total == pytest.approx(8 * sum(entry.length for entry in zoom.image.contents.tiles), rel=1e-5)


def test_costly_blocks_are_where_noise_is() -> None:
    picture = np.full((96, 160, 3), 77, np.uint8)
    picture[32:64, 96:128] = np.random.default_rng(1).integers(0, 256, (32, 32, 3))
    bits, _ = bits_of(zoom_of(picture))
    assert divmod(int(bits.argmax()), bits.shape[1]) == (1, 3)
    assert bits[1, 3] > 20
    assert np.median(bits) < 0.1


def test_a_kept_file_is_one_tile_and_large_pictures_have_large_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cost_map, "ACROSS", 3)
    data = l3c.encode_jpeg(saved(PICTURE, "JPEG"))
    zoom = l3c.DeepZoom(l3c.open(data))
    bits, total = bits_of(zoom)
    assert bits.shape == (2, 3)
    kept = zoom.image.contents.kept
    assert kept is not None
    assert total == pytest.approx(8 * len(kept.data), rel=1e-5)


def test_blocks_are_decoded_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deep_zoom, "OVERVIEW", 16)
    monkeypatch.setattr(deep_zoom, "BLOCK", 32)
    monkeypatch.setattr(deep_zoom, "BLOCKS", 4)
    zoom = zoom_of(PICTURE, side=16)
    asked: list[tuple[int, ...]] = []
    decoded = zoom.image.region

    def region(*box: int) -> NDArray[np.uint8]:
        asked.append(box)
        return decoded(*box)

    monkeypatch.setattr(zoom.image, "region", region)
    for column, row in ((0, 0), (1, 0), (0, 1), (1, 1), (2, 0)):
        zoom.tile(7, column, row)
    assert asked == [(0, 0, 32, 32), (32, 0, 32, 32)]
    np.testing.assert_array_equal(joined(zoom, 7), PICTURE)


def test_tiles_may_overlap() -> None:
    zoom = zoom_of(PICTURE, side=50, overlap=2)
    np.testing.assert_array_equal(zoom.tile(7, 0, 0), PICTURE[:52, :52])
    np.testing.assert_array_equal(zoom.tile(7, 2, 1), PICTURE[48:, 98:])


@pytest.mark.parametrize(
    ("samples", "channels"),
    [
        (PICTURE[..., 0], 3),
        (smooth_picture(40, 50, 4), 4),
        (smooth_picture(40, 50, 3).astype(np.uint16) * 257, 3),
        (np.linspace(-1, 5, 2000).reshape(40, 50).astype(np.float32), 3),
        (PICTURE[:40, :50, 0] > 99, 3),
    ],
    ids=["gray", "alpha", "16 bits", "floats", "flags"],
)
def test_other_samples_are_shown_as_on_a_screen(samples: NDArray[Any], channels: int) -> None:
    zoom = zoom_of(samples, side=16)
    tiles = joined(zoom, zoom.levels - 1)
    assert tiles.dtype == np.uint8
    assert tiles.shape == (*samples.shape[:2], channels)
    if samples.dtype == np.float32:
        assert (tiles.min(), tiles.max()) == (0, 255)


def test_palettes_and_jpeg_files_are_shown(tmp_path: Path) -> None:
    indices = (PICTURE[..., 0] >> 6).astype(np.uint8)
    colours = bytes(range(12))
    data = l3c.encode(indices, palette=Palette(colours))
    zoom = l3c.DeepZoom(l3c.open(data))
    np.testing.assert_array_equal(joined(zoom, 7), np.frombuffer(colours, np.uint8).reshape(4, 3)[indices])
    Image.fromarray(PICTURE).save(tmp_path / "a.jpg")
    done = l3c.encode_file(tmp_path / "a.jpg")
    kept = l3c.DeepZoom(l3c.open(done.target))
    np.testing.assert_array_equal(joined(kept, 7), np.asarray(Image.open(tmp_path / "a.jpg")))


def test_regions_are_those_of_iiif() -> None:
    zoom = zoom_of(PICTURE)
    np.testing.assert_array_equal(zoom.region(10, 20, 30, 40), PICTURE[20:60, 10:40])
    half = zoom.region(64, 32, 40, 20, level=6)
    np.testing.assert_array_equal(half, joined(zoom, 6)[16:26, 32:52])
    info = zoom.iiif("https://example.org/a")
    assert (info["width"], info["height"], info["tiles"][0]["scaleFactors"][-1]) == (125, 75, 128)
    assert json.loads(json.dumps(info)) == info
    described = ET.fromstring(zoom.dzi())
    assert described.attrib == {"Format": "png", "Overlap": "0", "TileSize": "256"}
    assert described[0].attrib == {"Width": "125", "Height": "75"}


@pytest.mark.parametrize(
    ("ask", "text"),
    [
        (lambda zoom: zoom.tile(8, 0, 0), "level 8: there are 8"),
        (lambda zoom: zoom.tile(-1, 0, 0), "level -1"),
        (lambda zoom: zoom.tile(7, 1, 0), "tile 1,0 of level 7: there are 1 x 1"),
        (lambda zoom: zoom.region(0, 0, 126, 1), "the image is 125 x 75"),
        (lambda zoom: l3c.DeepZoom(zoom.image, side=0), "tiles of 0 pixels"),
    ],
)
def test_what_is_not_there_is_refused(ask: Any, text: str) -> None:
    with pytest.raises(InputError, match=text):
        ask(zoom_of(PICTURE))


def test_many_threads_may_ask() -> None:
    zoom = zoom_of(PICTURE, side=16)
    places = [(x, y) for x in range(8) for y in range(5)]
    with ThreadPoolExecutor(8) as pool:
        tiles = list(pool.map(lambda place: zoom.tile(7, *place), places))
    for (x, y), tile in zip(places, tiles, strict=True):
        np.testing.assert_array_equal(tile, PICTURE[y * 16 : y * 16 + 16, x * 16 : x * 16 + 16])
