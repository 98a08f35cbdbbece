"""Decoded JPEGs as files: the very pixels come back, in far fewer bytes, or a clear error does."""

import io
from dataclasses import replace
from typing import Any
from unittest.mock import patch

import imagecodecs
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

import l3c
from l3c.container.constants import KEPT_COEFFICIENTS, KEPT_JPEG_XL, KEPT_STORED, RGB
from l3c.container.history import DecodedJpeg
from l3c.container.ranges import Parts
from l3c.container.read import read_file
from l3c.container.structure import Contents, ImageHeader, KeptFile
from l3c.container.write import write_file
from l3c.dct.families import model_for
from l3c.dct.keep import checked
from l3c.errors import ChecksumError, DependencyError, FormatError, L3CError, LimitError, VersionError
from l3c.history.decoded_jpeg.kind import undo
from l3c.jpeg import transcode
from tests.checks import smooth_picture
from tests.history.jpegs import PILLOW, decoded, decoded_fast

MODEL = "wave-fast"


def encoded(pixels: NDArray[Any], **options: Any) -> bytes:
    return l3c.encode(pixels.squeeze(), model=MODEL, **options)


@pytest.mark.parametrize("sampling", PILLOW)
@pytest.mark.parametrize("size", [(104, 136), (91, 117)])
def test_files_give_the_pixels_back_and_are_smaller(sampling: str, size: tuple[int, int]) -> None:
    pixels = decoded(sampling, *size)
    data = encoded(pixels)
    np.testing.assert_array_equal(l3c.decode(data), pixels.squeeze())
    assert l3c.info(data).history == f"decoded JPEG, {sampling}"
    assert len(data) < 0.6 * len(encoded(pixels, history=False))


@pytest.mark.parametrize("sampling", PILLOW)
def test_what_the_fast_transform_made_comes_back(sampling: str) -> None:
    pixels = decoded_fast(sampling)
    data = encoded(pixels)
    np.testing.assert_array_equal(l3c.decode(data), pixels.squeeze())
    assert l3c.info(data).history == f"decoded JPEG, {sampling}, fast transform"
    assert len(data) < 0.6 * len(encoded(pixels, history=False))


def test_gray_in_three_channels_is_told() -> None:
    pixels = np.repeat(decoded("gray"), 3, axis=2)
    data = encoded(pixels)
    np.testing.assert_array_equal(l3c.decode(data), pixels)
    assert l3c.info(data).history == "decoded JPEG, gray"


def test_what_was_drawn_over_it_is_added() -> None:
    pixels = decoded("4:2:0").copy()
    pixels[30:50, 60:90] = smooth_picture(20, 30, 3)
    data = encoded(pixels)
    np.testing.assert_array_equal(l3c.decode(data), pixels)
    assert "JPEG" in str(l3c.info(data).history)


def test_a_part_that_was_cut_out_comes_back() -> None:
    pixels = decoded("4:2:0", 130, 150)[11:, 5:]
    data = encoded(pixels)
    history = history_of(read_file(data))
    assert (history.top, history.left) == (11, 5)
    np.testing.assert_array_equal(l3c.decode(data), pixels)
    np.testing.assert_array_equal(l3c.open(data)[40:60, 30:], pixels[40:60, 30:])
    assert len(data) < 0.6 * len(encoded(pixels, history=False))


def test_history_can_be_left_alone() -> None:
    assert l3c.info(encoded(decoded("4:4:4"), history=False)).history is None


def test_a_file_that_is_no_smaller_is_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    pixels = decoded("4:4:4")
    monkeypatch.setattr("l3c.codec.candidates.encode_drawing", lambda *_: Parts([bytes(pixels.nbytes)]))
    assert l3c.info(encoded(pixels)).history is None


def test_a_ramp_takes_no_more_than_without_its_history() -> None:
    """Its coefficients give every pixel, and take more bytes than graphics."""
    line = np.linspace(40, 200, 300).astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(np.tile(line[:, None], (200, 1, 3))).save(file, "JPEG", quality=50)
    pixels = np.asarray(Image.open(file))
    assert undo(pixels, ImageHeader(RGB, 200, 300)) is not None
    assert len(encoded(pixels)) <= len(encoded(pixels, history=False))


def test_metadata_and_preview_are_kept() -> None:
    data = encoded(decoded("4:4:4"), metadata={"xmp": b"<x/>"}, preview=True)
    assert set(l3c.info(data).metadata) == {"xmp", "preview"}
    assert l3c.info(data).history


with patch("l3c.container.write.is_sole", return_value=False):  # so tiles have checks of their own
    FILE = encoded(decoded("4:2:0"))


