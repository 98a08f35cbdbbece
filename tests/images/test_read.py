"""Pictures are read whole or refused with the reason; nothing is reduced in silence."""

import io
import struct
import warnings
import zlib
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from l3c.convert.files import differences
from l3c.errors import InputError
from l3c.images.content import Content
from l3c.images.read import describe, read_bytes, read_picture
from l3c.storage import large
from l3c.storage.large import LargeFile, opened
from tests.images.pictures import GRAY, RGB, RGB16, pam, png, saved, tiff

READ = {
    "PNG": saved(RGB, "PNG"),
    "gray PNG": saved(GRAY, "PNG"),
    "interlaced by hand": png(RGB.reshape(11, 39), 8, 0),
    "PPM": saved(RGB, "PPM"),
    "PGM": saved(GRAY, "PPM"),
    "plain PPM": b"P3\n2 1\n255\n1 2 3 4 5 6\n",
    "BMP": saved(RGB, "BMP"),
    "gray BMP": saved(GRAY, "BMP"),
    "TIFF": saved(RGB, "TIFF"),
    "deflated TIFF": saved(RGB, "TIFF", compression="tiff_deflate"),
    "LZW TIFF": saved(RGB, "TIFF", compression="tiff_lzw"),
    "gray TIFF": saved(GRAY, "TIFF"),
    "TIFF by hand": tiff(RGB),
    "WebP": saved(RGB, "WEBP", lossless=True),
    "TGA": saved(RGB, "TGA"),
    "JPEG 2000": saved(RGB, "JPEG2000", irreversible=False),
}
EXPECTED = {"interlaced by hand": RGB.reshape(11, 39), "plain PPM": np.arange(1, 7, dtype=np.uint8).reshape(1, 2, 3)}


def with_alpha() -> NDArray[np.uint8]:
    return np.dstack([RGB, GRAY])


def quantized() -> Image.Image:
    return Image.fromarray(RGB).quantize(8)


REFUSED = {
    "a PPM above its largest value": (b"P6\n13 11\n1023\n" + RGB16.astype(">u2").tobytes(), "largest value is 1023"),
    "half a PPM": (b"P6\n13 11\n65535\n" + bytes(100), "ends before its last pixel"),
    "PAM without a size": (b"P7\nENDHDR\n", "header is damaged"),
    "16-bit SGI": (saved(RGB, "SGI", bpc=2), "SGI pictures are not supported"),
    "icon": (saved(RGB, "ICO"), "ICO pictures are not supported"),
    "text": (b"not a picture", "not a picture in a format known here"),
    "nothing": (b"", "the file is empty"),
    "half a PNG": (saved(RGB, "PNG")[:-60], "cannot be read"),
    "half a TIFF": (saved(RGB, "TIFF")[:200], "cannot be read|not a picture"),
}
BITS = np.unpackbits(np.full((4, 2), 0xA5, np.uint8), axis=1).astype(bool)
DEEP = np.dstack([RGB16, RGB16[..., :1] ^ 0x5555])
MODES = {
    "1-bit PNG": (png(np.full((4, 2), 0xA5, np.uint8), 1, 0), BITS),
    "PBM": (b"P4\n8 1\n\xa5", ~BITS[:1, :8]),
    "RGBA PNG": (saved(with_alpha(), "PNG"), with_alpha()),
    "RGBA WebP": (saved(with_alpha(), "WEBP", lossless=True, exact=True), with_alpha()),
    "gray PNG with alpha": (saved(np.dstack([GRAY, GRAY]), "PNG"), np.dstack([GRAY, GRAY])),
    "16-bit gray PNG": (png(RGB16[..., 0], 16, 0), RGB16[..., 0]),
    "16-bit gray and alpha PNG": (png(RGB16[..., :2], 16, 4), RGB16[..., :2]),
    "16-bit RGB PNG": (png(RGB16, 16, 2), RGB16),
    "16-bit RGBA PNG": (png(DEEP, 16, 6), DEEP),
    "16-bit gray TIFF": (tiff(RGB16[..., 0]), RGB16[..., 0]),
    "16-bit RGB TIFF": (tiff(RGB16), RGB16),
    "16-bit PGM": (b"P5\n13 11\n65535\n" + RGB16[..., 0].astype(">u2").tobytes(), RGB16[..., 0]),
    "16-bit PPM": (b"P6 13 # a remark\n11\n65535\n" + RGB16.astype(">u2").tobytes(), RGB16),
    "PAM": (pam(with_alpha()), with_alpha()),
    "CMYK TIFF": (saved(Image.fromarray(DEEP.astype(np.uint8), "CMYK"), "TIFF"), DEEP.astype(np.uint8)),
}


