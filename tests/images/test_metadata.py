"""ICC, EXIF and XMP come through byte for byte; an orientation is kept and never applied."""

import io

import numpy as np
import pytest
from PIL import Image

from l3c.images.metadata import metadata_of, to_pillow
from l3c.images.picture import Picture
from l3c.images.read import read_picture
from l3c.images.write import write_picture
from tests.images.pictures import ICC, RGB, XMP, exif_block, saved, tiff

EXIF = exif_block()
WHOLE = {"icc": ICC, "exif": EXIF, "xmp": XMP}


def written(picture: Picture, name: str) -> bytes:
    file = io.BytesIO()
    assert write_picture(picture, file, name) == []
    return file.getvalue()


@pytest.mark.parametrize("name", ["x.png", "x.webp"])
def test_formats_that_hold_all_of_it_keep_all_of_it(name: str) -> None:
    first = written(Picture(RGB, WHOLE), name)
    picture = read_picture(io.BytesIO(first), name)
    assert picture.metadata == WHOLE
    np.testing.assert_array_equal(picture.samples, RGB)


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize("prefix", [b"", b"Exif\0\0"], ids=["bare", "prefixed"])
def test_the_block_is_kept_without_the_prefix_of_jpeg(form: str, prefix: bytes) -> None:
    data = saved(RGB, form, exif=prefix + EXIF, icc_profile=ICC)
    picture = read_picture(io.BytesIO(data), "x")
    assert picture.metadata == {"icc": ICC, "exif": EXIF}


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("form", ["PNG", "WEBP", "JPEG"])
def test_an_orientation_is_kept_and_not_applied(form: str, orientation: int) -> None:
    data = saved(RGB, form, exif=exif_block(orientation))
    picture = read_picture(io.BytesIO(data), "x")
    assert picture.samples.shape == RGB.shape
    exif = Image.Exif()
    exif.load(picture.metadata["exif"])
    assert exif[0x0112] == orientation


def test_a_tiff_stands_upright_once() -> None:
    """Pillow turns TIFFs itself; then no orientation may be left that would turn them again."""
    picture = read_picture(io.BytesIO(tiff(RGB, [(274, 3, 1, b"\6\0\0\0")])), "x.tif")
    turned = picture.samples.shape == (13, 11, 3)
    assert turned == ("exif" not in picture.metadata)
    np.testing.assert_array_equal(picture.samples, np.rot90(RGB, -1) if turned else RGB)


def test_a_tiff_keeps_its_profile() -> None:
    data = saved(RGB, "TIFF", icc_profile=ICC)
    assert read_picture(io.BytesIO(data), "x.tif").metadata == {"icc": ICC}


def test_pictures_without_metadata_have_none() -> None:
    for form in ("PNG", "TIFF", "WEBP", "JPEG", "BMP", "PPM"):
        assert read_picture(io.BytesIO(saved(RGB, form)), "x").metadata == {}


def test_names_are_those_of_pillow() -> None:
    image = Image.new("RGB", (1, 1))
    image.info.update(to_pillow(WHOLE))
    assert set(image.info) == {"icc_profile", "exif", "xmp"}
    assert image.getexif()[0x0112] == 6
    assert metadata_of(image) == WHOLE


def test_text_is_taken_as_utf_8() -> None:
    image = Image.new("RGB", (1, 1))
    image.info["XML:com.adobe.xmp"] = XMP.decode()
    assert metadata_of(image) == {"xmp": XMP}
