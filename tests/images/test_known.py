"""What is said of kept files: layout, size and depth of the picture in them."""

import io
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import l3c
from l3c import api
from l3c.images.known import header_of
from tests.images.pictures import GRAY, RGB, saved

tifffile = pytest.importorskip("tifffile")


def tiff(samples: NDArray[Any]) -> bytes:
    file = io.BytesIO()
    tifffile.imwrite(file, samples, metadata=None)
    return file.getvalue()


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16", "uint32", "int32", "float16", "float32", "float64"])
def test_kept_files_tell_the_type_of_their_samples(dtype: str) -> None:
    data = api.keep_file(tiff(GRAY.astype(dtype)), "tif")
    image = l3c.open(data)
    assert image.dtype == dtype
    np.testing.assert_array_equal(image.samples, GRAY.astype(dtype))
    assert l3c.original(data) == tiff(GRAY.astype(dtype))


@pytest.mark.parametrize("largest", [15, 100, 255, 1023, 1000])
def test_kept_files_tell_the_largest_value(largest: int) -> None:
    samples = (GRAY.astype(np.uint32) * largest // 255).astype(">u2" if largest > 255 else np.uint8)
    data = api.keep_file(b"P5\n13 11\n%d\n" % largest + samples.tobytes(), "pgm")
    assert l3c.open(data).maximum == largest


def test_others_are_not_known() -> None:
    assert header_of(b"no picture") is None
    assert header_of(saved(RGB, "PNG")[:50]) is None
