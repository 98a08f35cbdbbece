"""Samples of 9 to 16 bits: coded as one, all or in part, by tiles that share a payload."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import l3c
from l3c.container.read import read_file
from l3c.container.structure import Contents
from l3c.container.write import write_file
from l3c.errors import ChecksumError, FormatError, LimitError
from l3c.wave import presets
from l3c.wave.model import WaveModel
from tests.checks import smooth_picture

SIDE = 32


def deep_picture(height: int = 70, width: int = 90, channels: int = 3) -> NDArray[np.uint16]:
    """Smooth, with a little noise: nearly every value occurs once."""
    random = np.random.default_rng(0)
    smooth = smooth_picture(height, width, channels).astype(float) * 200
    return (smooth + random.normal(size=smooth.shape) * 90 + 5000).clip(0, 65535).astype(np.uint16)


@pytest.fixture
def small_tiles(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Of all models. Parts are not tried by themselves, although such tiles are small and noisy."""
    monkeypatch.setattr("l3c.codec.tiles.SMALL", 0)
    monkeypatch.setattr("l3c.codec.tiles.NOISY", 2)
    first = WaveModel.__init__

    def begin(self: WaveModel, *args: Any, **options: Any) -> None:
        first(self, *args, **options)
        self.tile = SIDE

    monkeypatch.setattr(WaveModel, "__init__", begin)
    presets.load.cache_clear()
    yield
    presets.load.cache_clear()


def shared(contents: Contents) -> int:
    """Tiles without a payload, whose samples are in another's."""
    return sum(entry.model is not None and not entry.length for entry in contents.tiles)


PICTURE = deep_picture()
SIGNED = (PICTURE.astype(np.int32) - 20000).astype(np.int16)
CASES: dict[str, tuple[NDArray[Any], dict[str, Any]]] = {
    "RGB": (PICTURE, {}),
    "gray": (PICTURE[..., 0], {}),
    "alpha": (np.dstack([PICTURE, PICTURE[::-1, :, :1]]), {}),
    "12 bits": (PICTURE >> 4, {"maximum": 4095}),
    "signed": (SIGNED[..., 0], {}),
    "half": ((PICTURE[..., 0] / 3).astype(np.float16), {}),
    "extra": (np.dstack([PICTURE] * 2), {"layout": "RGB", "extra": ("alpha", "unspecified", "unspecified")}),
    "ranks": (PICTURE // 40 * 40, {}),
    "9 bits": (PICTURE >> 7, {"maximum": 511}),
}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("model", ["wave-fast", "wave"])
def test_deep_samples_come_back(name: str, model: str, small_tiles: None) -> None:
    samples, options = CASES[name]
    data = l3c.encode(samples, model=model, **options)
    assert shared(read_file(data)) > 0
    decoded = l3c.decode(data)
    assert decoded.dtype == samples.dtype
    np.testing.assert_array_equal(decoded, samples)
    np.testing.assert_array_equal(l3c.open(data)[13:50, 20:61], samples[13:50, 20:61])


def test_they_take_less_than_their_parts() -> None:
    apart = sum(len(l3c.encode(np.ascontiguousarray(part))) for part in (PICTURE >> 8, PICTURE.astype(np.uint8)))
    assert len(l3c.encode(PICTURE)) < apart


def test_threads_and_effort_do_not_matter(small_tiles: None) -> None:
    data = l3c.encode(PICTURE, threads=1, effort=1)
    assert l3c.encode(PICTURE, threads=3, effort=3) == data


def test_noise_is_stored() -> None:
    noise = np.random.default_rng(0).integers(0, 1 << 16, (64, 64)).astype(np.uint16)
    assert len(l3c.encode(noise)) < noise.nbytes + 200


def test_drawings_are_not_coded_so() -> None:
    """16 bits of few values in lines: both planes are drawings."""
    picture = np.full((200, 200, 4), 65535, np.uint16)
    picture[::20, :, :3] = 12345
    picture[:, ::25, 1] = 777
    data = l3c.encode(picture)
    assert len(data) < 1500
    np.testing.assert_array_equal(l3c.decode(data), picture)


def test_what_is_lost_of_a_shared_payload_is_lost_of_both_parts(small_tiles: None) -> None:
    data = bytearray(l3c.encode(PICTURE, history=False))
    data[-40] ^= 1
    salvaged = l3c.salvage(bytes(data))
    samples = salvaged.samples
    assert any("tile" in reason for reason in salvaged.lost)
    differs = (samples != PICTURE).any(axis=2)
    assert 0 < differs.sum() <= SIDE * SIDE
    assert (samples[differs] == 0).all()


def test_a_tile_without_a_payload_needs_one_that_shares(small_tiles: None) -> None:
    contents = read_file(l3c.encode(PICTURE, history=False))
    half = len(contents.tiles) // 2
    first, lower = contents.tiles[0], contents.tiles[half]
    assert first.length
    assert not lower.length
    bad = [
        {half: replace(lower, coder=0)},
        {0: replace(first, length=0), 1: replace(contents.tiles[1], length=first.length + contents.tiles[1].length)},
        {0: replace(first, coder=2)},
    ]
    for changes in bad:
        tiles = [changes.get(number, tile) for number, tile in enumerate(contents.tiles)]
        with pytest.raises(FormatError):
            l3c.decode(write_file(replace(contents, tiles=tiles)))


@pytest.mark.parametrize("part", [0, 1])
def test_both_parts_are_checked(part: int, small_tiles: None) -> None:
    contents = read_file(l3c.encode(PICTURE, history=False))
    tiles = list(contents.tiles)
    number = part * len(tiles) // 2
    tiles[number] = replace(tiles[number], crc=(tiles[number].crc or 0) ^ 1)
    with pytest.raises(ChecksumError, match="tile 0 "):
        l3c.decode(write_file(replace(contents, tiles=tiles)))


def test_memory_is_bounded() -> None:
    with pytest.raises(LimitError):
        l3c.decode(l3c.encode(PICTURE), max_memory=PICTURE.nbytes)
