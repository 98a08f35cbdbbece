"""ICC, EXIF and XMP come through byte for byte; an orientation is kept and never applied."""

import io

import numpy as np
import pytest
from PIL import Image, TiffImagePlugin

from l3c.images.metadata import metadata_of, to_pillow
from l3c.images.picture import Picture
from l3c.images.png_chunks import SIGNATURE, chunk, chunks_of
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
    for form in ("PNG", "TIFF", "WEBP", "JPEG", "PPM"):
        assert read_picture(io.BytesIO(saved(RGB, form)), "x").metadata == {}


CHUNKS = [(b"tEXt", b"Title\0a title"), (b"zTXt", b"Author\0\0x\x9cK\x04\0\0b\0b"), (b"gAMA", b"\0\0\xb1\x8f")]
CHUNKS += [(b"iTXt", "Title\0\0\0de\0Titel\0ein schöner".encode()), (b"prVt", b"\0\1"), (b"bKGD", bytes(6))]


def ancillary_of(png: bytes) -> list[tuple[bytes, bytes]]:
    return sorted(one for one in chunks_of(png) if one[0] != b"IDAT")


def test_the_chunks_of_a_png_come_back_byte_for_byte() -> None:
    resolution = (b"pHYs", (3000).to_bytes(4, "big") + (1234).to_bytes(4, "big") + b"\1")
    head, *data = chunks_of(saved(RGB, "PNG"))
    original = SIGNATURE + b"".join(chunk(*c) for c in [head, *CHUNKS, resolution, *data])
    picture, again = read_picture(io.BytesIO(original), "x.png"), io.BytesIO()
    assert write_picture(picture, again, "y.png") == []
    assert ancillary_of(again.getvalue()) == ancillary_of(original)
    assert read_picture(again, "y.png").metadata == picture.metadata


@pytest.mark.parametrize(("unit", "dots"), [(2, (300, 300)), (3, (118.25, 59)), (1, (2, 1))])
def test_resolution_is_kept_as_a_fraction(unit: int, dots: tuple[float, float]) -> None:
    tags = {282: TiffImagePlugin.IFDRational(dots[0]), 283: TiffImagePlugin.IFDRational(dots[1]), 296: unit}
    picture, again = read_picture(io.BytesIO(saved(RGB, "TIFF", tiffinfo=tags)), "x.tif"), io.BytesIO()
    write_picture(picture, again, "y.tif")
    assert picture.metadata.keys() == {"resolution"}
    assert read_picture(again, "y.tif").metadata == picture.metadata


def test_resolution_of_other_formats_goes_into_a_png() -> None:
    for form in ("JPEG", "TIFF", "BMP"):
        picture, again = read_picture(io.BytesIO(saved(RGB, form, dpi=(254, 508))), "x"), io.BytesIO()
        write_picture(picture, again, "y.png")
        assert (b"pHYs", b"\0\0\x27\x10\0\0\x4e\x20\1") in list(chunks_of(again.getvalue()))


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
