"""Chroma given luma: exact whole and in part, with any threads and efforts, and in damaged files."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

import l3c
from l3c.codec import decode, encode, region
from l3c.codec.models import find_model
from l3c.container.constants import JOINT_CHROMA, RGB
from l3c.container.read import read_file
from l3c.container.structure import Contents, ImageHeader
from l3c.container.tiling import Box
from l3c.errors import FormatError
from l3c.history.joint_chroma import join_chroma
from l3c.history.photo_cd import convert as photo_cd
from l3c.history.registry import undo
from l3c.history.video import convert as video
from l3c.history.video.invert import converters
from l3c.training.wave.chroma_crops import PHOTO_CD, chroma_planes
from tests.checks import packaged_model
from tests.history.sources import photo_cd_planes, video_planes

PHOTOGRAPH = Path(__file__).parents[2] / "docs" / "pictures" / "chelsea.png"


def picture(kind: str) -> NDArray[Any]:
    if kind.startswith("video"):
        subsampled = kind.endswith("4:2:0")
        return video.redo(*video_planes(101, 141, subsampled), next(converters()), subsampled)
    pixels = photo_cd.redo(*photo_cd_planes(101, 141), False)
    return np.rot90(pixels) if kind.endswith("turned") else pixels


KINDS = ("video 4:2:0", "video 4:2:2", "Photo CD", "Photo CD turned")


def tiled(pixels: NDArray[Any], effort: int = 1, threads: int = 1) -> bytes:
    """A file of many tiles."""
    found = undo(pixels, ImageHeader(RGB, *pixels.shape[:2]))
    assert found is not None
    header, components = join_chroma(*found)
    models = {channels: packaged_model(channels, 24, "wave-fast") for channels in (1, JOINT_CHROMA)}
    ways = encode.encode_components(header, components, models, {}, threads, lambda share: None, effort=effort)
    return bytes(min(ways, key=len))


def contents_of(data: bytes) -> Contents:
    contents = read_file(data)
    assert [c.channels for c in contents.header.components] == [1, JOINT_CHROMA]
    return contents


@pytest.mark.parametrize("kind", KINDS)
def test_many_tiles_whole_and_in_part(kind: str) -> None:
    pixels = picture(kind)
    data = tiled(pixels)
    contents = contents_of(data)
    assert len(contents.tiles) > 20
    np.testing.assert_array_equal(l3c.decode(data, threads=3), pixels)
    for box in (Box(0, 0, *pixels.shape[:2]), Box(3, 5, 4, 6), Box(22, 18, 60, 99), Box(47, 0, 101, 1)):
        part = region.decode_region(contents, contents.data, box, 2, None)
        np.testing.assert_array_equal(part, pixels[box.top : box.bottom, box.left : box.right])


def test_threads_give_the_same_bytes_and_effort_the_same_pixels() -> None:
    pixels = picture("Photo CD")
    assert tiled(pixels, threads=3) == tiled(pixels)
    np.testing.assert_array_equal(l3c.decode(tiled(pixels, effort=3)), pixels)


def test_presets_code_chroma_in_fewer_bytes_than_gray_models() -> None:
    photograph = np.asarray(Image.open(PHOTOGRAPH).convert("RGB"))[:300, :400]
    planes = chroma_planes(photograph, PHOTO_CD)
    luma = chroma_planes(photograph, PHOTO_CD, (1, 1))[..., 0]
    pixels = photo_cd.redo(luma, planes[..., 1], planes[..., 2], False)
    found = undo(pixels, ImageHeader(RGB, *pixels.shape[:2]))
    assert found is not None
    models = {channels: find_model("wave-fast", channels) for channels in (1, JOINT_CHROMA)}
    ways = (encode.encode_components(*way, models, {}, 1, lambda share: None) for way in (join_chroma(*found), found))
    given, apart = (bytes(min(files, key=len)) for files in ways)
    assert len(given) < len(apart)
    np.testing.assert_array_equal(l3c.decode(apart), pixels)


def test_lost_luma_takes_along_the_chroma_that_it_guides() -> None:
    data = tiled(picture("Photo CD"))
    contents = contents_of(data)
    luma = len(contents.tiles) - sum(1 for tile in decode.tile_items(contents) if tile[2][0])
    damaged = bytearray(data)
    damaged[len(data) - 4 - len(contents.data) + contents.tiles[0].length // 2] ^= 64
    lost = l3c.salvage(damaged).lost
    assert any(line.startswith("tile 0 ") for line in lost)
    assert any(line.startswith(f"tile {luma} ") for line in lost)
    assert len(lost) < len(contents.tiles) // 2


def test_a_gray_model_does_not_code_chroma_pairs() -> None:
    contents = contents_of(tiled(picture("Photo CD")))
    with pytest.raises(FormatError, match="channels"):
        decode.decode_with(packaged_model(1), b"", Box(0, 0, 4, 4), JOINT_CHROMA, np.zeros((4, 4, 1), np.uint8))
    assert contents.models
