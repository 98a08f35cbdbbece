"""Deep RGB that is mostly gray, as green and differences; format 3.4."""

import numpy as np
import pytest

import l3c
from l3c.container.history import ValueTable
from l3c.container.read import read_file
from l3c.container.structure import ImageHeader
from l3c.history import registry
from l3c.history.value_table import kind
from tests.checks import smooth_picture

GRAY = smooth_picture(90, 70, 1).astype(np.uint16) * 257 + np.arange(70, dtype=np.uint16)[:, None] % 251


def mostly_gray(every: int, depth: int = 16) -> np.ndarray:
    picture = np.repeat(GRAY, 3, axis=2) >> np.uint16(16 - depth)
    picture[::5, ::7] += np.array([3, 0, 9], np.uint16)
    return picture // np.uint16(every) * np.uint16(every)


@pytest.mark.parametrize(("every", "depth"), [(1, 16), (1, 12), (16, 16), (5, 9)])
def test_it_comes_back_whole_and_in_part(every: int, depth: int) -> None:
    picture = mostly_gray(every, depth)
    header = ImageHeader(1, picture.shape[0], picture.shape[1], depth)
    undone = kind.undo_mostly_gray(picture, header)
    assert undone is not None
    found, components = undone
    assert [c.shape for c in components] == [(c.height, c.width, c.channels) for c in found.components]
    np.testing.assert_array_equal(registry.redo(components, found), picture)


def test_files_of_it_are_smaller_and_read_everywhere() -> None:
    picture = mostly_gray(1)
    data = l3c.encode(picture)
    history = read_file(data).header.history
    assert isinstance(history, ValueTable)
    assert history.less_green
    assert "mostly gray" in str(l3c.info(data).history)
    np.testing.assert_array_equal(l3c.decode(data), picture)
    with l3c.open(data) as image:
        np.testing.assert_array_equal(image[10:30, 20:50], picture[10:30, 20:50])
    assert len(data) < 0.95 * len(l3c.encode(picture, history=False))


def test_other_pictures_are_left_alone() -> None:
    header = ImageHeader(1, 90, 70, 16)
    assert kind.undo_mostly_gray(np.repeat(GRAY, 3, axis=2), header) is None
    assert kind.undo_mostly_gray(mostly_gray(1) * np.array([1, 2, 3], np.uint16), header) is None
    assert kind.undo_mostly_gray(mostly_gray(1) >> np.uint16(8), ImageHeader(1, 90, 70)) is None


def test_both_flags_are_refused() -> None:
    for layout, flags in ((1, 3), (0, 2), (0, 1)):
        assert not ValueTable.fits(ImageHeader(layout, 2, 2), flags)
