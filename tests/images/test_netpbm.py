"""Netpbm: plain and raw, any largest value, comments, several pictures in a file."""

import io

import numpy as np
import pytest

from l3c.errors import InputError
from l3c.images.read import read_bytes
from l3c.images.receipt import lost_in
from l3c.images.write import write_picture
from tests.images.pictures import GRAY, RGB, RGB16, saved

FILES = {
    "plain bits": (b"P1\n# two rows\n3 2\n1 0 1\n011", ~np.array([[1, 0, 1], [0, 1, 1]], bool), None),
    "plain gray": (b"P2 3 1 100\n1 50 100\n", np.array([[1, 50, 100]], np.uint8), 100),
    "plain colours": (b"P3\n1 1\n1000\n1 500 1000 ", np.array([[[1, 500, 1000]]], np.uint16), 1000),
    "15": (b"P5\n13 11\n15\n" + (GRAY >> 4).tobytes(), GRAY >> 4, 15),
    "12 bits": (b"P6 13 11 4095\n" + (RGB16 >> 4).astype(">u2").tobytes(), RGB16 >> 4, 4095),
    "a bit in a byte": (b"P5 3 1 1\n\0\1\1", np.array([[0, 1, 1]], bool), None),
    "PAM of 10 bits": (
        b"P7\nWIDTH 13\nHEIGHT 11\nDEPTH 3\nMAXVAL 1023\nTUPLTYPE RGB\nENDHDR\n" + (RGB16 >> 6).astype(">u2").tobytes(),
        RGB16 >> 6,
        1023,
    ),
}
SUFFIXES = {
    "plain bits": ".pbm",
    "plain gray": ".pgm",
    "15": ".pgm",
    "a bit in a byte": ".pgm",
    "PAM of 10 bits": ".pam",
}


@pytest.mark.parametrize("name", FILES)
def test_values_are_kept_as_they_are(name: str) -> None:
    data, expected, maximum = FILES[name]
    picture, file, target = read_bytes(data, "x"), io.BytesIO(), "x" + SUFFIXES.get(name, ".ppm")
    np.testing.assert_array_equal(picture.samples, expected)
    assert (picture.samples.dtype, picture.maximum) == (expected.dtype, maximum)
    assert write_picture(picture, file, target) == []
    again = read_bytes(file.getvalue(), target)
    np.testing.assert_array_equal(again.samples, expected)
    assert (again.maximum, again.metadata) == (maximum, picture.metadata)
    assert lost_in(data, picture, "x", target) == []


def test_comments_come_back() -> None:
    data = b"P5 # first\n13 # second\n11\n#third\n255\n" + GRAY.tobytes()
    picture, file = read_bytes(data, "x.pgm"), io.BytesIO()
    assert picture.metadata == {"comment": b"first\nsecond\nthird"}
    write_picture(picture, file, "x.pgm")
    assert file.getvalue().startswith(b"P5\n# first\n# second\n# third\n13 11\n255\n")
    assert b"tEXtComment\0first" in written_png(data)


def written_png(data: bytes) -> bytes:
    file = io.BytesIO()
    write_picture(read_bytes(data, "x"), file, "x.png")
    return file.getvalue()


def test_several_pictures_are_pages() -> None:
    data = saved(RGB, "PPM") + saved(255 - RGB[:5], "PPM") + saved(GRAY, "PPM")
    picture, file = read_bytes(data, "x.ppm"), io.BytesIO()
    for page, expected in zip(picture.pages, (RGB, 255 - RGB[:5], GRAY), strict=True):
        np.testing.assert_array_equal(page.samples, expected)
    write_picture(picture, file, "x.ppm")
    assert file.getvalue() == data
    assert lost_in(data + b"rest", read_bytes(data + b"rest", "x"), "x", "x.ppm") == ["4 bytes after its end"]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"P5", "its header has no number"),
        (b"P5\n3 3\n255\n123", "ends before its last pixel: 3 bytes are there for 9"),
        (b"P5\n1 1\n70000\n12", "largest value 70000"),
        (b"P5\n1 1\n10\n\x0b", "a sample of 11, its largest value is 10"),
        (b"P2\n2 1\n10\n1\n", "samples are there for 2|before its last pixel"),
        (b"P2\n2 1\n10\n1 x\n", "not decimal numbers"),
        (b"P2\n2 1\n10\n1 11\n", "a sample of 11"),
        (b"P7\nWIDTH 1\nHEIGHT 1\nDEPTH 5\nMAXVAL 255\nENDHDR\n12345", "5 channels of tuple type '' is not supported"),
        (b"P7\nENDHDR\n", "header is damaged"),
    ],
)
def test_the_rest_is_refused(data: bytes, reason: str) -> None:
    with pytest.raises(InputError, match=f"^x.pgm: .*({reason})"):
        read_bytes(data, "x.pgm")
