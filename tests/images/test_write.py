"""Pictures are written without loss, or not at all; what a format cannot hold is said."""

import io

import numpy as np
import pytest
from PIL import Image

from l3c.errors import InputError
from l3c.images.picture import Picture
from l3c.images.read import read_picture
from l3c.images.write import check_suffix, write_picture
from tests.images.pictures import GRAY, ICC, RGB, XMP, exif_block

METADATA = {"icc": ICC, "exif": exif_block(), "xmp": XMP}
FORMATS = {
    "x": "PNG",
    "x.PNG": "PNG",
    "x.tif": "TIFF",
    "x.tiff": "TIFF",
    "x.webp": "WEBP",
    "x.bmp": "BMP",
    "x.ppm": "PPM",
    "x.pnm": "PPM",
}


@pytest.mark.parametrize(("name", "form"), FORMATS.items())
def test_every_pixel_is_in_the_file(name: str, form: str) -> None:
    for samples in (RGB, GRAY):
        file = io.BytesIO()
        write_picture(Picture(samples), file, name)
        picture = read_picture(file, name)
        assert picture.source_format == form
        expected = np.dstack([GRAY] * 3) if form == "WEBP" and samples is GRAY else samples
        np.testing.assert_array_equal(picture.samples, expected)


def test_pgm_holds_gray_alone() -> None:
    file = io.BytesIO()
    write_picture(Picture(GRAY), file, "x.pgm")
    assert file.getvalue().startswith(b"P5")
    with pytest.raises(InputError, match=r"x\.pgm: pgm holds gray pictures only"):
        write_picture(Picture(RGB), io.BytesIO(), "x.pgm")


@pytest.mark.parametrize("suffix", ["jpg", "JPEG", "jpe", "jfif", "jp2", "j2k", "avif", "heic", "heif", "gif"])
def test_lossy_formats_are_refused(suffix: str) -> None:
    with pytest.raises(InputError, match=rf"x\.{suffix}: {suffix.lower()} does not keep every pixel; choose png"):
        check_suffix(f"x.{suffix}")


def test_unknown_formats_are_refused() -> None:
    with pytest.raises(InputError, match=r"x\.docx: format 'docx' is unknown; choose png"):
        check_suffix("x.docx")


@pytest.mark.parametrize(
    ("name", "dropped"),
    [
        ("x.png", []),
        ("x.webp", []),
        ("x.tif", ["exif", "xmp"]),
        ("x.bmp", ["exif", "icc", "xmp"]),
        ("x.ppm", ["exif", "icc", "xmp"]),
    ],
)
def test_what_a_format_cannot_hold_is_said(name: str, dropped: list[str]) -> None:
    assert write_picture(Picture(RGB, METADATA), io.BytesIO(), name) == dropped


def test_a_packet_that_is_no_text_is_dropped_from_png_but_not_from_webp() -> None:
    picture = Picture(RGB, {"xmp": b"\xff\xfe<x/>"})
    file = io.BytesIO()
    assert write_picture(picture, file, "x.png") == ["xmp"]
    np.testing.assert_array_equal(np.asarray(Image.open(file)), RGB)
    assert write_picture(picture, io.BytesIO(), "x.webp") == []


def test_what_a_format_cannot_hold_at_all_is_an_error() -> None:
    wide = np.zeros((1, 16384), np.uint8)
    with pytest.raises(InputError, match=r"x\.webp: cannot be written as WEBP"):
        write_picture(Picture(wide), io.BytesIO(), "x.webp")
