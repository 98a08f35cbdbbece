"""Tuned networks keep every limit, are coded as any other, and are found again from their bytes."""

from contextlib import suppress

import numpy as np
import pytest

from l3c.errors import FormatError
from l3c.isa import supported_isas
from l3c.wave import presets
from l3c.wave.adaptation.apply import NUMBER_MAX, count, groups, tune
from l3c.wave.adaptation.code import POWERS, SMALL_MAX, read_numbers, shares, write_numbers
from l3c.wave.compiled import WaveCoder
from l3c.wave.definition import tile as definition
from l3c.wave.definition.architecture import PAIR_MAX, Architecture
from l3c.wave.definition.learning import Learning
from l3c.wave.definition.network import BIAS_MAX
from l3c.wave.definition.pairs import pair_partner
from tests.checks import FITTED, SMALL, SMALL_GRAY, packaged_model, random_numbers, smooth_picture, untrained_network

EAGER = Learning(learning_rate=3e-3, step_pixels=16)


def test_numbers_of_0_change_nothing() -> None:
    network = untrained_network(SMALL)
    same = tune(network, np.zeros(count(SMALL), np.int64))
    for before, after in zip(network.layers, same.layers, strict=True):
        np.testing.assert_array_equal(before.weights, after.weights)
        np.testing.assert_array_equal(before.bias, after.bias)


@pytest.mark.parametrize("isa", supported_isas())
@pytest.mark.parametrize("learning", [None, EAGER], ids=["integers", "learning"])
@pytest.mark.parametrize("architecture", [FITTED, SMALL_GRAY], ids=["rgb", "gray"])
def test_a_tuned_network_is_coded_as_the_definition_says(
    isa: str, architecture: Architecture, learning: Learning | None
) -> None:
    network = tune(untrained_network(architecture), random_numbers(architecture)[1])
    tile = smooth_picture(17, 23, architecture.channels)
    coder = WaveCoder(network, isa, learning=learning)
    payload = coder.encode(tile)
    assert payload == definition.encode_tile(network, tile, learning)
    np.testing.assert_array_equal(coder.decode(payload, 17, 23), tile)


@pytest.mark.parametrize("sign", [-1, 1])
def test_the_largest_numbers_keep_every_limit(sign: int) -> None:
    """Of the largest packaged network: pairs, biases, and so the sums; the engine takes it."""
    model = presets.load("wave-max", 3)
    assert model is not None
    architecture = model.network.architecture
    network = tune(model.network, np.full(count(architecture), sign * NUMBER_MAX))
    for layer, integers in zip(architecture.layers(), network.layers, strict=True):
        magnitudes, partner = np.abs(integers.weights.astype(np.int64)), pair_partner(layer)
        other = np.where(partner == np.arange(layer.inputs), 0, magnitudes[:, partner])
        assert (magnitudes + other).max() <= PAIR_MAX
        assert np.abs(integers.bias).max() <= BIAS_MAX
        assert 255 * int(magnitudes.sum(axis=1).max()) + BIAS_MAX + 2**24 < 2**31
    tile = smooth_picture(9, 11, 3)
    coder = WaveCoder(network, learning=model.learning)
    np.testing.assert_array_equal(coder.decode(coder.encode(tile), 9, 11), tile)


def test_a_bias_beyond_its_limit_is_clipped() -> None:
    network = untrained_network(SMALL_GRAY)
    network.layers[1].bias[:] = BIAS_MAX
    assert (tune(network, np.full(count(SMALL_GRAY), NUMBER_MAX)).layers[1].bias == BIAS_MAX).all()


@pytest.mark.parametrize("architecture", [SMALL, SMALL_GRAY, Architecture()], ids=["rgb", "gray", "packaged"])
def test_numbers_come_back_from_their_bytes(architecture: Architecture) -> None:
    for seed in range(5):
        powers, numbers = random_numbers(architecture, seed)
        np.testing.assert_array_equal(read_numbers(architecture, write_numbers(architecture, powers, numbers)), numbers)


def test_nothing_takes_few_bytes() -> None:
    nothing = [0] * len(list(groups(SMALL)))
    assert len(write_numbers(SMALL, nothing, np.zeros(count(SMALL), np.int64))) < 60


def test_damaged_numbers_raise_or_are_within_limits() -> None:
    data, random = write_numbers(SMALL, *random_numbers(SMALL)), np.random.default_rng(0)
    for length in range(len(data)):
        with pytest.raises(FormatError):
            read_numbers(SMALL, data[:length])
    for _ in range(300):
        damaged = bytearray(data)
        damaged[random.integers(len(data))] ^= 1 << random.integers(8)
        with suppress(FormatError):
            assert np.abs(read_numbers(SMALL, bytes(damaged))).max() <= NUMBER_MAX


def test_the_limit_is_what_bytes_can_say() -> None:
    assert SMALL_MAX << POWERS - 2 == NUMBER_MAX


@pytest.mark.parametrize("zeros", [0, 1, 128, 255])
@pytest.mark.parametrize("decay", [0, 1, 200, 255])
def test_shares_rise_from_0_to_65536(zeros: int, decay: int) -> None:
    cumulative = shares(zeros, decay)
    assert (cumulative[0], cumulative[-1], len(cumulative)) == (0, 65536, 2 * SMALL_MAX + 2)
    assert np.diff(cumulative).min() > 0


def test_a_search_saves_more_than_it_takes_and_begins_alike_for_any_effort() -> None:
    model, picture = packaged_model(3, name="wave-light"), smooth_picture(200, 240, 3)
    first, second = model.adaptations(picture, 4)
    assert next(model.adaptations(picture, 9)) == first
    sizes = [len(data) + len(model.adapted(data).encode(picture)) for data in (first, second)]
    assert min(sizes) < len(model.encode(picture))


def test_pictures_without_room_for_a_crop_are_not_searched() -> None:
    model = packaged_model(3, name="wave-fast")
    for height, width in ((1, 500), (500, 31)):
        assert not list(model.adaptations(smooth_picture(height, width, 3), 9))
