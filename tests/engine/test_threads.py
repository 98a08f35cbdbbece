"""Threads that share a tile give what one thread gives, with every instruction set, and what the definition gives."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from l3c.errors import FormatError
from l3c.isa import supported_isas
from l3c.wave.compiled import WaveCoder
from l3c.wave.definition.architecture import Architecture
from l3c.wave.definition.learning import Learning
from l3c.wave.definition.streams import STREAMS_CHOSEN, STRIP_ROWS, strips
from l3c.wave.definition.tile import decode_tile, encode_tile
from tests.checks import random_network

SMALL = {"hidden1": 8, "cached": 4, "hidden2": 8, "hidden3": 8, "head": 8, "components": 2}
KINDS = {
    "RGB": Architecture(**SMALL),
    "fitted, coupled": Architecture(**SMALL, fitted=12, coupled=1),
    "gray": Architecture(channels=1, **SMALL, fitted=12),
    "side information": Architecture(**SMALL, fitted=12, side_channels=1),
}


def noise(architecture: Architecture, height: int, width: int) -> NDArray[np.uint8]:
    shape = (height, width, architecture.channels)
    return np.random.default_rng(7).integers(0, 256, shape).astype(np.uint8)


def side_of(architecture: Architecture, tile: NDArray[np.uint8]) -> NDArray[np.uint8] | None:
    return tile[..., : architecture.side_channels] if architecture.side_channels else None


@pytest.mark.parametrize("learning", [None, Learning(step_pixels=64, period=2, learned=1, first_layer=2)])
@pytest.mark.parametrize("kind", KINDS)
def test_any_number_gives_the_same(kind: str, learning: Learning | None) -> None:
    architecture = KINDS[kind]
    network = random_network(architecture, np.random.default_rng(3))
    tile = noise(architecture, *((200, 700) if kind == "gray" else (100, 480)))
    payloads = set()
    for isa in supported_isas():
        coder = WaveCoder(network, isa, learning=learning)
        for threads in (1, 2) if learning else (2, 3):
            payloads.add(coder.encode(tile, threads=threads))
            payload = next(iter(payloads))
            back = coder.decode(payload, *tile.shape[:2], side=side_of(architecture, tile), threads=threads)
            assert np.array_equal(back, tile), (isa, threads)
    assert len(payloads) == 1
    assert 1 < payload[0] <= STREAMS_CHOSEN


def test_streams_are_those_of_the_definition() -> None:
    architecture = KINDS["RGB"]
    network = random_network(architecture, np.random.default_rng(4))
    tile = noise(architecture, 100, 480)
    payload = WaveCoder(network).encode(tile, threads=2)
    assert payload[0] > 1
    assert payload == encode_tile(network, tile)
    assert np.array_equal(decode_tile(network, payload, *tile.shape[:2]), tile)


@pytest.mark.parametrize("components", [2, 3, 4, 5])
def test_four_streams_are_searched_together_and_end_at_odd_places(components: int) -> None:
    """The numbers of logistics that have loops of their own, and one that has none."""
    architecture = Architecture(**SMALL | {"components": components})
    network = random_network(architecture, np.random.default_rng(6))
    tile = noise(architecture, 171, 613)
    payload = WaveCoder(network, "portable").encode(tile)
    assert payload[0] == STREAMS_CHOSEN == 4
    for isa in supported_isas():
        coder = WaveCoder(network, isa)
        assert coder.encode(tile) == payload, isa
        for threads in (1, 2, 4):
            assert np.array_equal(coder.decode(payload, *tile.shape[:2], threads=threads), tile), (isa, threads)


def test_small_payloads_are_one_stream() -> None:
    network = random_network(KINDS["RGB"], np.random.default_rng(5))
    assert WaveCoder(network).encode(np.zeros((500, 500, 3), np.uint8), threads=4)[0] == 1


@pytest.mark.parametrize("threads", [1, 2])
def test_damage_is_refused(threads: int) -> None:
    architecture = KINDS["fitted, coupled"]
    network = random_network(architecture, np.random.default_rng(6))
    tile = noise(architecture, 100, 480)
    coder = WaveCoder(network, learning=Learning(step_pixels=64, period=2, learned=1, first_layer=2))
    payload = coder.encode(tile)
    assert payload[0] > 1
    damaged = [b"", payload[:3], b"\x00" + payload[1:], b"\x09" + payload[1:], payload[:-2], payload + b"\x00\x00"]
    damaged += [payload[:1] + b"\xff\xff\xff\xff" + payload[5:], payload[:2000] + bytes(40) + payload[2040:]]
    rng = np.random.default_rng(8)
    for _ in range(4):
        flipped = bytearray(payload)
        flipped[rng.integers(len(payload))] ^= 1 << rng.integers(8)
        damaged.append(bytes(flipped))
    for data in damaged:
        with pytest.raises(FormatError):
            coder.decode(data, *tile.shape[:2], threads=threads)


@pytest.mark.parametrize("count", [1, 2, 3, 8])
@pytest.mark.parametrize(("first", "size"), [(0, 1), (0, 5), (9, 3), (15, 2), (3, 341), (700, 31)])
def test_strips_cover_a_wavefront(first: int, size: int, count: int) -> None:
    rows = np.arange(first, first + size)
    parts = strips(rows, count)
    assert len(parts) == count
    assert np.array_equal(np.concatenate([rows[part] for part in parts]), rows)
    assert all(part.start % STRIP_ROWS == 0 for part in parts if part.stop > part.start)
