"""imageio reads and writes l3c files once it is told of them."""

from pathlib import Path

import numpy as np
import pytest

import l3c
from tests.checks import smooth_picture

iio = pytest.importorskip("imageio.v3")
PICTURE = smooth_picture(20, 30, 3)


@pytest.fixture(autouse=True)
def _registered() -> None:
    l3c.register_imageio()


def test_pictures_come_back(tmp_path: Path) -> None:
    path = tmp_path / "a.l3c"
    iio.imwrite(path, PICTURE, model="wave-fast")
    assert l3c.info(path.read_bytes()).models[0][0] == "wave-fast"
    np.testing.assert_array_equal(iio.imread(path), PICTURE)
    np.testing.assert_array_equal(iio.imread(path, index=...), PICTURE[None])
    assert [frame.shape for frame in iio.imiter(path)] == [PICTURE.shape]


def test_bytes_and_facts() -> None:
    data = iio.imwrite("<bytes>", PICTURE.astype(np.uint16) * 257, extension=".l3c")
    facts = iio.improps(data, extension=".l3c")
    assert (facts.shape, facts.dtype, facts.is_batch) == (PICTURE.shape, np.uint16, False)
    kept = l3c.encode(PICTURE, metadata={"icc": b"profile"})
    assert iio.immeta(kept, extension=".l3c") == {"layout": "RGB", "icc": b"profile"}


def test_pages_are_read_and_written(tmp_path: Path) -> None:
    path = tmp_path / "a.l3c"
    iio.imwrite(path, [PICTURE, PICTURE[::-1]], model="wave-fast")
    assert len(l3c.open(path).pages) == 2
    np.testing.assert_array_equal(iio.imread(path, index=1), PICTURE[::-1])
    np.testing.assert_array_equal(iio.imread(path, index=...), np.stack([PICTURE, PICTURE[::-1]]))
    assert [frame.shape for frame in iio.imiter(path)] == 2 * [PICTURE.shape]
    facts = iio.improps(path, index=...)
    assert (facts.shape, facts.n_images, facts.is_batch) == ((2, *PICTURE.shape), 2, True)
    with pytest.raises(ValueError, match="index 2: the file holds 2 pages"):
        iio.imread(path, index=2)


def test_pages_that_are_not_alike_are_read_one_by_one(tmp_path: Path) -> None:
    path = tmp_path / "a.l3c"
    iio.imwrite(path, [PICTURE, PICTURE[:9]], model="wave-fast")
    np.testing.assert_array_equal(iio.imread(path, index=1), PICTURE[:9])
    with pytest.raises(ValueError, match="take them one by one"):
        iio.imread(path, index=...)


def test_palettes_are_metadata() -> None:
    palette = l3c.Palette(bytes(range(30)))
    data = l3c.encode(PICTURE[..., 0] % 10, palette=palette, model="wave-fast")
    assert iio.immeta(data, extension=".l3c") == {"layout": "palette", "palette": palette}
