"""The encoder reads what it wrote: a file that does not give the samples back never leaves it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import l3c
from l3c.codec import encode, graphics
from l3c.container.constants import GRAPHICS, RGB, RGBA
from l3c.container.read import read_file
from l3c.container.structure import ImageHeader
from l3c.errors import L3CError, L3CWarning, LimitError
from l3c.graphics import compiled
from l3c.history.plain import to_components
from tests.checks import smooth_picture
from tests.strange.arrays import photograph

WIDE = (np.tile(np.floor(photograph()[100:120, :300] * 3000), (1, 3, 1)) * 21).astype(np.uint16)
"""20 x 900, of ranks of more than 8 bits."""


@pytest.mark.parametrize("rotated", [False, True])
def test_ranks_of_two_parts_are_read_again(rotated: bool) -> None:
    array = np.ascontiguousarray(WIDE.transpose(1, 0, 2)) if rotated else WIDE
    data = l3c.encode(array)
    np.testing.assert_array_equal(l3c.decode(data), array)


def test_a_file_that_cannot_be_read_is_dropped_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """As before the fault was mended: the tile side came from the picture."""
    drawing = np.zeros((40, 60, 3), np.uint8)
    drawing[5:20, 7:33] = 200
    assert l3c.info(l3c.encode(drawing)).graphics_tiles
    whole = graphics.encode_whole(ImageHeader(RGB, 40, 60), [drawing])
    monkeypatch.setattr(encode, "is_sole", lambda *_: False)
    monkeypatch.setattr(graphics, "side_of", lambda _: 16)
    monkeypatch.setattr(graphics, "is_decisive", lambda *_: False)
    monkeypatch.setattr(graphics, "encode_whole", lambda *_: whole)
    with pytest.warns(L3CWarning, match="was dropped: byte .* cannot be listed"):
        data = l3c.encode(drawing, history=False)
    np.testing.assert_array_equal(l3c.decode(data), drawing)


def test_wrong_payloads_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    drawing = np.zeros((40, 60, 3), np.uint8)
    drawing[5:20, 7:33] = 200
    right = compiled.encode

    def wrong(samples: Any) -> bytes:
        return right(samples ^ 1)

    monkeypatch.setattr(compiled, "encode", wrong)
    with pytest.warns(L3CWarning, match="differ"), pytest.raises(L3CError, match="a fault of l3c"):
        l3c.encode(drawing)


def test_wrong_histories_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    array = smooth_picture(80, 90, 1)[..., 0].astype(np.uint16) * 257
    monkeypatch.setattr("l3c.history.value_table.convert.from_ranks", lambda ranks, tables, dtype: ranks.astype(dtype))
    with pytest.warns(L3CWarning, match="history: .* values.* does not give the image"), pytest.raises(L3CError):
        l3c.encode(array)


def test_nothing_is_said_of_files_that_are_right(recwarn: pytest.WarningsRecorder) -> None:
    for picture in (smooth_picture(60, 70, 3), smooth_picture(60, 70, 1)[..., 0].astype(np.uint16) * 3):
        l3c.encode(picture)
    assert not [w for w in recwarn if issubclass(w.category, L3CWarning)]


def test_large_drawings_are_cut_into_tiles(monkeypatch: pytest.MonkeyPatch) -> None:
    """Limits are lowered, so that a small picture is a large one."""
    monkeypatch.setattr(compiled, "PIXELS_MAX", 5000)
    monkeypatch.setattr(graphics, "SIDE_OF_LARGE", 64)
    drawing = drawn(100, 200, 4)
    header = ImageHeader(RGBA, 100, 200)
    data = bytes(encode.encode_drawing(header, to_components(drawing, header), {}, None))
    found = l3c.info(data)
    assert (found.tile_side, found.tiles, found.graphics_tiles) == (64, 2 * 2 * 4, 16)
    np.testing.assert_array_equal(l3c.decode(data), drawing)
    np.testing.assert_array_equal(l3c.open(data)[40:80, 90:150], drawing[40:80, 90:150])


def test_long_drawings_are_graphics_too() -> None:
    drawing = drawn(20, 17_000, 1)[..., 0]
    data = l3c.encode(drawing, model="wave-fast", history=False)
    assert l3c.info(data).graphics_tiles
    np.testing.assert_array_equal(l3c.decode(data), drawing)


def drawn(height: int, width: int, channels: int) -> NDArray[np.uint8]:
    picture = np.zeros((height, width, channels), np.uint8)
    for i in range(0, width - 9, 23):
        picture[i * 7 % height : i * 7 % height + 30, i : i + 9] = 37 * i % 256
    return picture


def test_memory_of_graphics_counts() -> None:
    data = l3c.encode(drawn(600, 600, 1), history=False)
    assert read_file(data).tiles[0].coder == GRAPHICS
    with pytest.raises(LimitError):
        l3c.decode(data, threads=1, max_memory=600 * 600 * 24)
