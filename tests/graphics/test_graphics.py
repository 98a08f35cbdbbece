"""The compiled graphics coder and its definition give the same bytes, and the pixels come back."""

from __future__ import annotations

from decimal import Decimal, localcontext

import numpy as np
import pytest

from l3c.errors import FormatError
from l3c.graphics import compiled
from l3c.graphics.definition import tile
from l3c.graphics.definition.foreseen import SMALL
from l3c.graphics.definition.tables import _nearest, rate_table, squash_table, stretch_table
from tests.graphics.pictures import bilevel, drawn, noise, pictures, smooth

CASES = [(channels, name) for channels in (1, 2, 3, 4) for name in pictures(1)]
BILEVEL = bilevel()


@pytest.mark.parametrize(("channels", "name"), CASES)
def test_engine_equals_definition(channels: int, name: str) -> None:
    picture = pictures(channels)[name]
    payload = compiled.encode(picture)
    assert payload == tile.encode(picture)
    np.testing.assert_array_equal(compiled.decode(payload, *picture.shape), picture)
    np.testing.assert_array_equal(tile.decode(payload, *picture.shape), picture)


@pytest.mark.parametrize("name", BILEVEL)
def test_engine_equals_definition_in_two_colours(name: str) -> None:
    picture = BILEVEL[name]
    payload = compiled.encode(picture)
    assert payload == tile.encode(picture)
    np.testing.assert_array_equal(compiled.decode(payload, *picture.shape), picture)
    np.testing.assert_array_equal(tile.decode(payload, *picture.shape), picture)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_engine_equals_definition_in_small_smooth_tiles(channels: int, seed: int) -> None:
    height, width = np.random.default_rng(seed).integers(1, 17, 2).tolist()
    picture = smooth(height, width, channels, seed)
    payload = compiled.encode(picture)
    assert payload == tile.encode(picture)
    np.testing.assert_array_equal(compiled.decode(payload, *picture.shape), picture)
    np.testing.assert_array_equal(tile.decode(payload, *picture.shape), picture)


@pytest.mark.parametrize("shape", [(64, 128), (64, 129), (1, SMALL), (1, SMALL + 1), (SMALL + 1, 1)])
@pytest.mark.parametrize("channels", [1, 3])
def test_engine_equals_definition_where_tiles_cease_to_be_small(channels: int, shape: tuple[int, int]) -> None:
    """Mostly of one colour, which the definition codes fast, and a gradient at the end."""
    picture = np.full((*shape, channels), 200, np.uint8)
    picture.reshape(-1, channels)[-90:] = smooth(1, 90, channels, 5)[0]
    payload = compiled.encode(picture)
    assert payload == tile.encode(picture)
    np.testing.assert_array_equal(compiled.decode(payload, *picture.shape), picture)
    np.testing.assert_array_equal(tile.decode(payload, *picture.shape), picture)


def test_small_tiles_of_gradients_take_fewer_bytes_than_larger_ones() -> None:
    """In small ones alone each channel goes on as rules foresee."""
    small, larger = (len(compiled.encode(smooth(64, width, 3, 0))) for width in (SMALL // 64, SMALL // 64 + 1))
    assert small < 0.9 * larger


def test_letters_that_come_again_take_few_bytes() -> None:
    letter = noise(11, 9, 1, 2)
    once, often = (len(compiled.encode(np.tile(letter, (count, count, 1)))) for count in (3, 30))
    assert often < 8 * once


def test_tables_are_symmetric_and_rising() -> None:
    stretch, squash, rates = (table().astype(int) for table in (stretch_table, squash_table, rate_table))
    assert (stretch == -stretch[::-1]).all()
    assert (np.diff(stretch) >= 0).all()
    assert (squash + squash[::-1] == 65536).all()
    assert (np.diff(squash) >= 0).all()
    assert (np.diff(rates) < 0).all()


def test_tables_are_nearest_to_the_exact_values() -> None:
    with localcontext(prec=45):
        odds = [Decimal(2 * i + 1) / (8191 - 2 * i) for i in range(4096)]
        stretched = [min(max(round(256 * one.ln()), -2047), 2047) for one in odds]
        squashed = [round(65536 / (1 + (-Decimal(x) / 256).exp())) for x in range(-2047, 2048)]
    assert (stretch_table().tolist(), squash_table().tolist()) == (stretched, squashed)


def test_what_float64_leaves_in_doubt_is_asked_of_decimals() -> None:
    exact = {1: Decimal("2.5"), 2: Decimal("3.50000001"), 3: Decimal("-0.49999999")}
    asked: list[int] = []
    values = np.array([1.25, 2.5 - 1e-9, 3.5, -0.5, 7.4])
    assert _nearest(values, lambda i: asked.append(i) or exact[i]).tolist() == [1, 2, 4, 0, 7]  # type: ignore[func-returns-value]
    assert asked == [1, 2, 3]


def test_drawings_take_few_bytes() -> None:
    assert len(compiled.encode(np.full((1080, 1920, 3), 255, np.uint8))) < 20
    assert len(compiled.encode(drawn(240, 350, 3))) < 1700
    picture = noise(64, 64, 3)
    assert len(compiled.encode(picture)) < 1.09 * picture.size


def test_other_bytes_are_other_pixels_or_refused() -> None:
    picture = drawn(30, 41, 3)
    payload = compiled.encode(picture)
    random = np.random.default_rng(1)
    for number in range(300):
        damaged = bytearray(payload)
        damaged[random.integers(len(damaged))] ^= int(random.integers(1, 256))
        refusals: list[bytes | None] = []
        for decode in (compiled.decode, tile.decode) if number < 3 else (compiled.decode,):
            try:
                refusals.append(decode(bytes(damaged), *picture.shape).tobytes())
            except FormatError:
                refusals.append(None)
        assert len(set(refusals)) == 1


def test_payloads_that_are_cut_or_longer_are_refused_or_other_pixels() -> None:
    picture = drawn(30, 41, 3)
    payload = compiled.encode(picture)
    for wrong in (b"", payload[:3], payload + b"\0", payload + bytes(1000)):
        for decode in (compiled.decode, tile.decode):
            with pytest.raises(FormatError):
                decode(wrong, *picture.shape)
    for length in range(len(payload)):
        try:
            assert (compiled.decode(payload[:length], *picture.shape) != picture).any()
        except FormatError:
            continue


def test_too_many_pixels_are_refused_before_memory_is_taken() -> None:
    with pytest.raises(FormatError, match="more than"):
        compiled.decode(b"abc", 1 << 13, 1 << 12, 3)
    with pytest.raises(FormatError, match="too large"):
        tile.decode(b"abc", 1 << 13, 1 << 12, 3)
