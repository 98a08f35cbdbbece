"""Pixels with a history: the file gives the very pixels back, by planes and corrections, and refuses nonsense."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import l3c
from l3c.container.constants import RGB
from l3c.container.history import PhotoCd, Upscaled, ValueTable, Video, write_history
from l3c.container.read import read_file
from l3c.container.structure import History, ImageHeader
from l3c.container.write import section, write_file
from l3c.errors import FormatError, LimitError, VersionError
from l3c.history.corrections import pack, unpack
from l3c.history.photo_cd import convert as photo_cd
from l3c.history.registry import redo, undo
from l3c.history.video import convert as video
from l3c.history.video.invert import converters
from tests.checks import noise, plain, smooth_picture
from tests.history.sources import photo_cd_planes, video_planes


def picture(height: int = 100, width: int = 140, black: bool = False) -> NDArray[np.uint8]:
    return photo_cd.redo(*photo_cd_planes(height, width), black)


@pytest.mark.parametrize("quarters", [0, 1])
@pytest.mark.parametrize("black", [False, True])
@pytest.mark.parametrize("size", [(100, 140), (101, 99)])
def test_files_give_the_pixels_back_and_are_smaller(quarters: int, black: bool, size: tuple[int, int]) -> None:
    pixels = np.rot90(picture(*size, black), quarters)
    data = l3c.encode(pixels, model="wave-fast")
    np.testing.assert_array_equal(l3c.decode(data), pixels)
    assert l3c.info(data).history == "Photo CD, chroma subsampled"
    assert len(data) < 0.8 * len(l3c.encode(pixels, model="wave-fast", history=False))


def test_pixels_that_differ_are_corrected() -> None:
    pixels = picture()
    pixels[::17, ::13] ^= 5
    data = l3c.encode(pixels, model="wave-fast")
    history = read_file(data).header.history
    assert isinstance(history, PhotoCd)
    assert history.count > 30
    np.testing.assert_array_equal(l3c.decode(data), pixels)


def test_drawings_are_not_taken_for_scans_of_film() -> None:
    """Their few colours may be explained by chance, and looking takes seconds."""
    numbers, header = picture().astype(np.int64), ImageHeader(RGB, 100, 140)
    assert undo(numbers, header) is not None
    assert undo(numbers, header, drawing=True) is None


def test_history_can_be_left_alone() -> None:
    assert l3c.info(l3c.encode(picture(), history=False)).history is None


@pytest.mark.parametrize(
    "pixels",
    [smooth_picture(90, 90, 3), np.random.default_rng(0).integers(0, 1 << 16, (200, 300, 3)).astype(np.uint16)],
)
def test_images_without_a_past_are_as_they_were(pixels: NDArray[np.generic]) -> None:
    assert l3c.encode(pixels, model="wave-fast") == l3c.encode(pixels, model="wave-fast", history=False)


def test_damage_is_refused_and_salvaged() -> None:
    data = l3c.encode(picture(), model="wave-fast")
    saved = l3c.salvage(data)
    assert not saved.lost
    np.testing.assert_array_equal(saved.samples, picture())
    damaged = bytearray(data)
    damaged[data.index(b"HIST") + 6] ^= 1
    with pytest.raises(FormatError):
        l3c.decode(damaged)
    assert l3c.salvage(damaged).lost


def test_memory_is_bounded() -> None:
    with pytest.raises(LimitError):
        l3c.decode(l3c.encode(picture(), model="wave-fast"), max_memory=100_000)


WIDE = (0, 20, 1, 0, 0, 1 << 22, 1 << 22, 0, 0, 1 << 22)

BAD: dict[str, tuple[History, type[FormatError], str]] = {
    "no repeats": (Upscaled(1, 1), FormatError, "not repeated"),
    "more repeats than rows": (Upscaled(101, 1), FormatError, "repeats down"),
    "sums beyond 32 bits": (Video(subsampled_rows=True, numbers=WIDE), FormatError, "32 bits"),
    "an unknown conversion": (Video(subsampled_rows=True, numbers=(3, *WIDE[1:])), VersionError, "conversion 3"),
    "gray that is not": (ValueTable(True, ((1, 2), (1, 2))), FormatError, "too many"),
    "values beyond the depth": (ValueTable(True, ((256,),)), FormatError, "beyond the depth"),
    "no values": (ValueTable(True, ((),)), FormatError, "empty"),
    "too many corrections": (PhotoCd(count=876, joint_chroma=True), FormatError, "number of corrections"),
    "no zlib stream": (PhotoCd(count=3, packed=b"123", joint_chroma=True), FormatError, "damaged"),
    "corrections beyond the image": (
        PhotoCd(count=2, packed=pack(np.array([3, 14000]), np.ones((2, 3), np.uint8)), joint_chroma=True),
        FormatError,
        "beyond the image",
    ),
    "too few corrections": (
        PhotoCd(count=3, packed=pack(np.array([3, 5]), np.ones((2, 3), np.uint8)), joint_chroma=True),
        FormatError,
        "corrections",
    ),
}


@pytest.mark.parametrize("history", BAD)
def test_bad_sections_are_refused(history: str) -> None:
    wrong, error, reason = BAD[history]
    contents = read_file(l3c.encode(picture(), model="wave-fast"))
    with pytest.raises(error, match=reason):
        l3c.decode(write_file(replace(contents, header=replace(contents.header, history=wrong))))


def frame(subsampled: bool = True) -> NDArray[np.uint8]:
    return video.redo(*video_planes(101, 141, subsampled), next(converters()), subsampled)


@pytest.mark.parametrize("subsampled", [False, True])
def test_video_frames_are_coded_as_planes(subsampled: bool) -> None:
    pixels = frame(subsampled)
    pixels[::23, ::19] ^= 3
    data = l3c.encode(pixels, model="wave-fast")
    np.testing.assert_array_equal(l3c.decode(data), pixels)
    assert l3c.info(data).history == f"video frame, 4:2:{0 if subsampled else 2}"
    assert len(data) < 0.9 * len(l3c.encode(pixels, model="wave-fast", history=False))
    for box in ((0, 0, 101, 141), (3, 5, 4, 6), (22, 18, 60, 140), (47, 0, 101, 1)):
        rows, columns = slice(box[0], box[2]), slice(box[1], box[3])
        np.testing.assert_array_equal(l3c.open(data)[rows, columns], pixels[rows, columns])


@pytest.mark.parametrize("dtype", [bool, np.uint8, np.uint16])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_repeated_pixels_are_coded_once(dtype: type, channels: int) -> None:
    small: NDArray[Any] = plain(noise(271, 160, channels) // 128).astype(dtype)
    pixels = small.repeat(3, axis=0).repeat(2, axis=1)[:-1, :-1]
    data = l3c.encode(pixels, model="wave-fast")
    np.testing.assert_array_equal(l3c.decode(data), pixels)
    if channels == 1:
        assert l3c.info(data).history == "pixels repeated 2 x 3"
    for rows, columns in ((slice(0, 92), slice(0, 79)), (slice(4, 5), slice(7, 8)), (slice(50, 92), slice(33, 79))):
        np.testing.assert_array_equal(l3c.open(data)[rows, columns], pixels[rows, columns])


def test_an_unknown_kind_is_refused() -> None:
    data = l3c.encode(picture(), model="wave-fast")
    sections = data.index(b"HIST")
    length = len(write_history(PhotoCd()))
    changed = write_file(replace(read_file(data), header=replace(read_file(data).header, history=PhotoCd())))
    place = changed.index(b"HIST")
    content = bytes([8]) + changed[place + 6 : place + 5 + length]
    forged = changed[:place] + section(b"HIST", content) + changed[place + 9 + length :]
    assert sections == place
    with pytest.raises(VersionError, match="history 8"):
        l3c.decode(forged)


def test_corrections_are_packed_and_unpacked() -> None:
    places = np.array([0, 1, 500, 13999])
    differences = np.arange(12, dtype=np.uint8).reshape(4, 3)
    history = PhotoCd(count=4, packed=pack(places, differences))
    found = unpack(history, 14000)
    np.testing.assert_array_equal(found[0], places)
    np.testing.assert_array_equal(found[1], differences)


def test_undoing_and_doing_again_are_inverse() -> None:
    pixels = picture()
    found = undo(pixels, ImageHeader(RGB, *pixels.shape[:2]))
    assert found is not None
    np.testing.assert_array_equal(redo(found[1], found[0]), pixels)


STRETCHED = np.clip(smooth_picture(90, 100, 3).astype(int) * 3 // 5 * 2 - 60, 0, 255).astype(np.uint8)
GRAY = np.repeat(smooth_picture(120, 130, 1), 3, axis=2)
DEEP = (smooth_picture(90, 101, 3).astype(np.uint16) * 5 + noise(90, 101, 3) % 5) * 51
TABLED = {
    "stretched contrast": (STRETCHED, "values"),
    "gray in RGB": (GRAY, "gray in RGB, "),
    "8 bits in 16": (smooth_picture(90, 100, 3).astype(np.uint16) * 257, "values"),
    "8 bits in gray of 16": (smooth_picture(90, 100, 1)[..., 0].astype(np.uint16) * 257, "values"),
    "gray in RGB of 16": (GRAY.astype(np.uint16) * 257, "gray in RGB, "),
    "10 bits in 16": (DEEP, "values"),
}


@pytest.mark.parametrize("name", TABLED)
def test_values_of_a_table_are_coded_by_their_ranks(name: str) -> None:
    samples, found = TABLED[name]
    data = l3c.encode(samples, model="wave")
    np.testing.assert_array_equal(l3c.decode(data), samples)
    assert found in str(l3c.info(data).history)
    assert len(data) < len(l3c.encode(samples, model="wave", history=False))


@pytest.mark.parametrize(("height", "width"), [(8, 8), (30, 41), (90, 100), (250, 262)])
def test_small_gray_in_rgb_is_never_larger_than_without_a_history(height: int, width: int) -> None:
    samples = np.repeat(smooth_picture(height, width, 1), 3, axis=2)
    assert len(l3c.encode(samples, model="wave-fast")) <= len(l3c.encode(samples, model="wave-fast", history=False))
    if height < 100:
        assert len(l3c.encode(samples)) <= len(l3c.encode(samples, history=False))