def test_parts_are_those_of_the_whole() -> None:
    image, whole = l3c.open(FILE), l3c.decode(FILE)
    np.testing.assert_array_equal(image[17:40, 90:], whole[17:40, 90:])
    np.testing.assert_array_equal(image[103:, :1], whole[103:, :1])


def test_coefficients_are_coded_by_a_model() -> None:
    assert history_of(read_file(FILE)).file.coder == KEPT_COEFFICIENTS
    assert ("jpeg", model_for("wave").digest[:16].hex()) in l3c.info(FILE).models


def test_files_of_earlier_versions_hold_jpeg_xl(monkeypatch: pytest.MonkeyPatch) -> None:
    old = forged(coder=KEPT_JPEG_XL, data=bytes(imagecodecs.jpegxl_encode_jpeg(OTHER)))
    np.testing.assert_array_equal(l3c.decode(old), l3c.decode(FILE))
    monkeypatch.setattr(transcode, "available", lambda: False)
    with pytest.raises(DependencyError, match=r"\[jpeg\]"):
        l3c.decode(old)


def test_memory_is_bounded() -> None:
    with pytest.raises(LimitError):
        l3c.decode(FILE, max_memory=10_000_000)
    l3c.decode(FILE, max_memory=100_000_000)


def test_damage_is_refused_and_salvaged() -> None:
    saved = l3c.salvage(FILE)
    assert not saved.lost
    np.testing.assert_array_equal(saved.samples, l3c.decode(FILE))
    cut = l3c.salvage(FILE[:-12])
    assert cut.lost
    assert ((cut.samples == saved.samples) | (cut.samples == 0)).all()
    damaged = bytearray(FILE)
    damaged[FILE.index(b"HIST") + 900] ^= 255  # more than a bit, which would be mended
    with pytest.raises(ChecksumError):
        l3c.decode(damaged)
    with pytest.raises(L3CError):
        l3c.salvage(damaged)


def forged(**fields: Any) -> bytes:
    """The file with another past, or other fields of its JPEG file."""
    contents, history = read_file(FILE), history_of(read_file(FILE))
    own = {name: fields.pop(name) for name in ("sampling", "nearest", "top", "left") if name in fields}
    history = replace(history, file=replace(history.file, **fields), **own)
    return write_file(replace(contents, header=replace(contents.header, history=history)))


def history_of(contents: Contents) -> DecodedJpeg:
    assert isinstance(contents.header.history, DecodedJpeg)
    return contents.header.history


OTHER = checked(ImageHeader(RGB, 104, 136), history_of(read_file(FILE)).file, 1)
"""The JPEG file of the coefficients."""

BAD: dict[str, tuple[bytes, type[FormatError] | type[LimitError]]] = {
    "another sampling": (forged(sampling=2), FormatError),
    "gray": (forged(sampling=0), FormatError),
    "another length": (forged(length=history_of(read_file(FILE)).file.length - 1), FormatError),
    "another cut": (forged(top=8), FormatError),
    "too much cut off": (forged(left=16), FormatError),
    "a huge length": (forged(length=2**60), LimitError),
    "another checksum": (forged(crc=1), ChecksumError),
    "an unknown coder": (forged(coder=2), VersionError),
    "no JPEG XL": (forged(coder=KEPT_JPEG_XL, data=b"\xff\x0a" + bytes(90)), FormatError),
    "nothing": (forged(data=b""), FormatError),
    "stored, but shorter": (forged(coder=KEPT_STORED), FormatError),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_sections_are_refused(name: str) -> None:
    data, error = BAD[name]
    with pytest.raises(error):
        l3c.decode(data)


def test_a_stored_jpeg_file_is_taken() -> None:
    file = KeptFile(KEPT_STORED, len(OTHER), history_of(read_file(FILE)).file.crc, OTHER)
    data = forged(**vars(file))
    np.testing.assert_array_equal(l3c.decode(data), l3c.decode(FILE))


def test_huge_sides_take_no_memory() -> None:
    contents = read_file(FILE)
    huge = replace(contents.header, height=60_000, width=60_000)
    with pytest.raises(L3CError):
        l3c.decode(write_file(replace(contents, header=huge)))


@pytest.mark.parametrize("pixels", [smooth_picture(120, 120, 3), smooth_picture(1, 1, 3), smooth_picture(7, 200, 3)])
def test_images_without_such_a_past_are_left_alone(pixels: NDArray[np.uint8]) -> None:
    assert undo(pixels, ImageHeader(RGB, *pixels.shape[:2])) is None
