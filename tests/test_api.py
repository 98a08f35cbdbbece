"""What users import: arrays in any layout, clear errors, examples that run."""

import doctest
import json
from array import array
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from PIL import Image

import l3c
from l3c import api
from l3c.container.read import read_file
from l3c.convert import paths
from l3c.errors import FormatError, InputError, ModelError
from l3c.images.by_pillow import IMAGES
from tests.checks import CHANNELS, in_sections, noise, plain, smooth_picture

PICTURE = smooth_picture(23, 31, 3)
METADATA = {"icc": b"profile", "exif": b"Exif\0\0MM", "xmp": "<x:xmpmeta ä/>".encode()}
LAYOUTS = {
    "reversed rows": PICTURE[::-1],
    "reversed channels": PICTURE[..., ::-1],
    "every second column": PICTURE[:, ::2],
    "Fortran order": np.asfortranarray(PICTURE),
    "transposed": PICTURE.transpose(1, 0, 2),
    "a crop": PICTURE[3:17, 5:19],
    "a channel": PICTURE[..., 1],
    "channels first in memory": np.ascontiguousarray(PICTURE.transpose(2, 0, 1)).transpose(1, 2, 0),
    "read-only": np.frombuffer(PICTURE.tobytes(), np.uint8).reshape(PICTURE.shape),
}
REFUSED = {
    "complex": (np.zeros((4, 4, 3), complex), "complex128 4x4x3"),
    "long double": (np.zeros((4, 4), np.longdouble), "longdouble|float128"),
    "text": (np.full((4, 4), "a"), "<U1 4x4"),
    "five channels": (np.zeros((4, 4, 5), np.uint8), "uint8 4x4x5"),
    "a row": (np.zeros(4, np.uint8), "uint8 4"),
    "a batch": (np.zeros((1, 4, 4, 3), np.uint8), "uint8 1x4x4x3"),
    "no rows": (np.zeros((0, 4, 3), np.uint8), "uint8 0x4x3"),
    "no columns": (np.zeros((4, 0), np.uint8), "uint8 4x0"),
    "a number": (np.uint8(7), "uint8"),
    "nothing": (None, "object"),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_any_memory_layout_is_encoded_as_it_looks(layout: str) -> None:
    picture = LAYOUTS[layout]
    data = l3c.encode(picture)
    np.testing.assert_array_equal(l3c.decode(data), picture)
    assert data == l3c.encode(np.ascontiguousarray(picture))


def test_gray_may_have_a_third_axis() -> None:
    gray = PICTURE[..., :1]
    assert l3c.encode(gray) == l3c.encode(gray[..., 0])
    assert l3c.decode(l3c.encode(gray)).shape == gray.shape[:2]


@pytest.mark.parametrize("name", REFUSED)
def test_other_arrays_are_refused_with_what_they_are(name: str) -> None:
    refused, message = REFUSED[name]
    with pytest.raises(InputError, match=f"array of {message}"):
        l3c.encode(refused)  # type: ignore[arg-type]


MODES = {
    "1-bit": PICTURE[..., 0] > 128,
    "gray and alpha": PICTURE[..., :2],
    "RGBA": np.dstack([PICTURE, PICTURE[..., :1]]),
    "16-bit gray": PICTURE[..., 0].astype(np.uint16) * 251,
    "16-bit gray and alpha": PICTURE[..., :2].astype(np.uint16) * 251,
    "16-bit RGB": PICTURE.astype(np.uint16) * 251 + 3,
    "16-bit RGBA": np.dstack([PICTURE, PICTURE[..., :1]]).astype(np.uint16) * 251,
}


@pytest.mark.parametrize("size", [(1, 1), (1, 7), (7, 1), (23, 31)])
@pytest.mark.parametrize("mode", MODES)
def test_every_mode_comes_back(mode: str, size: tuple[int, int]) -> None:
    array = MODES[mode][: size[0], : size[1]]
    data = l3c.encode(array)
    decoded = l3c.decode(data)
    assert decoded.dtype == array.dtype
    np.testing.assert_array_equal(decoded, array)
    assert l3c.verify(data).depth == {"bool": 1, "uint8": 8, "uint16": 16}[array.dtype.name]


def test_inks_come_back() -> None:
    inks = np.dstack([PICTURE, PICTURE[..., :1]])
    data = l3c.encode(inks, layout="CMYK")
    assert l3c.info(data).layout == "CMYK"
    np.testing.assert_array_equal(l3c.decode(data), inks)


def test_indices_come_back_with_their_palette() -> None:
    indices, palette = PICTURE[..., 0] % 5, l3c.Palette(bytes(range(15)), b"\0\x80")
    data = l3c.encode(indices, palette=palette)
    np.testing.assert_array_equal(l3c.decode(data), indices)
    assert (l3c.info(data).layout, l3c.open(data).palette) == ("palette", palette)


@pytest.mark.parametrize(
    ("array", "arguments", "message"),
    [
        (PICTURE, {"layout": "CMYK"}, "layout 'CMYK' has 4 channels, the array 3"),
        (PICTURE, {"layout": "Luv"}, "layout 'Luv': there are gray, RGB"),
        (PICTURE[..., 0], {"layout": "palette"}, "indices need one"),
        (PICTURE[..., 0], {"palette": l3c.Palette(b"\0\0\0")}, "of a palette of 1 colours"),
        (PICTURE[..., 0], {"palette": l3c.Palette(b"\0\0")}, "colours of 3 bytes"),
    ],
)
def test_layouts_that_do_not_fit_are_refused(array: np.ndarray, arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        l3c.encode(array, **arguments)


def test_an_opened_file_knows_what_it_is() -> None:
    picture = l3c.open(l3c.encode(PICTURE, metadata=METADATA))
    assert (picture.layout, len(picture.pages), picture.metadata, picture.palette) == ("RGB", 1, METADATA, None)
    np.testing.assert_array_equal(picture.samples, PICTURE)


def test_the_array_is_left_alone() -> None:
    before = PICTURE.copy()
    l3c.encode(PICTURE)
    np.testing.assert_array_equal(PICTURE, before)


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_files_are_read_from_any_bytes(kind: type) -> None:
    data = kind(l3c.encode(PICTURE))
    np.testing.assert_array_equal(l3c.decode(data), PICTURE)
    assert l3c.info(data) == l3c.verify(data)


def test_a_decoded_array_may_be_written_to() -> None:
    decoded = l3c.decode(l3c.encode(PICTURE))
    decoded[0, 0, 0] += 1


@pytest.mark.parametrize("channels", CHANNELS.values(), ids=CHANNELS)
def test_info_says_what_the_file_holds(channels: int) -> None:
    picture = smooth_picture(40, 60, channels)
    data = l3c.encode(picture, metadata=METADATA)
    info = l3c.info(data)
    assert (info.layout, info.height, info.width, info.depth) == ("RGB" if channels == 3 else "gray", 40, 60, 8)
    assert info.models[0][0] == "wave"
    assert len(info.models[0][1]) == 32
    assert (info.tiles, info.stored_tiles) == (1, 0)
    assert info.metadata == {kind: len(value) for kind, value in METADATA.items()}
    assert info.size == len(data)
    assert info.bits_per_subpixel == 8 * len(data) / picture.size
    assert json.loads(json.dumps(info.to_dict()))["width"] == 60


def test_metadata_does_not_touch_the_pixels() -> None:
    data = l3c.encode(PICTURE, metadata=METADATA)
    np.testing.assert_array_equal(l3c.decode(data), PICTURE)
    sections = sum(len(value) + 9 for value in METADATA.values())
    assert len(in_sections(data)) == len(in_sections(l3c.encode(PICTURE))) + sections


@pytest.mark.parametrize(
    ("metadata", "message"),
    [
        ({"EXIF": b""}, "metadata 'EXIF': only bit depth, bmp header, byte order, comment, exif, "),
        ({"xmp": "text"}, "metadata 'xmp': str, needs bytes"),
        ({"icc": 5}, "metadata 'icc': int, needs bytes"),
    ],
)
def test_other_metadata_is_refused(metadata: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        l3c.encode(PICTURE, metadata=metadata)


def test_wrong_options_are_refused() -> None:
    with pytest.raises(ModelError, match="no model 'tsunami'"):
        l3c.encode(PICTURE, model="tsunami")
    for call in (l3c.encode, lambda picture, threads: l3c.decode(l3c.encode(picture), threads=threads)):
        with pytest.raises(InputError, match="threads: 0, at least 1"):
            call(PICTURE, threads=0)


def test_options_have_names() -> None:
    with pytest.raises(TypeError):
        l3c.encode(PICTURE, "wave")  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        l3c.encode(array=PICTURE)  # type: ignore[call-arg]


@pytest.mark.parametrize("call", [l3c.decode, l3c.info, l3c.verify])
def test_what_is_no_file_is_refused(call: Any) -> None:
    for data in (b"", b"\x89PNG\r\n\x1a\n", bytes(1000)):
        with pytest.raises(FormatError, match="byte 0"):
            call(data)


def test_info_does_not_decode_but_verify_does() -> None:
    data = l3c.encode(smooth_picture(60, 70, 3))
    forged = forge_tile_check_sum(data)
    assert l3c.info(forged) == l3c.info(data)
    with pytest.raises(l3c.ChecksumError, match="the decoded pixels differ"):
        l3c.verify(forged)


def forge_tile_check_sum(data: bytes) -> bytes:
    from dataclasses import replace

    from l3c.container.read import read_file
    from l3c.container.write import write_file

    contents = read_file(data)
    return write_file(replace(contents, tiles=[replace(entry, crc=(entry.crc or 0) ^ 1) for entry in contents.tiles]))


def test_buffers_of_larger_items_are_read_as_bytes() -> None:
    files = (l3c.encode(PICTURE, metadata={"xmp": bytes(count)}) for count in range(4))
    data = next(file for file in files if len(file) % 4 == 0)
    words = memoryview(array("I", data))
    np.testing.assert_array_equal(l3c.decode(words), PICTURE)
    assert l3c.info(words) == l3c.verify(words) == l3c.info(data)


@pytest.mark.parametrize("module", [l3c, api, paths], ids=["l3c", "l3c.api", "l3c.convert.paths"])
def test_the_examples_run(module: ModuleType) -> None:
    found = doctest.testmod(module)
    assert found.attempted
    assert not found.failed


def test_plain_gives_what_decode_gives() -> None:
    assert plain(noise(2, 3, 1)).shape == (2, 3)


def mistaken(value: Any) -> Any:
    """A value of a type that does not belong there, without the type checker's word."""
    return value


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda: read_file(mistaken("photo.l3c")), "'photo.l3c': needs the bytes of an l3c file"),
        (lambda: l3c.encode(mistaken("photo.png")), "'photo.png': needs an array"),
        (lambda: l3c.encode(np.zeros((2, 3, 5), np.uint8)), "array of uint8 2x3x5: 5 channels, where gray"),
        (lambda: l3c.encode_pages([mistaken(np.zeros((2, 3), np.uint8))]), "an l3c.Picture for each"),
    ],
)
def test_what_newcomers_try_is_named(call: Callable[[], object], told: str) -> None:
    with pytest.raises(InputError, match=told):
        call()


