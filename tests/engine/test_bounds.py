"""Whatever the widths: the engine's layers are the definition's, its bytes too, and no buffer is left."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from l3c.isa import supported_isas
from l3c.training.wave.objective import initial_parameters
from l3c.wave.compiled import WaveCoder, layers_of, wave_gradient
from l3c.wave.definition import tile as definition
from l3c.wave.definition.architecture import BOUNDS, WIDTH_MAX, WIDTHS, Architecture
from l3c.wave.definition.learning import OUTPUTS, STAGE_TWO, Learning
from l3c.wave.definition.scales import offset_inputs
from l3c.wave.model import WaveModel
from l3c.wave.model_file import Tensors, file_content, read_stored
from tests.checks import ARCHITECTURES, random_architecture, random_network, smooth_picture
from tests.house.sources import ROOT

WIDE = Architecture(**dict.fromkeys(WIDTHS, WIDTH_MAX), components=8, fitted=12, coupled=1)
NARROW = Architecture(channels=1, **dict.fromkeys(WIDTHS, 4), components=1)
UNUSUAL = [
    Architecture(hidden1=16, cached=4, hidden2=4, hidden3=512, head=16, components=3),
    Architecture(hidden1=512, cached=4, hidden2=4, hidden3=4, head=4),
    Architecture(hidden1=4, cached=4, hidden2=4, hidden3=4, head=512, fitted=12, coupled=1),
    Architecture(channels=1, hidden1=4, cached=512, hidden2=4, hidden3=8, head=4),
]


Described = list[tuple[str, int, list[tuple[int, bool]]]]
"""Name, outputs and segments of each layer."""


def of_definition(architecture: Architecture) -> Described:
    found = []
    for layer in architecture.layers():
        offsets = np.zeros(layer.inputs, bool)
        offsets[offset_inputs(architecture, layer)] = True
        ends = np.cumsum(layer.segments)
        segments = [
            (size, bool(offsets[end - size : end].all())) for size, end in zip(layer.segments, ends, strict=True)
        ]
        assert sum(size for size, offset in segments if offset) == offsets.sum()
        found.append((layer.name, layer.outputs, [(size, offset or not size) for size, offset in segments]))
    return found


def of_engine(architecture: Architecture) -> Described:
    return [
        (layer.name, layer.outputs, [(segment.size, segment.offset) for segment in layer.segments])
        for layer in layers_of(architecture)
    ]


@pytest.mark.parametrize("seed", range(20))
def test_layers_are_those_of_the_definition(seed: int) -> None:
    random = np.random.default_rng(seed)
    for architecture in (WIDE, NARROW, *UNUSUAL, *ARCHITECTURES.values(), random_architecture(random)):
        assert of_engine(architecture) == of_definition(architecture)


@pytest.mark.parametrize("name", BOUNDS)
@pytest.mark.parametrize("value", [-4, 9, 516, 2**33, 8.5, "8", None])
def test_the_engine_refuses_what_the_definition_does(name: str, value: object) -> None:
    with pytest.raises(ValueError, match=name):
        Architecture(**{name: value})  # type: ignore[arg-type]
    forced = Architecture()
    object.__setattr__(forced, name, value)
    with pytest.raises(ValueError, match=rf"{name}|widths"):
        layers_of(forced)


def test_the_engine_refuses_rates_and_steps_that_the_definition_does() -> None:
    network = random_network(NARROW, np.random.default_rng(0))
    for name, value in {
        "learning_rate": 0.0,
        "epsilon": float("nan"),
        "step_pixels": 0,
        "period": 2**40,
        "first_layer": 6,
        "learned": 2,
        "ramp": -1,
    }.items():
        with pytest.raises(ValueError, match="learning"):
            Learning(**{name: value})  # type: ignore[arg-type]
        forced = Learning()
        object.__setattr__(forced, name, value)
        with pytest.raises(ValueError, match=rf"{name}|out of range"):
            WaveCoder(network, learning=forced)


def learning_of(random: np.random.Generator) -> Learning | None:
    """None, or any: at rates at which numbers explode, too."""
    if random.integers(3) == 0:
        return None
    rate, momentum, epsilon = (float(random.choice(values)) for values in ([1e-3, 1.0], [0.2, 1.0], [1e-8, 1e-3]))
    first = int(random.integers(STAGE_TWO, OUTPUTS + 1))
    every, group = int(random.integers(1, 8)), int(random.integers(1, 20))
    taken, ramp = int(random.integers(1, every + 1)), int(random.integers(0, 3))
    return Learning(
        rate, momentum, epsilon=epsilon, step_pixels=group, period=every, learned=taken, first_layer=first, ramp=ramp
    )


@pytest.mark.parametrize("seed", range(30))
def test_random_networks_code_as_the_definition(seed: int) -> None:
    random = np.random.default_rng(seed)
    architecture = UNUSUAL[seed] if seed < len(UNUSUAL) else random_architecture(random)
    network, learning = random_network(architecture, random), learning_of(random)
    height, width = int(random.integers(1, 7)), int(random.integers(1, 9))
    tile = smooth_picture(height, width, architecture.channels, seed)
    payload = definition.encode_tile(network, tile, learning)
    for isa in supported_isas():
        coder = WaveCoder(network, isa, learning=learning)
        assert coder.encode(tile) == payload, (isa, architecture, learning)
        decoded = coder.decode(payload, height, width, side=tile[..., : architecture.side_channels])
        np.testing.assert_array_equal(decoded, tile)


def test_the_widest_network_codes_on_every_instruction_set() -> None:
    """Rows enough for more than a block of lanes."""
    network, tile = random_network(WIDE, np.random.default_rng(1)), smooth_picture(35, 4, 3)
    for learning in (None, Learning(step_pixels=64, period=8)):
        payloads = {WaveCoder(network, isa, learning=learning).encode(tile) for isa in supported_isas()}
        assert len(payloads) == 1


@pytest.mark.parametrize("architecture", [WIDE, NARROW, *UNUSUAL])
@pytest.mark.parametrize("isa", supported_isas())
def test_gradients_are_finite_whatever_the_widths(
    architecture: Architecture, isa: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    parameters = initial_parameters(architecture, 0)
    crop = smooth_picture(2, 32, architecture.channels)[None]
    portable, slope = gradient_on("portable", architecture, parameters, crop, monkeypatch)
    bits, other = gradient_on(isa, architecture, parameters, crop, monkeypatch)
    assert np.isfinite(slope).all()
    assert bits == pytest.approx(portable, rel=1e-3)
    np.testing.assert_allclose(other, slope, atol=2e-3 * float(np.abs(slope).max()))


def gradient_on(
    isa: str, architecture: Architecture, parameters: np.ndarray, crop: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> tuple[float, np.ndarray]:
    monkeypatch.setenv("L3C_ISA", isa)
    return wave_gradient(architecture, parameters, crop, False)


def test_a_model_file_of_unusual_widths_codes(tmp_path: Path) -> None:
    network = random_network(UNUSUAL[0], np.random.default_rng(5))
    tensors: Tensors = {
        f"{layer.name}.{name}": value
        for layer, integers in zip(UNUSUAL[0].layers(), network.layers, strict=True)
        for name, value in (("weight", integers.weights), ("bias", integers.bias), ("shift", integers.shift))
    }
    path, tile = tmp_path / "wide.safetensors", smooth_picture(30, 40, 3)
    path.write_bytes(file_content(UNUSUAL[0], tensors, None)[0])
    model: WaveModel = read_stored(str(path)).model("wide", None)
    np.testing.assert_array_equal(model.decode(model.encode(tile), 30, 40), tile)


@pytest.mark.skipif(shutil.which("g++") is None, reason="there is no g++")
def test_the_sanitizers_find_nothing() -> None:
    """Portable C++ alone, whose buffers are those of all; `make sanitize` has every instruction set."""
    script = ROOT / "engine" / "tests" / "sanitize.sh"
    done = subprocess.run([script, "-12", "portable"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "agree" in done.stdout