@pytest.mark.parametrize("name", MODES)
def test_every_mode_is_read_as_it_is(name: str) -> None:
    data, expected = MODES[name]
    picture = read_picture(io.BytesIO(data), name)
    np.testing.assert_array_equal(picture.samples, expected)
    assert picture.samples.dtype == expected.dtype
    assert picture.is_cmyk == name.startswith("CMYK")


@pytest.mark.parametrize("form", ["PNG", "GIF", "BMP", "TIFF"])
def test_palettes_keep_their_order(form: str) -> None:
    picture = read_picture(io.BytesIO(saved(quantized(), form)), form)
    assert picture.palette is not None
    np.testing.assert_array_equal(picture.samples, np.asarray(quantized()))
    colours = np.frombuffer(picture.palette.colours, np.uint8).reshape(-1, 3)
    np.testing.assert_array_equal(colours[picture.samples], np.asarray(quantized().convert("RGB")))


@pytest.mark.parametrize("alphas", [b"\x07\xff\x80", b"\xff\xff\x00"])
def test_palettes_keep_their_opacities(alphas: bytes) -> None:
    picture = read_picture(io.BytesIO(saved(quantized(), "PNG", transparency=alphas)), "x")
    assert picture.palette is not None
    assert picture.palette.alphas == alphas


@pytest.mark.parametrize(("samples", "colour"), [(RGB, (1, 2, 3)), (GRAY, 7)])
def test_a_transparent_colour_is_kept(samples: NDArray[np.uint8], colour: tuple[int, ...] | int) -> None:
    data = saved(samples, "PNG", transparency=colour)
    picture = read_picture(io.BytesIO(data), "x")
    assert picture.metadata["transparent colour"] == np.atleast_1d(colour).astype(">u2").tobytes()


@pytest.mark.parametrize("name", READ)
def test_every_sample_is_read(name: str) -> None:
    picture = read_picture(io.BytesIO(READ[name]), name)
    expected = EXPECTED.get(name, GRAY if name.startswith(("gray", "PGM")) else RGB)
    np.testing.assert_array_equal(picture.samples, expected)
    assert picture.samples.dtype == np.uint8


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_kept_is_refused_by_name(name: str) -> None:
    data, reason = REFUSED[name]
    with pytest.raises(InputError, match=rf"^folder/x\.png: .*({reason})") as caught:
        read_picture(io.BytesIO(data), "folder/x.png")
    assert "\n" not in str(caught.value)


def test_a_deep_jpeg_2000_is_refused() -> None:
    data = bytearray(READ["JPEG 2000"])
    at = data.index(b"\xff\x4f\xff\x51") + 42
    assert data[at] == 7
    data[at] = 11
    with pytest.raises(InputError, match=r"samples of more than 8 bits|cannot be read"):
        read_picture(io.BytesIO(bytes(data)), "x.jp2")


@pytest.mark.parametrize(("flags", "deep"), [(0x40, True), (0x60, True), (0x00, False), (0x1F, False)])
def test_the_depth_of_avif_is_in_its_configuration(flags: int, deep: bool) -> None:
    from l3c.images.by_pillow import av1_depth

    data = b"....ftypavif....\0\0\0\x0cav1C\x81\0" + bytes([flags]) + b"\0"
    assert (av1_depth(data) > 8) is deep


def test_few_gray_levels_are_gray() -> None:
    """PNGs of 2 and 4 bits are read as the 8-bit gray that every viewer shows."""
    packed = np.array([[0x0F, 0x71]], np.uint8)
    assert read_picture(io.BytesIO(png(packed, 4, 0)), "x").samples.tolist() == [[0, 255, 119, 17]]


def test_a_jpeg_is_read_and_named() -> None:
    data = saved(RGB, "JPEG", quality=95)
    picture = read_picture(io.BytesIO(data), "x.jpg")
    assert picture.source_format == "JPEG"
    np.testing.assert_array_equal(picture.samples, np.asarray(Image.open(io.BytesIO(data))))


