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


def test_there_is_one_image(tmp_path: Path) -> None:
    path = tmp_path / "a.l3c"
    with pytest.raises(ValueError, match="holds one"):
        iio.imwrite(path, [PICTURE, PICTURE])
    iio.imwrite(path, PICTURE)
    with pytest.raises(ValueError, match="holds one image"):
        iio.imread(path, index=1)
