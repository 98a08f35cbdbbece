"""Tiles cover an image once and are nearly equal."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from l3c.container.tiling import Box, borders, boxes, parts, tile_count

sides = st.integers(1, 90)


@given(sides, sides, st.integers(1, 40))
def test_tiles_cover_every_pixel_once(height: int, width: int, side: int) -> None:
    seen = np.zeros((height, width), int)
    cut = list(boxes(height, width, side))
    for box in cut:
        seen[box.top : box.bottom, box.left : box.right] += 1
    assert (seen == 1).all()
    assert len(cut) == tile_count(height, width, side)


@given(st.integers(1, 10**6), st.integers(16, 65535))
def test_parts_differ_by_a_pixel_at_most_and_respect_the_side(size: int, side: int) -> None:
    lengths = np.diff(borders(size, side))
    assert lengths.max() <= side
    assert lengths.max() - lengths.min() <= 1
    assert parts(size, side) == len(lengths)


def test_tiles_come_row_by_row() -> None:
    assert list(boxes(3, 5, 4)) == [Box(0, 0, 3, 2), Box(0, 2, 3, 5)]
    assert [(box.top, box.left) for box in boxes(33, 33, 16)][:4] == [(0, 0), (0, 11), (0, 22), (11, 0)]


def test_a_box_knows_its_size() -> None:
    box = Box(2, 3, 7, 11)
    assert (box.height, box.width) == (5, 8)
