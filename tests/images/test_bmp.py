"""BMP: every header and bit field, read by our own arithmetic and compared with Pillow's."""

import io
import struct

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from l3c.errors import InputError
from l3c.images.picture import Picture
from l3c.images.read import read_bytes
from l3c.images.receipt import lost_in, second_opinion
from l3c.images.write import can_hold, write_picture
from tests.images.pictures import GRAY, ICC, RGB, saved

HEIGHT, WIDTH = RGB.shape[:2]


def bmp(
    rows: NDArray[np.uint8], bits: int, size: int = 40, compression: int = 0, extra: bytes = b"", colours: bytes = b""
) -> bytes:
    """rows: from the bottom up. extra: what follows the first 40 bytes of the header."""
    body = np.zeros((HEIGHT, -(-WIDTH * bits // 32) * 4), np.uint8)
    body[:, : rows.shape[1]] = rows
    head = struct.pack("<IiiHHIIiiII", size, WIDTH, HEIGHT, 1, bits, compression, 0, 0, 0, len(colours) // 4, 0) + extra
    offset = 14 + len(head) + len(colours)
    return b"BM" + struct.pack("<IHHI", offset + body.size, 0, 0, offset) + head + colours + body.tobytes()


WORDS = (RGB[::-1].astype(np.uint16) >> 3) @ np.array([1 << 11, 1 << 6, 1], np.uint16)
FOUR = np.dstack([RGB, GRAY])[::-1]
MASKS = struct.pack("<4I", 0xFF, 0xFF00, 0xFF0000, 0xFF000000)
FILES = {
    "5-6-5": bmp(WORDS.astype("<u2").view(np.uint8), 16, 40, 3, struct.pack("<3I", 0xF800, 0x7E0, 0x1F)),
    "5-5-5": bmp((WORDS & 0x7FFF).astype("<u2").view(np.uint8), 16),
    "alpha in V5": bmp(FOUR.reshape(HEIGHT, -1), 32, 124, 3, MASKS + bytes(68)),
    "alpha in V3": bmp(FOUR.reshape(HEIGHT, -1), 32, 56, 3, MASKS),
    "a fourth byte": bmp(FOUR.reshape(HEIGHT, -1), 32),
    "an empty fourth byte": bmp(np.dstack([RGB, 0 * GRAY])[::-1].reshape(HEIGHT, -1), 32),
    "4 bits": bmp(np.full((HEIGHT, 7), 0x1F, np.uint8), 4, colours=bytes(range(64))),
    "1 bit": bmp(np.full((HEIGHT, 2), 0x5A, np.uint8), 1, colours=bytes([1, 2, 3, 0, 4, 5, 6, 0])),
}  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_it_is_read_as_it_is_and_comes_back(name: str) -> None:
    data, file = FILES[name], io.BytesIO()
    picture = read_bytes(data, "x.bmp")
    assert write_picture(picture, file, "x.bmp") == []
    again = read_bytes(file.getvalue(), "x.bmp")
    np.testing.assert_array_equal(again.samples, picture.samples)
    assert (again.extra, again.metadata, again.palette) == (picture.extra, picture.metadata, picture.palette)
    assert file.getvalue()[28:30] == data[28:30]
    assert lost_in(data, picture, "x.bmp", "x.bmp") == []
    assert second_opinion(data, picture) in (True, None)
    assert can_hold(".bmp", picture)
    with Image.open(io.BytesIO(data)) as image, Image.open(io.BytesIO(file.getvalue())) as other:
        np.testing.assert_array_equal(np.asarray(image.convert("RGBA")), np.asarray(other.convert("RGBA")))


def test_a_fourth_byte_is_kept_where_it_is_not_empty() -> None:
    picture = read_bytes(FILES["a fourth byte"], "x")
    assert picture.extra == ("unspecified",)
    np.testing.assert_array_equal(picture.samples[..., 3], GRAY)
    assert read_bytes(FILES["an empty fourth byte"], "x").samples.shape == RGB.shape
    assert read_bytes(FILES["alpha in V5"], "x").extra == ()


def test_a_profile_and_a_resolution_come_back() -> None:
    file = io.BytesIO()
    resolution = struct.pack("<B4I", 3, 2835, 1, 1000, 1)
    assert write_picture(Picture(RGB, {"icc": ICC, "resolution": resolution}), file, "x.bmp") == []
    assert {"icc": ICC, "resolution": resolution}.items() <= read_bytes(file.getvalue(), "x").metadata.items()


def test_runs_are_read() -> None:
    runs = b"\x03\x07" + b"\0\x04\1\2\3\4" + b"\x06\x05" + b"\0\0"
    colours = bytes(v for i in range(256) for v in (255 - i, i, i, 0))
    head = struct.pack("<IiiHHIIiiII", 40, 13, 2, 1, 8, 1, 2 * len(runs) + 2, 0, 0, 256, 0)
    data = b"BM" + struct.pack("<IHHI", 0, 0, 0, 54 + 1024) + head + colours + 2 * runs + b"\0\1"
    assert read_bytes(data, "x").samples.tolist() == 2 * [[7, 7, 7, 1, 2, 3, 4, 5, 5, 5, 5, 5, 5]]


def test_indices_beyond_the_palette_are_black() -> None:
    picture = read_bytes(bmp(GRAY[::-1], 8, colours=bytes(range(8))), "x")
    assert picture.palette is not None
    assert picture.palette.colours[6:] == bytes(3 * (int(GRAY.max()) - 1))


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (saved(RGB, "BMP")[:-50], "ends before its last pixel"),
        (saved(RGB, "BMP")[:20], "ends in its header"),
        (
            bmp(FOUR.reshape(HEIGHT, -1), 32, 40, 3, struct.pack("<3I", 0x3FF00000, 0xFFC00, 0x3FF)),
            "bit field 0x3ff00000 is not supported",
        ),
        (bmp(RGB.reshape(HEIGHT, -1), 24, 40, 5), "compression 5 is not supported"),
    ],
)
def test_the_rest_is_refused(data: bytes, reason: str) -> None:
    with pytest.raises(InputError, match=f"^x.bmp: .*{reason}"):
        read_bytes(data, "x.bmp")


def test_alpha_is_written_for_files_that_had_it_alone() -> None:
    with pytest.raises(InputError, match="BMP cannot hold 4 channels of 8 bits; choose png"):
        write_picture(Picture(np.dstack([RGB, GRAY])), io.BytesIO(), "x.bmp")
