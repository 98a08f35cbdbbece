"""l3c as one of Pillow's formats."""

import io
import pickle
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageSequence, PngImagePlugin, UnidentifiedImageError

import l3c
from l3c import api
from l3c.container.constants import SIGNATURE
from l3c.errors import ChecksumError, FormatError, InputError, ModelError, VersionError
from l3c.images.picture import Picture
from l3c.images.read import read_bytes
from tests.images.pictures import GRAY, ICC, RGB, XMP, exif_block, saved

EXIF = exif_block()


@pytest.fixture(autouse=True)
def registered() -> None:
    l3c.register_pillow()


@pytest.mark.parametrize(("samples", "mode"), [(RGB, "RGB"), (GRAY, "L")], ids=["rgb", "gray"])
def test_open_gives_what_save_was_given(samples: np.ndarray, mode: str, tmp_path: Path) -> None:
    path = tmp_path / "x.l3c"
    Image.fromarray(samples).save(path)
    with Image.open(path) as image:
        assert (image.format, image.mode, image.size) == ("L3C", mode, (13, 11))
        assert image.get_format_mimetype() == "image/x-l3c"
        np.testing.assert_array_equal(np.asarray(image), samples)
    np.testing.assert_array_equal(l3c.decode(path.read_bytes()), samples)


def test_pixels_are_decoded_when_they_are_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    decode = Mock(wraps=api.decode_contents)
    monkeypatch.setattr(api, "decode_contents", decode)
    image = Image.open(io.BytesIO(l3c.encode(RGB)))
    assert image.size == (13, 11)
    decode.assert_not_called()
    assert image.getpixel((3, 2)) == tuple(RGB[2, 3])
    image.load()
    assert np.asarray(image.crop((1, 1, 4, 4))).shape == (3, 3, 3)
    decode.assert_called_once()


def test_a_file_that_pillow_opened_is_closed_after_loading(tmp_path: Path) -> None:
    path = tmp_path / "x.l3c"
    path.write_bytes(l3c.encode(RGB))
    image = Image.open(path)
    file = image.fp
    image.load()
    assert file is not None
    assert file.closed


def test_a_file_of_the_caller_is_left_open() -> None:
    file = io.BytesIO(l3c.encode(RGB))
    Image.open(file).load()
    assert not file.closed


def test_metadata_has_the_usual_names() -> None:
    data = l3c.encode(RGB, metadata={"icc": ICC, "exif": EXIF, "xmp": XMP})
    image = Image.open(io.BytesIO(data))
    assert image.info == {"icc_profile": ICC, "exif": b"Exif\0\0" + EXIF, "xmp": XMP}
    assert image.getexif()[0x010F] == "Maker"
    assert image.size == (13, 11)


@pytest.mark.parametrize("form", ["PNG", "WEBP", "JPEG"])
def test_metadata_of_other_formats_is_kept(form: str) -> None:
    image = Image.open(io.BytesIO(saved(RGB, form, icc_profile=ICC, exif=EXIF)))
    again = Image.open(io.BytesIO(saved(image, "L3C")))
    assert again.info["icc_profile"] == ICC
    assert again.info["exif"] == b"Exif\0\0" + EXIF


def test_options_of_save_come_before_what_the_image_has() -> None:
    image = Image.fromarray(RGB)
    image.info["icc_profile"] = b"old"
    image.info["xmp"] = b"old"
    data = saved(image, "L3C", icc_profile=ICC, xmp=None, threads=1, model="wave", effort=1)
    assert Image.open(io.BytesIO(data)).info == {"icc_profile": ICC}
    exif = Image.Exif()
    exif[0x0112] = 3
    turned = Image.open(io.BytesIO(saved(image, "L3C", exif=exif)))
    assert turned.getexif()[0x0112] == 3


@pytest.mark.parametrize("mode", ["1", "P", "RGBA", "LA", "CMYK", "I;16", "I", "F", "YCbCr", "LAB", "RGBa", "RGBX"])
def test_other_modes_come_back(mode: str) -> None:
    colours = Image.fromarray(RGB)
    image = Image.fromarray(np.asarray(colours.convert("L")).astype(np.uint16) * 257) if mode == "I;16" else colours
    image = image if mode == "I;16" else colours.quantize(9) if mode == "P" else colours.convert(mode)
    again = Image.open(io.BytesIO(saved(image, "L3C")))
    assert (again.mode, again.size) == (mode, image.size)
    np.testing.assert_array_equal(np.asarray(again), np.asarray(image))
    assert again.getpalette() == image.getpalette()


