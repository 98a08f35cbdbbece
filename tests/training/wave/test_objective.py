"""The gradient code, the rounding, and what training sees."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from l3c.coding.mixture import Integers, Mixture, intervals
from l3c.errors import ModelError
from l3c.training.wave.crops import Crops, read_pictures, subsample_chroma, to_coding_order
from l3c.training.wave.export import export
from l3c.training.wave.objective import initial_parameters
from l3c.training.wave.quantize import integer_weights, round_parameters, split
from l3c.wave.compiled import wave_gradient
from l3c.wave.definition import tile as definition
from l3c.wave.definition.architecture import PAIR_MAX, Architecture
from l3c.wave.definition.network import Network, read_network
from l3c.wave.definition.scales import output_units
from tests.checks import ARCHITECTURES, SMALL, smooth_picture


def crops_of(architecture: Architecture, count: int = 2, height: int = 32, width: int = 64) -> np.ndarray:
    pictures = [smooth_picture(height, width, architecture.channels, seed) for seed in range(count)]
    return np.stack(pictures)[..., list(architecture.order)]


@pytest.mark.parametrize("architecture", ARCHITECTURES.values(), ids=ARCHITECTURES)
def test_gradient_agrees_with_finite_differences_in_every_layer(architecture: Architecture) -> None:
    parameters = initial_parameters(architecture, 1)
    crops = crops_of(architecture)
    _, slope = wave_gradient(architecture, parameters, crops, False)
    at = 0
    for layer in architecture.layers():
        for count in (layer.outputs * layer.inputs, layer.outputs):
            direction = np.zeros_like(parameters)
            part = slice(at, at + count)
            direction[part] = slope[part] / np.linalg.norm(slope[part])
            at += count
            step = np.float32(2e-3)
            ahead, behind = (
                wave_gradient(architecture, parameters + s * direction, crops, False)[0] for s in (step, -step)
            )
            assert (ahead - behind) / (2 * step) == pytest.approx(slope @ direction, rel=0.03), layer.name


def exact_cost(network: Network, picture: np.ndarray) -> float:
    """Bits of all symbols by the definition's integer frequencies."""
    bits = 0.0
    true = picture.astype(np.int64).transpose(2, 0, 1)

    def code(mixture: Mixture, channel: int, rows: Integers, columns: Integers) -> Integers:
        nonlocal bits
        symbols: Integers = true[channel, rows, columns]
        bits -= float(np.log2(intervals(mixture, symbols)[1] / 65536).sum())
        return symbols

    height, width = picture.shape[:2]
    side = picture[..., : network.architecture.side_channels]
    definition.run(definition.Wavefronts(network, height, width, side), code)
    return bits


@pytest.mark.parametrize("architecture", ARCHITECTURES.values(), ids=ARCHITECTURES)
def test_the_cost_that_training_sees_is_the_cost_of_the_integers(architecture: Architecture) -> None:
    """The rounded float network and the exported integers agree to 0.1 %: training aims at what is shipped."""
    parameters = initial_parameters(architecture, 2)
    crops = crops_of(architecture, 1)
    seen, _ = wave_gradient(architecture, round_parameters(architecture, parameters), crops, True)
    network = read_network(architecture, export(architecture, parameters).__getitem__)
    assert seen == pytest.approx(exact_cost(network, crops[0]), rel=1e-3)


def test_rounded_weights_respect_the_limit_of_pairs() -> None:
    parameters = initial_parameters(Architecture(), 3)
    for layer, weights, _ in split(Architecture(), parameters):
        integers, _ = integer_weights(layer, weights, output_units(Architecture(), layer))
        start = 0
        for size in layer.segments:
            even = np.abs(integers[:, start : start + size // 2 * 2])
            assert (even[:, 0::2] + even[:, 1::2]).max(initial=0) <= PAIR_MAX
            start += size


def test_rounding_twice_changes_nothing() -> None:
    once = round_parameters(SMALL, initial_parameters(SMALL, 4))
    np.testing.assert_allclose(round_parameters(SMALL, once), once, atol=1e-6)


@pytest.fixture
def photographs(tmp_path: Path) -> Path:
    folder = tmp_path / "photographs"
    folder.mkdir()
    for seed in range(2):
        Image.fromarray(smooth_picture(150, 160, 3, seed)).save(folder / f"{seed}.png")
    (folder / "broken.png").write_bytes(b"\x89PNG nothing more")
    return folder


def test_a_damaged_picture_is_named_and_skipped(photographs: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert len(read_pictures(sorted(photographs.iterdir()))) == 2
    assert "broken.png" in caplog.text


def test_crops_follow_from_their_seed(photographs: Path) -> None:
    crops = Crops(read_pictures(sorted(photographs.glob("[01].png"))), 64, 3)
    first, other, again = (crops.batch(6, (5, number)) for number in (0, 1, 0))
    np.testing.assert_array_equal(first, again)
    assert first.shape == (6, 64, 64, 3)
    assert (first != other).any()


def test_coding_order_is_green_red_blue_or_luma() -> None:
    pixel = np.array([[[10, 20, 30]]], np.uint8)
    assert to_coding_order(pixel, 3).tolist() == [[[20, 10, 30]]]
    assert to_coding_order(pixel, 1).tolist() == [[[18]]]


def test_subsampled_chroma_keeps_gray_as_it_is() -> None:
    gray = np.repeat(smooth_picture(16, 16, 1), 3, axis=2)
    np.testing.assert_array_equal(subsample_chroma(gray), gray)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("place", [0, -1])
def test_what_is_no_finite_number_is_not_exported(value: float, place: int) -> None:
    parameters = initial_parameters(SMALL, 0)
    parameters[place] = value
    with pytest.raises(ModelError, match=r"stage1\.0|head2\.1"):
        export(SMALL, parameters)
