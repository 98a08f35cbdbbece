"""Every pixel comes back, of every size and kind, and the bytes depend on nothing but the pixels."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

import l3c
from l3c.container.constants import FIRST_MODEL, STORED
from l3c.container.read import read_file
from l3c.container.tiling import boxes
from l3c.isa import supported_isas
from l3c.wave.definition import tile as definition
from tests.checks import CHANNELS, encode_tiled, noise, packaged_model, plain, smooth_picture

SIDE = 16
SIZES = [(1, 1), (1, 2), (1, 61), (61, 1), (2, 2), (3, 5), (7, 11), (15, 15), (16, 16), (17, 17), (15, 33), (31, 47)]
KINDS = ["smooth", "noise", "black", "white", "steps"]
ENCODE = "import sys, numpy, l3c; sys.stdout.buffer.write(l3c.encode(numpy.load(sys.argv[1])))"

channels = pytest.mark.parametrize("channels", CHANNELS.values(), ids=CHANNELS)


def ignore(share: float) -> None:
    """Progress that nobody watches."""


def picture_of(kind: str, height: int, width: int, channels: int) -> NDArray[np.uint8]:
    if kind == "smooth":
        return smooth_picture(height, width, channels)
    if kind == "noise":
        return noise(height, width, channels)
    if kind == "steps":
        blocks = noise(height // 4 + 1, width // 4 + 1, channels)
        return blocks.repeat(4, axis=0).repeat(4, axis=1)[:height, :width]
    return np.full((height, width, channels), 255 if kind == "white" else 0, np.uint8)


def encode_small_tiles(picture: NDArray[np.uint8], threads: int = 1) -> bytes:
    return encode_tiled(picture, packaged_model(picture.shape[2], SIDE), threads=threads)


@channels
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("kind", KINDS)
def test_every_pixel_comes_back(kind: str, size: tuple[int, int], channels: int) -> None:
    picture = picture_of(kind, *size, channels)
    for data in (l3c.encode(picture), encode_small_tiles(picture)):
        decoded = l3c.decode(data)
        assert decoded.dtype == np.uint8
        assert decoded.flags.c_contiguous
        np.testing.assert_array_equal(decoded, plain(picture))


@channels
@pytest.mark.parametrize("change", [-1, 0, 1])
def test_sizes_about_the_packaged_tile_side(channels: int, change: int) -> None:
    side = packaged_model(channels).tile + change
    picture = smooth_picture(side, 24, channels)
    data = l3c.encode(picture)
    assert l3c.info(data).tiles == (2 if change == 1 else 1)
    np.testing.assert_array_equal(l3c.decode(data), plain(picture))


@channels
def test_bytes_do_not_depend_on_threads(channels: int) -> None:
    picture = smooth_picture(70, 90, channels)
    files = {encode_small_tiles(picture, threads) for threads in (1, 2, 3)}
    assert len(files) == 1
    for threads in (1, 2, 3):
        np.testing.assert_array_equal(l3c.decode(*files, threads=threads), plain(picture))


@channels
def test_encoding_twice_gives_the_same_bytes(channels: int) -> None:
    picture = smooth_picture(30, 40, channels)
    assert l3c.encode(picture) == l3c.encode(picture.copy())


@channels
def test_every_instruction_set_gives_the_same_file(channels: int, tmp_path: Path) -> None:
    picture = tmp_path / "picture.npy"
    np.save(picture, smooth_picture(60, 45, channels))
    files = set()
    for isa in supported_isas():
        environment = {**os.environ, "L3C_ISA": isa}
        done = subprocess.run(
            [sys.executable, "-c", ENCODE, picture], stdout=subprocess.PIPE, env=environment, check=True
        )
        files.add(done.stdout)
    assert files == {l3c.encode(np.load(picture))}


def test_an_instruction_set_that_is_not_there_is_refused(tmp_path: Path) -> None:
    picture = tmp_path / "picture.npy"
    np.save(picture, noise(4, 4, 3))
    environment = {**os.environ, "L3C_ISA": "mmx"}
    done = subprocess.run([sys.executable, "-c", ENCODE, picture], capture_output=True, text=True, env=environment)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("l3c.errors.EngineError: L3C_ISA=mmx")


@channels
def test_the_file_holds_what_the_definition_codes(channels: int) -> None:
    picture = smooth_picture(18, 21, channels)
    model = packaged_model(channels)
    contents = read_file(encode_small_tiles(picture))
    at = 0
    for entry, box in zip(contents.tiles, boxes(18, 21, SIDE), strict=True):
        tile = picture[box.top : box.bottom, box.left : box.right]
        payload = definition.encode_tile(model.network, tile, model.learning)
        stored = len(payload) >= tile.size
        assert entry.coder == (STORED if stored else FIRST_MODEL)
        assert bytes(contents.data[at : at + entry.length]) == (tile.tobytes() if stored else payload)
        if not stored:
            decoded = definition.decode_tile(model.network, payload, box.height, box.width, model.learning)
            np.testing.assert_array_equal(decoded, tile)
        at += entry.length


@channels
def test_noise_is_stored_at_its_size_and_needs_no_model(channels: int) -> None:
    data = l3c.encode(noise(40, 40, channels))
    assert l3c.info(data).models == ()
    assert l3c.info(data).stored_tiles == 1
    assert len(data) < 1600 * channels + 70


@channels
def test_a_picture_of_both_kinds_stores_some_tiles(channels: int) -> None:
    picture = smooth_picture(64, 64, channels)
    picture[:32] = noise(32, 64, channels)
    data = encode_small_tiles(picture)
    info = l3c.info(data)
    assert 0 < info.stored_tiles < info.tiles == 16
    np.testing.assert_array_equal(l3c.verify(data) and l3c.decode(data), plain(picture))


@channels
def test_progress_rises_to_one(channels: int) -> None:
    shares: list[float] = []
    data = encode_tiled(smooth_picture(40, 40, channels), packaged_model(channels, SIDE), {}, 2, shares.append)
    assert shares == sorted(shares)
    assert shares[-1] == 1
    shares.clear()
    l3c.decode(data, progress=shares.append)
    assert len(shares) == 9
    assert shares[-1] == 1
