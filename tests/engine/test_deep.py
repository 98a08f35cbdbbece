"""Samples of 9 to 16 bits: the engine codes what the definition codes, under every instruction set."""

import numpy as np
import pytest

from l3c.errors import FormatError
from l3c.isa import supported_isas
from l3c.wave import presets
from l3c.wave.compiled import WaveCoder
from l3c.wave.definition import deep
from l3c.wave.definition.learning import Learning
from tests.checks import smooth_picture


def deep_picture(height: int, width: int, channels: int, depth: int) -> np.ndarray:
    """Smooth, with noise that grows from left to right, and an edge that residuals cannot say."""
    random = np.random.default_rng(depth)
    smooth = smooth_picture(height, width, channels).astype(float) * 257
    noise = random.normal(size=smooth.shape) * np.linspace(0, 3000, width)[:, None]
    smooth[height // 2, width // 2 :] = 65535
    picture = np.clip(smooth + noise, 0, 65535).astype(np.uint16) >> (16 - depth)
    picture[: height // 3, width // 2 :] = picture[0, 0]  # repeats, also of differences of channels
    picture[-height // 3 :, : width // 3, 1:] = picture[-height // 3 :, : width // 3, :1] + 5 & (1 << depth) - 1
    return picture


@pytest.mark.parametrize("name", ["wave-light", "wave-fast", "wave", "wave-max"])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("depth", [9, 12, 16])
def test_engine_equals_definition(name: str, channels: int, depth: int) -> None:
    model = presets.load(name, channels)
    assert model is not None
    tile = deep_picture(13, 22, channels, depth)
    usual = depth % 7
    payload = deep.encode_deep_tile(model.network, tile, depth, model.learning, usual)
    for isa in supported_isas():
        coder = WaveCoder(model.network, isa, learning=model.learning)
        assert coder.encode_deep(tile, depth, usual=usual) == payload
        np.testing.assert_array_equal(coder.decode_deep(payload, depth, 13, 22), tile)


def test_the_definition_decodes_what_it_encodes() -> None:
    model = presets.load("wave", 3)
    assert model is not None
    tile, learning = deep_picture(9, 17, 3, 14), Learning(step_pixels=16)
    payload = deep.encode_deep_tile(model.network, tile, 14, learning)
    np.testing.assert_array_equal(deep.decode_deep_tile(model.network, payload, 14, 9, 17, learning), tile)


@pytest.mark.parametrize("size", [(1, 1), (1, 40), (40, 1), (2, 2), (37, 53)])
@pytest.mark.parametrize("isa", supported_isas())
def test_tiles_of_any_size_come_back(size: tuple[int, int], isa: str) -> None:
    model = presets.load("wave", 1)
    assert model is not None
    coder = WaveCoder(model.network, isa, learning=model.learning)
    tile = np.random.default_rng(0).integers(0, 1 << 16, (*size, 1)).astype(np.uint16)
    payload = coder.encode_deep(tile, 16)
    np.testing.assert_array_equal(coder.decode_deep(payload, 16, *size), tile)


@pytest.mark.parametrize("isa", supported_isas())
def test_damage_is_an_error_or_other_samples(isa: str) -> None:
    """What is decoded stays within the depth; errors are those of damaged payloads."""
    model = presets.load("wave", 1)
    assert model is not None
    coder, random = WaveCoder(model.network, isa, learning=model.learning), np.random.default_rng(1)
    tile = deep_picture(16, 16, 1, 12)
    payload = coder.encode_deep(tile, 12)
    errors = 0
    for _ in range(40):
        damaged = bytearray(payload)
        damaged[random.integers(len(payload))] ^= 1 << random.integers(8)
        try:
            decoded = coder.decode_deep(bytes(damaged), 12, 16, 16)
        except FormatError:
            errors += 1
        else:
            assert decoded.max() < 1 << 12
    assert errors > 30


def test_depths_channels_and_samples_are_checked() -> None:
    gray, chroma = presets.load("wave", 1), presets.load("wave", 2)
    assert gray is not None
    assert chroma is not None
    coder, tile = WaveCoder(gray.network), np.full((4, 4, 1), 1 << 12, np.uint16)
    for depth in (8, 17):
        with pytest.raises(ValueError, match="9 to 16 bits"):
            coder.encode_deep(tile, depth)
    with pytest.raises(ValueError, match="more bits"):
        coder.encode_deep(tile, 12)
    with pytest.raises(ValueError, match="usually wrong"):
        coder.encode_deep(tile, 13, usual=7)
    with pytest.raises(FormatError, match="usually wrong"):
        coder.decode_deep(b"\7" + coder.encode_deep(tile, 13)[1:], 13, 4, 4)
    with pytest.raises(ValueError, match="channels"):
        coder.encode_deep(np.zeros((4, 4, 3), np.uint16), 12)
    with pytest.raises(ValueError, match="side information"):
        WaveCoder(chroma.network).encode_deep(np.zeros((4, 4, 3), np.uint16), 12)


@pytest.mark.parametrize("name", ["wave-fast", "wave"])
def test_threads_share_a_tile(name: str) -> None:
    """Of noise, whose payload is worth several streams."""
    model = presets.load(name, 3)
    assert model is not None
    coder, tile = WaveCoder(model.network, learning=model.learning), deep_picture(260, 400, 3, 16)
    payload = coder.encode_deep(tile, 16)
    assert payload[1] > 1
    for threads in (2, 3, 8):
        assert coder.encode_deep(tile, 16, threads=threads) == payload
        np.testing.assert_array_equal(coder.decode_deep(payload, 16, 260, 400, threads=threads), tile)


def test_streams_are_those_of_the_definition() -> None:
    model = presets.load("wave-fast", 1)
    assert model is not None
    tile = np.random.default_rng(0).integers(0, 1 << 16, (270, 270, 1)).astype(np.uint16)
    payload = deep.encode_deep_tile(model.network, tile, 16)
    assert payload[1] == 2
    assert WaveCoder(model.network).encode_deep(tile, 16) == payload
    np.testing.assert_array_equal(deep.decode_deep_tile(model.network, payload, 16, 270, 270), tile)
