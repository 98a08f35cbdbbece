"""What JPEG files say of themselves."""

import io

import pytest
from PIL import Image

from l3c.jpeg.frame import Frame, read_frame
from tests.images.pictures import GRAY, ICC, RGB, saved


def test_the_frame_is_found_behind_other_segments() -> None:
    assert read_frame(saved(RGB, "JPEG", icc_profile=ICC, comment=b"\xff\xc0")) == Frame(11, 13, 3, 8, 0xC0)
    assert read_frame(saved(RGB, "JPEG", progressive=True)) == Frame(11, 13, 3, 8, 0xC2)
    assert read_frame(saved(GRAY, "JPEG")) == Frame(11, 13, 1, 8, 0xC0)


def test_filling_bytes_are_skipped() -> None:
    data = saved(RGB, "JPEG")
    assert read_frame(data[:2] + b"\xff\xff" + data[2:]) == read_frame(data)


@pytest.mark.parametrize(
    "data", [b"", b"\xff\xd8", b"\xff\xd8\xff", b"\xff\xd8\xff\xd9", b"\xff\xd8\xff\xda\0\2", b"\x89PNG"]
)
def test_without_a_frame_there_is_none(data: bytes) -> None:
    assert read_frame(data) is None


def test_a_cut_file_has_a_frame_or_none() -> None:
    data = saved(RGB, "JPEG")
    assert {read_frame(data[:length]) for length in range(len(data))} == {None, read_frame(data)}


def test_a_frame_without_height_is_none() -> None:
    data = bytearray(saved(RGB, "JPEG"))
    at = data.index(b"\xff\xc0") + 5
    data[at : at + 2] = b"\0\0"
    assert read_frame(bytes(data)) is None


def test_pillow_agrees_on_sizes() -> None:
    for size in ((1, 1), (300, 2), (17, 4000)):
        file = io.BytesIO()
        Image.new("L", size).save(file, "JPEG")
        frame = read_frame(file.getvalue())
        assert frame is not None
        assert (frame.width, frame.height) == size


def test_bytes_between_segments_are_passed_over() -> None:
    data = saved(RGB, "JPEG")
    assert read_frame(data[:20] + b"between" + data[20:]) == read_frame(data)


@pytest.mark.parametrize("depth", [0, 1, 17, 64, 136, 255])
def test_a_frame_of_a_depth_that_no_picture_has_is_none(depth: int) -> None:
    data = bytearray(saved(RGB, "JPEG"))
    data[data.index(b"\xff\xc0") + 4] = depth
    assert read_frame(bytes(data)) is None


def test_a_file_of_too_many_segments_has_none() -> None:
    data = saved(RGB, "JPEG")
    assert read_frame(data[:2] + b"\xff\xfe\0\2" * 20000 + data[2:]) is None