def test_colour_of_16_bits_is_refused() -> None:
    with pytest.raises(InputError, match="Pillow cannot hold RGB of 16 bits"):
        Image.open(io.BytesIO(l3c.encode(RGB.astype(np.uint16))))


@pytest.mark.parametrize("mode", ["HSV", "PA"])
def test_other_modes_are_refused(mode: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=f"mode {mode} is not supported, only 1, L"):
        Image.new(mode, (4, 4)).save(tmp_path / "x.l3c")


def test_wrong_options_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError):
        Image.fromarray(RGB).save(tmp_path / "x.l3c", model="tsunami")


def test_damage_is_our_error() -> None:
    data = bytearray(l3c.encode(RGB))
    data[-4] ^= 1
    with pytest.raises(FormatError):
        Image.open(io.BytesIO(bytes(data)))


def test_errors_are_those_that_pillows_users_catch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = l3c.encode(RGB)
    with pytest.raises(UnidentifiedImageError, match="damaged") as cut:
        Image.open(io.BytesIO(data[:40]))
    assert isinstance(cut.value, FormatError)
    assert cut.value.exit_code == ChecksumError.exit_code
    again = pickle.loads(pickle.dumps(cut.value))
    assert (type(again), str(again)) == (type(cut.value), str(cut.value))
    with pytest.raises(UnidentifiedImageError, match="compact file is damaged") as wrong:
        Image.open(io.BytesIO(data[:-1] + bytes([data[-1] ^ 1])))
    assert isinstance(wrong.value, ChecksumError)
    with pytest.raises(UnidentifiedImageError, match="version") as later:
        Image.open(io.BytesIO(SIGNATURE + bytes([99]) + data))
    assert isinstance(later.value, VersionError)
    image = Image.open(io.BytesIO(data))
    monkeypatch.setattr(api, "decode_contents", Mock(side_effect=ChecksumError("tile 0: other pixels")))
    with pytest.raises(OSError, match="tile 0: other pixels"):
        image.load()
    for save_all in (False, True):
        with pytest.raises(OSError, match="mode HSV is not supported"):
            Image.new("HSV", (4, 4)).save(tmp_path / "x.l3c", save_all=save_all)
        assert not (tmp_path / "x.l3c").exists()
    with pytest.raises(OSError, match="Pillow cannot hold RGB of 16 bits"):
        Image.open(io.BytesIO(l3c.encode(RGB.astype(np.uint16))))


def test_registering_again_does_no_harm() -> None:
    l3c.register_pillow()
    assert Image.registered_extensions()[".l3c"] == "L3C"


def test_copies_and_conversions_work_before_loading() -> None:
    data = l3c.encode(RGB)
    np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(data)).copy()), RGB)
    assert Image.open(io.BytesIO(data)).convert("L").size == (13, 11)
    assert Image.open(io.BytesIO(data)).resize((5, 5)).size == (5, 5)


def test_what_png_keeps_comes_through() -> None:
    info = PngImagePlugin.PngInfo()
    info.add_text("Title", "a title")
    info.add_itxt("Titel", "ein schöner ¶ 好", "de", "Titel")
    data = saved(RGB, "PNG", pnginfo=info, dpi=(299.9994, 299.9994), transparency=(1, 2, 3))
    image = Image.open(io.BytesIO(data))
    image.load()
    again = Image.open(io.BytesIO(saved(image, "L3C")))
    assert again.info["Title"] == "a title"
    assert (again.info["Titel"], again.info["Titel"].lang) == ("ein schöner ¶ 好", "de")
    assert again.info["transparency"] == (1, 2, 3)
    assert again.info["dpi"] == pytest.approx(image.info["dpi"], abs=1e-9)
    np.testing.assert_array_equal(np.asarray(again.convert("RGBA")), np.asarray(image.convert("RGBA")))


def test_a_palette_with_opacities_comes_back() -> None:
    image = Image.fromarray(np.dstack([RGB, GRAY])).quantize(9)
    assert image.palette is not None
    assert image.palette.mode == "RGBA"
    again = Image.open(io.BytesIO(saved(image, "L3C")))
    np.testing.assert_array_equal(np.asarray(again.convert("RGBA")), np.asarray(image.convert("RGBA")))


