"""Pictures are written without loss, or not at all; what a format cannot hold is said."""

import io
import struct

import numpy as np
import pytest

from l3c.container.structure import Palette
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


DEEP = np.dstack([RGB, GRAY]).astype(np.uint16) * 251
INKS = Picture(np.dstack([RGB, GRAY]), layout="CMYK")
INDICES = Picture(GRAY % 4, layout="palette", palette=Palette(bytes(range(12)), b"\x80\1"))
OPAQUE = Picture(GRAY % 4, layout="palette", palette=Palette(bytes(range(12))))
PICTURES = {
    "1-bit": (Picture(GRAY > 100), ["png", "tif", "bmp", "pbm"]),
    "gray and alpha": (Picture(np.dstack([GRAY, GRAY])), ["png", "tif", "pam"]),
    "RGBA": (Picture(np.dstack([RGB, GRAY])), ["png", "tif", "webp", "pam"]),
    "palette": (OPAQUE, ["png", "tif", "bmp"]),
    "palette with opacities": (INDICES, ["png"]),
    "CMYK": (INKS, ["tif"]),
    "16-bit gray": (Picture(DEEP[..., 0]), ["png", "tif", "pgm", "ppm", "pam"]),
    "16-bit gray and alpha": (Picture(DEEP[..., :2]), ["png", "tif", "pam"]),
    "16-bit RGB": (Picture(DEEP[..., :3]), ["png", "tif", "ppm", "pam"]),
    "16-bit RGBA": (Picture(DEEP), ["png", "tif", "pam"]),
    "16-bit CMYK": (Picture(DEEP, layout="CMYK"), ["tif"]),
}
SUFFIXES = ["png", "tif", "webp", "bmp", "pbm", "pgm", "ppm", "pam"]


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("mode", PICTURES)
def test_every_mode_is_written_whole_or_refused(mode: str, suffix: str) -> None:
    picture, formats = PICTURES[mode]
    file = io.BytesIO()
    if suffix not in formats:
        with pytest.raises(InputError, match=rf"^x\.{suffix}: "):
            write_picture(picture, file, f"x.{suffix}")
        return
    write_picture(picture, file, f"x.{suffix}")
    again = read_picture(file, f"x.{suffix}")
    np.testing.assert_array_equal(again.samples.reshape(picture.samples.shape), picture.samples)
    assert again.samples.dtype == picture.samples.dtype
    assert again.is_cmyk == picture.is_cmyk
    if picture.palette and again.palette:  # a TIFF's has as many colours as its bits can count
        assert again.palette.colours.rstrip(b"\0") == picture.palette.colours
        assert again.palette.alphas == picture.palette.alphas


def test_pgm_holds_gray_alone() -> None:
    file = io.BytesIO()
    write_picture(Picture(GRAY), file, "x.pgm")
    assert file.getvalue().startswith(b"P5")
    with pytest.raises(InputError, match=r"x\.pgm: pgm cannot hold 3 channels"):
        write_picture(Picture(RGB), io.BytesIO(), "x.pgm")


@pytest.mark.parametrize("suffix", ["jpg", "JPEG", "jpe", "jfif", "jp2", "j2k", "avif", "heic", "heif"])
def test_lossy_formats_are_refused(suffix: str) -> None:
    with pytest.raises(InputError, match=rf"x\.{suffix}: {suffix.lower()} does not keep every pixel; choose png"):
        check_suffix(f"x.{suffix}")


@pytest.mark.parametrize(
    ("name", "picture", "message"),
    [
        ("x.png", Picture(np.zeros((2, 3, 4), np.uint8), layout="CMYK"), "PNG cannot hold CMYK of 8 bits; choose tif"),
        ("x.pam", Picture(np.zeros((2, 3, 4), np.uint8), layout="CMYK"), "PPM cannot hold CMYK of 8 bits; choose tif"),
        (
            "x.bmp",
            Picture(np.zeros((2, 3, 3), np.uint16)),
            "BMP cannot hold 3 channels of 16 bits; choose png, tif or pam",
        ),
        ("x.png", Picture(RGB, pages=(Picture(RGB), Picture(RGB))), "PNG cannot hold 2 pages; choose tif or pam"),
        ("x.pgm", Picture(RGB), "pgm cannot hold 3 channels; choose png, tif, webp, bmp or pam"),
    ],
)
def test_messages_offer_the_formats_that_can(name: str, picture: Picture, message: str) -> None:
    with pytest.raises(InputError) as raised:
        write_picture(picture, io.BytesIO(), name)
    assert str(raised.value) == f"{name}: {message}"


def test_unknown_formats_are_refused() -> None:
    with pytest.raises(InputError, match=r"x\.docx: format 'docx' is unknown; choose png"):
        check_suffix("x.docx")


@pytest.mark.parametrize(
    ("name", "dropped"),
    [
        ("x.png", []),
        ("x.webp", []),
        ("x.tif", []),
        ("x.bmp", ["exif", "xmp"]),
        ("x.ppm", ["exif", "icc", "xmp"]),
    ],
)
def test_what_a_format_cannot_hold_is_said(name: str, dropped: list[str]) -> None:
    assert write_picture(Picture(RGB, METADATA), io.BytesIO(), name) == dropped


def test_what_a_format_cannot_hold_at_all_is_an_error() -> None:
    wide = np.zeros((1, 16384), np.uint8)
    with pytest.raises(InputError, match=r"x\.webp: cannot be written as WEBP"):
        write_picture(Picture(wide), io.BytesIO(), "x.webp")


@pytest.mark.parametrize("suffix", [".png", ".tif", ".bmp", ".webp", ".gif"])
@pytest.mark.parametrize("kind", ["resolution", "bit depth"])
def test_numbers_that_metadata_cannot_have_keep_no_picture_from_being_written(kind: str, suffix: str) -> None:
    metadata = {"resolution": struct.pack("<B4I", 9, 1, 1, 1, 1), "bit depth": b""}
    samples = np.zeros((2, 3), np.uint8)
    palette = Palette(bytes(6)) if suffix == ".gif" else None
    file = io.BytesIO()
    write_picture(Picture(samples, {kind: metadata[kind]}, palette=palette), file, "x" + suffix)
    assert file.getvalue()
