"""Every instruction set gives the definition's bytes and pixels."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import numpy as np
import pytest

from l3c.errors import EngineError, FormatError
from l3c.isa import chosen_isa, supported_isas
from l3c.wave.compiled import WaveCoder
from l3c.wave.definition import tile as definition
from l3c.wave.definition.architecture import Architecture
from tests.checks import ARCHITECTURES, CONDITIONAL, SMALL, noise, smooth_picture, untrained_network

ALL_ISAS = ("portable", "sse41", "avx2", "avxvnni", "avx512vnni", "neondot")
SIZES = [(1, 1), (1, 9), (9, 1), (2, 3), (5, 17), (16, 16), (31, 8), (33, 50), (64, 47)]


@pytest.fixture(params=ALL_ISAS)
def isa(request: pytest.FixtureRequest) -> str:
    if request.param not in supported_isas():
        pytest.skip(f"this machine has no {request.param}")
    return str(request.param)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("architecture", ARCHITECTURES.values(), ids=ARCHITECTURES)
def test_bytes_and_pixels_are_those_of_the_definition(
    isa: str, size: tuple[int, int], architecture: Architecture
) -> None:
    network = untrained_network(architecture)
    tile = smooth_picture(*size, architecture.channels)
    coder = WaveCoder(network, isa)
    payload = coder.encode(tile)
    assert coder.isa == isa
    assert payload == definition.encode_tile(network, tile)
    np.testing.assert_array_equal(coder.decode(payload, *size, side=tile[..., : architecture.side_channels]), tile)


@pytest.mark.parametrize("architecture", [SMALL, CONDITIONAL], ids=["rgb", "guided"])
def test_the_definition_decodes_too(architecture: Architecture) -> None:
    network, tile = untrained_network(architecture), smooth_picture(21, 34, 3)
    payload, side = definition.encode_tile(network, tile), tile[..., : architecture.side_channels]
    np.testing.assert_array_equal(definition.decode_tile(network, payload, 21, 34, side=side), tile)


@pytest.mark.parametrize("architecture", [Architecture(), Architecture(hidden1=20, cached=28, hidden2=44, head=16)])
def test_noise_of_large_networks_is_equal_everywhere(architecture: Architecture) -> None:
    network, tile = untrained_network(architecture, 3), noise(40, 150, 3)
    payloads = {WaveCoder(network, isa).encode(tile) for isa in supported_isas()}
    assert len(payloads) == 1


def test_weights_at_their_limits(isa: str) -> None:
    """Pairs that sum to 128 against activations of 255: no sum of 16 bits may saturate."""
    network = untrained_network(SMALL)
    for layer in network.layers:
        layer.weights[:] = np.where(np.arange(layer.weights.shape[1]) % 2, -1, 127) * np.sign(layer.weights + 0.5)
    tile = noise(20, 60, 3)
    assert WaveCoder(network, isa).encode(tile) == definition.encode_tile(network, tile)


def test_damaged_payloads_raise_or_give_pixels(isa: str) -> None:
    coder, tile = WaveCoder(untrained_network(SMALL), isa), smooth_picture(20, 30, 3)
    payload, random = coder.encode(tile), np.random.default_rng(0)
    for length in range(0, len(payload), 7):
        with pytest.raises(FormatError):
            coder.decode(payload[:length], 20, 30)
    for _ in range(200):
        damaged = bytearray(payload)
        damaged[random.integers(len(payload))] ^= 1 << random.integers(8)
        with suppress(FormatError):
            assert coder.decode(bytes(damaged), 20, 30).shape == tile.shape


def test_threads_do_not_disturb_each_other() -> None:
    coder = WaveCoder(untrained_network(SMALL))
    tiles = [smooth_picture(40, 50, 3, seed) for seed in range(8)]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(coder.encode, tiles)) == [coder.encode(tile) for tile in tiles]


def test_wrong_shapes_are_refused() -> None:
    coder = WaveCoder(untrained_network(SMALL))
    with pytest.raises(ValueError, match="channels"):
        coder.encode(noise(4, 4, 1))
    with pytest.raises(ValueError, match="sides"):
        coder.encode(noise(0, 4, 3))


def test_an_instruction_set_that_is_not_there_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("L3C_ISA", "mmx")
    with pytest.raises(EngineError, match="L3C_ISA=mmx"):
        chosen_isa()
    with pytest.raises(ValueError, match="mmx"):
        WaveCoder(untrained_network(SMALL), "mmx")


@pytest.mark.parametrize("isa", supported_isas())
def test_the_environment_forces_an_instruction_set(isa: str) -> None:
    code = "from l3c.wave.presets import load; model = load('wave', 3); print(model.isa)"
    environment = {**os.environ, "L3C_ISA": isa}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True)
    assert done.stdout.strip() == isa
