"""Sizes that JPEG XL files declare."""

import imagecodecs
import numpy as np
import pytest
from PIL import Image

from l3c.errors import FormatError
from l3c.jpeg.codestream import declared_size
from tests.images.pictures import saved

SIZES = [(1, 1), (8, 8), (256, 128), (264, 264), (13, 11), (400, 300), (301, 1), (5000, 9), (640, 360), (160, 128)]


@pytest.mark.parametrize("size", SIZES)
def test_the_size_is_read_in_boxes_and_without(size: tuple[int, int]) -> None:
    transcoded = imagecodecs.jpegxl_encode_jpeg(saved(Image.new("RGB", size), "JPEG"))
    assert declared_size(bytes(transcoded)) == size[::-1]
    bare = imagecodecs.jpegxl_encode(np.zeros(size[::-1], np.uint8), lossless=True, usecontainer=False)
    assert declared_size(bytes(bare)) == size[::-1]


@pytest.mark.parametrize("data", [b"", b"\xff", b"\xff\x0a", b"\0\0\0\x0cJXL \r\n\x87\n" + bytes(40), b"GIF89a"])
def test_other_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(FormatError, match="no JPEG XL codestream"):
        declared_size(data)