def test_an_opened_file_says_what_it_is() -> None:
    assert repr(l3c.open(l3c.encode(np.zeros((2, 3, 3), np.uint8)))) == "<l3c.Image RGB uint8 2x3x3>"


READERS: dict[str, Callable[[Any], Any]] = {
    "decode": lambda file: l3c.decode(file).tobytes(),
    "info": l3c.info,
    "verify": l3c.verify,
    "original": l3c.original,
    "salvage": lambda file: l3c.salvage(file).samples.tobytes(),
    "open": lambda file: l3c.open(file).samples.tobytes(),
}


@pytest.mark.parametrize("name", READERS)
def test_files_are_taken_by_path_too(name: str, tmp_path: Path) -> None:
    path = tmp_path / "x.l3c"
    data = l3c.keep_file(b"text", "txt") if name == "original" else l3c.encode(PICTURE)
    path.write_bytes(data)
    read = READERS[name]
    expected = read(data)
    assert expected == read(path) == read(str(path)) == read(bytearray(data)) == read(memoryview(data))
    assert expected == read(f"file://{path}")


@pytest.mark.parametrize("name", READERS)
def test_a_path_of_no_file_is_an_error_that_names_it(name: str, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"none\.l3c"):
        READERS[name](str(tmp_path / "none.l3c"))
    for text in ("L3C\0" + "x" * 200, "y" * 10_000):
        with pytest.raises(InputError, match=r"\.\.\.': is no path of a file; a file's content is given as bytes"):
            READERS[name](text)


