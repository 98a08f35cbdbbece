"""Learning while coding: the engine takes the definition's steps, and learning pays."""

import numpy as np
import pytest

from l3c.coding.mixture import intervals, make_mixture
from l3c.errors import FormatError
from l3c.isa import supported_isas
from l3c.wave.compiled import WaveCoder
from l3c.wave.definition import tile as definition
from l3c.wave.definition.architecture import Architecture
from l3c.wave.definition.learning import HEADS, OUTPUTS, Learning, inverse_root, mixture_gradients
from tests.checks import CONDITIONAL, COUPLED, FITTED, SMALL, SMALL_GRAY, noise, smooth_picture, untrained_network

EAGER = Learning(learning_rate=3e-3, step_pixels=16)
PARTLY = Learning(learning_rate=3e-3, step_pixels=16, first_layer=3)
HEADS_ONLY = Learning(learning_rate=3e-3, step_pixels=16, period=5, learned=2, first_layer=HEADS)
RAMPED = Learning(learning_rate=3e-3, step_pixels=16, period=9, ramp=7)
OUTPUTS_ONLY = Learning(learning_rate=3e-3, step_pixels=16, period=4, first_layer=OUTPUTS)
WAYS = {"all": EAGER, "partly": PARTLY, "heads": HEADS_ONLY, "ramped": RAMPED, "outputs": OUTPUTS_ONLY}
SIZES = [(1, 1), (1, 9), (9, 1), (17, 5), (20, 33)]


@pytest.mark.parametrize("isa", supported_isas())
@pytest.mark.parametrize(
    "architecture", [FITTED, COUPLED, SMALL_GRAY, CONDITIONAL], ids=["rgb", "coupled", "gray", "guided"]
)
@pytest.mark.parametrize("learning", WAYS.values(), ids=WAYS)
@pytest.mark.parametrize("size", SIZES)
def test_bytes_and_pixels_are_those_of_the_definition(
    isa: str, architecture: Architecture, learning: Learning, size: tuple[int, int]
) -> None:
    network = untrained_network(architecture)
    tile = smooth_picture(*size, architecture.channels)
    coder = WaveCoder(network, isa, learning=learning)
    payload = coder.encode(tile)
    assert payload == definition.encode_tile(network, tile, learning)
    np.testing.assert_array_equal(coder.decode(payload, *size, side=tile[..., : architecture.side_channels]), tile)


@pytest.mark.parametrize("learning", WAYS.values(), ids=WAYS)
def test_the_definition_decodes_too(learning: Learning) -> None:
    network, tile = untrained_network(SMALL), smooth_picture(13, 22, 3)
    payload = definition.encode_tile(network, tile, learning)
    np.testing.assert_array_equal(definition.decode_tile(network, payload, 13, 22, learning), tile)


def test_instruction_sets_agree_after_thousands_of_steps() -> None:
    network, tile = untrained_network(SMALL), np.concatenate([smooth_picture(150, 200, 3), noise(40, 200, 3)])
    payloads = {WaveCoder(network, isa, learning=EAGER).encode(tile) for isa in supported_isas()}
    assert len(payloads) == 1


def test_a_tile_starts_afresh() -> None:
    coder, tile = WaveCoder(untrained_network(SMALL), learning=EAGER), smooth_picture(40, 50, 3)
    assert coder.encode(tile) == coder.encode(tile)


def test_an_untrained_network_learns_a_picture() -> None:
    network, tile = untrained_network(SMALL), smooth_picture(200, 200, 3)
    learned = len(WaveCoder(network, learning=EAGER).encode(tile))
    assert learned < 0.9 * len(WaveCoder(network).encode(tile))


def test_damaged_payloads_raise_or_give_pixels() -> None:
    coder, tile = WaveCoder(untrained_network(SMALL), learning=EAGER), smooth_picture(20, 30, 3)
    payload = bytearray(coder.encode(tile))
    for place in range(0, len(payload), 5):
        payload[place] ^= 64
        try:
            assert coder.decode(bytes(payload), 20, 30).shape == tile.shape
        except FormatError:
            continue


def test_inverse_roots_are_close() -> None:
    x = np.exp(np.linspace(-60, 60, 1000)).astype(np.float32)
    np.testing.assert_allclose(inverse_root(x), 1 / np.sqrt(x), rtol=1e-5)


def test_slopes_agree_with_finite_differences() -> None:
    """Gradients by the means of a mixture, against the change of the cost over steps of the integers.

    Of likely symbols only, and on the whole: frequencies are integers and the logistic function a table.
    """
    random = np.random.default_rng(3)
    logits, log_scales = random.integers(-20, 20, (3, 200)), random.integers(20, 50, (3, 200))
    means, symbols = random.integers(100 << 6, 140 << 6, (3, 200)), random.integers(90, 150, 200)

    def share(moved: np.ndarray) -> np.ndarray:
        return np.log(intervals(make_mixture(logits, moved, log_scales), symbols)[1])

    likely = intervals(make_mixture(logits, means, log_scales), symbols)[1] > 128
    assert likely.sum() > 100
    step = 4 << 6
    for k in range(3):
        move = np.zeros_like(means)
        move[k] = step
        measured = (share(means - move) - share(means + move)) / 8
        stated = mixture_gradients(make_mixture(logits, means, log_scales), symbols)[1][k]
        error = (stated - measured)[likely]
        assert np.sqrt(np.mean(error**2)) < 0.08 * np.sqrt(np.mean(measured[likely] ** 2))