@pytest.mark.parametrize("loaded", [False, True])
def test_pickled_images_have_their_pixels(loaded: bool) -> None:
    image = Image.open(io.BytesIO(l3c.encode(RGB, metadata={"icc": ICC})))
    if loaded:
        image.load()
    again = pickle.loads(pickle.dumps(image))
    np.testing.assert_array_equal(np.asarray(again), RGB)
    assert again.info["icc_profile"] == ICC


@pytest.mark.parametrize("form", ["GIF", "PNG", "WEBP"])
def test_frames_are_shown_as_pillow_shows_them(form: str) -> None:
    frames = [Image.fromarray(np.roll(RGB, 3 * i, axis=1)) for i in range(3)]
    options = {"lossless": True} if form == "WEBP" else {"disposal": 1}
    data = saved(frames[0], form, save_all=True, append_images=frames[1:], duration=[40, 80, 120], loop=0, **options)
    picture = read_bytes(data, "x")
    image, expected = Image.open(io.BytesIO(api.encode_picture(picture))), Image.open(io.BytesIO(data))
    assert getattr(image, "n_frames", 0) == 3
    for number in (0, 2, 1):
        image.seek(number)
        expected.seek(number)
        np.testing.assert_array_equal(np.asarray(image), np.asarray(expected.convert("RGBA")))
        assert (image.tell(), image.info["duration"]) == (number, [40, 80, 120][number])
    with pytest.raises(EOFError):
        image.seek(3)


def test_pages_are_saved_and_reached() -> None:
    pages = [Image.fromarray(RGB), Image.fromarray(GRAY).resize((5, 4))]
    data = saved(pages[0], "L3C", save_all=True, append_images=pages[1:])
    again = Image.open(io.BytesIO(data))
    assert [np.asarray(frame).shape for frame in ImageSequence.Iterator(again)] == [(11, 13, 3), (4, 5)]
    moving = Image.open(
        io.BytesIO(saved(pages[0], "L3C", save_all=True, append_images=[pages[0]], duration=70, loop=0))
    )
    assert (getattr(moving, "n_frames", 0), moving.info["duration"], moving.info["loop"]) == (2, 70, 0)


@pytest.mark.parametrize(
    ("samples", "options", "mode"),
    [
        (GRAY.astype(np.float32), {}, "F"),
        (GRAY.astype(np.int32), {}, "I"),
        (RGB, {"layout": "YCbCr"}, "YCbCr"),
        (np.dstack([RGB, GRAY]), {"layout": "RGB", "extra": ("associated alpha",)}, "RGBa"),
    ],
)
def test_other_kinds_of_samples_are_opened(samples: NDArray[Any], options: dict[str, Any], mode: str) -> None:
    image = Image.open(io.BytesIO(l3c.encode(samples, **options)))
    assert image.mode == mode
    np.testing.assert_array_equal(np.asarray(image), samples)


@pytest.mark.parametrize("kind", ["bool RGB", "float32", "12 bits", "CMYK", "extra"])
def test_everything_has_a_preview(kind: str) -> None:
    picture = {
        "bool RGB": Picture(RGB > 99),
        "float32": Picture(np.where(GRAY > 200, np.nan, GRAY).astype(np.float32)),
        "12 bits": Picture(GRAY.astype(np.uint16) * 16, maximum=4095),
        "CMYK": Picture(np.dstack([RGB, GRAY]), layout="CMYK"),
        "extra": Picture(np.dstack([RGB, GRAY]), layout="RGB", extra=("unspecified",)),
    }[kind]
    data = api.encode_picture(picture, preview=True)
    assert l3c.open(data).preview().shape == (11, 13, 3)
    assert l3c.open(api.encode_picture(picture)).preview(5).shape == (4, 5, 3)


def test_frames_keep_their_extra_channels() -> None:
    frames = [Image.fromarray(RGB).convert("RGBX")] * 2
    moving = l3c.open(saved(frames[0], "L3C", save_all=True, append_images=frames[1:], duration=70))
    assert [page.extra for page in moving.pages] == [("unspecified",)] * 2


def test_saving_all_frames_leaves_the_image_at_its_own() -> None:
    frames = [Image.new("L", (5, 4), value) for value in (10, 60, 90)]
    source = Image.open(io.BytesIO(saved(frames[0], "TIFF", save_all=True, append_images=frames[1:])))
    source.seek(1)
    saved(source, "L3C", save_all=True)
    assert (source.tell(), source.getpixel((0, 0))) == (1, 60)