def test_large_pictures_are_read_without_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pillow's limit is for those who open anybody's pictures; here the file's own bytes bound what is taken."""
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 50)
    for name in ("PNG", "BMP", "PPM", "TIFF", "JPEG 2000"):
        with warnings.catch_warnings(record=True) as seen:
            np.testing.assert_array_equal(read_picture(io.BytesIO(READ[name]), "x").samples, RGB)
        assert not seen


@pytest.mark.parametrize("name", ["PNG", "TIFF by hand", "PPM", "BMP"])
def test_absurd_sizes_are_refused_before_memory_is_taken(name: str) -> None:
    data = bytearray(READ[name])
    if name == "PNG":
        data[16:24] = b"\x7f\xff\xff\xff" * 2
        data[29:33] = zlib.crc32(data[12:29]).to_bytes(4, "big")
    elif name == "PPM":
        data = bytearray(data.replace(b"13 11", b"2000000000 2000000000", 1))
    elif name == "BMP":
        data[18:26] = struct.pack("<ii", 2**31 - 1, 2**31 - 1)
    else:
        at = data.index(struct.pack("<HHII", 256, 4, 1, 13))
        data[at + 8 : at + 12] = data[at + 20 : at + 24] = struct.pack("<I", 2**31 - 1)
    with pytest.raises(InputError, match=r"x\.png: cannot be read: .*(before its last pixel|the last pixel)"):
        read_picture(io.BytesIO(bytes(data)), "x.png")


@pytest.mark.parametrize("name", ["PNG", "PPM", "BMP", "TIFF", "WebP", "TGA", "JPEG 2000"])
def test_damaged_pictures_are_refused_or_read(name: str) -> None:
    random = np.random.default_rng(0)
    for _ in range(150):
        data = bytearray(READ[name])
        for at in random.integers(0, len(data), 3):
            data[at] = random.integers(256)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with suppress(InputError):
                read_picture(io.BytesIO(bytes(data)), name)


def test_a_file_on_disk_is_left_open_for_its_owner(tmp_path: Path) -> None:
    path = tmp_path / "x.png"
    path.write_bytes(READ["PNG"])
    with path.open("rb") as file:
        read_picture(file, "x.png")
        assert not file.closed


def test_pixels_that_cannot_come_from_so_few_bytes_take_no_memory() -> None:
    jpeg = bytearray(saved(RGB, "JPEG"))
    at = jpeg.index(b"\xff\xc0")
    jpeg[at + 5 : at + 9] = b"\xff" * 4
    tga = bytearray(saved(RGB, "TGA", rle=True))
    tga[12:16] = b"\xff" * 4
    runs = struct.pack("<IiiHHIIiiII", 40, 2**31 - 1, 2**31 - 1, 1, 8, 1, 8, 0, 0, 256, 0) + bytes(1024) + b"\0\1" * 4
    bmp = b"BM" + struct.pack("<IHHI", 0, 0, 0, 54 + 1024) + runs
    for data in (bytes(jpeg), bytes(tga), bmp):
        with pytest.raises(InputError, match=r"^x: cannot be read: its \d+ x \d+ pixels cannot come from \d+ bytes"):
            read_picture(io.BytesIO(data), "x")


@pytest.mark.parametrize("name", READ)
def test_large_files_are_read_alike_in_pieces(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(large, "LARGE", 1)
    for module in ("png", "tiff"):
        monkeypatch.setattr(f"l3c.images.{module}.PIECE", 7)
    path = tmp_path / "name"
    path.write_bytes(READ[name])
    file = opened(path)
    assert isinstance(file, LargeFile)
    assert describe(file, "x") == describe(READ[name], "x")
    assert not differences(read_bytes(file, "x"), read_bytes(READ[name], "x"))
    path.write_bytes(READ[name][:-7])
    outcomes = [outcome(given) for given in (opened(path), READ[name][:-7])]
    assert outcomes[0] == outcomes[1]


def outcome(data: Content) -> tuple[str, bytes]:
    """The samples, or why there are none."""
    try:
        return "", read_bytes(data, "x").samples.tobytes()
    except InputError as error:
        return str(error), b""