def pillow(mode: str) -> Image.Image:
    """A picture in one of Pillow's modes."""
    colours = Image.fromarray(PICTURE)
    if mode == "I;16":
        return Image.fromarray(PICTURE[..., 0].astype(np.uint16) * 251)
    if mode in ("LAB", "RGBa", "RGBX", "PA"):
        image = Image.new(mode, colours.size)
        image.frombytes(noise(23, 31, len(image.getbands())).tobytes(), "raw", mode)
        return image
    return colours.quantize(7) if mode == "P" else colours.convert(mode)


@pytest.mark.parametrize("mode", IMAGES)
def test_pillow_images_keep_mode_and_pixels(mode: str) -> None:
    image = pillow(mode)
    opened = l3c.open(l3c.encode(image))
    np.testing.assert_array_equal(opened.samples, np.asarray(image))
    assert opened.extra == IMAGES[mode][1]
    by_bands = {1: "gray", 2: "gray+alpha", 3: "RGB", 4: "RGBA"}
    assert opened.layout == (IMAGES[mode][0] or by_bands[len(image.getbands())])


def test_pillow_images_keep_palette_and_metadata() -> None:
    image = pillow("P")
    image.info |= {"icc_profile": b"profile", "transparency": b"\0\x80", "dpi": (300, 300), "Title": "a title"}
    opened = l3c.open(l3c.encode(image))
    assert opened.palette is not None
    assert opened.palette.colours == bytes(image.getpalette() or [])
    assert opened.palette.alphas == b"\0\x80"
    assert set(opened.metadata) == {"icc", "resolution", "png chunks"}
    assert set(l3c.open(l3c.encode(image, metadata={"xmp": b"x"})).metadata) == {"xmp"}


@pytest.mark.parametrize("mode", ["HSV", "PA", "La"])
def test_pillow_images_of_other_modes_are_refused(mode: str) -> None:
    image = Image.new(mode, (3, 2))
    with pytest.raises(InputError, match=f"mode {mode} is not supported, only 1, L"):
        l3c.encode(image)
