"""What several tests need: made-up pictures and a made-up network, both from a seed."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from dataclasses import replace
from unittest.mock import patch

import numpy as np
from numpy.typing import NDArray

from l3c.codec import encode, graphics
from l3c.codec.encode import encode_components
from l3c.container.constants import GRAY, RGB, TILE_SIDE_MAX
from l3c.container.read import read_file
from l3c.container.structure import ImageHeader
from l3c.container.write import write_file
from l3c.training.wave.export import export
from l3c.training.wave.objective import initial_parameters
from l3c.wave import presets
from l3c.wave.adaptation.apply import count, groups
from l3c.wave.definition.architecture import COMPONENTS_MAX, GRANULE, PAIR_MAX, WIDTH_MAX, WIDTHS, Architecture
from l3c.wave.definition.architecture import FITTED as FITTED_MAX
from l3c.wave.definition.network import IntegerLayer, Network, read_network
from l3c.wave.model import WaveModel

SMALL = Architecture(hidden1=8, cached=8, hidden2=16, hidden3=12, head=8, components=3)
FITTED = Architecture(hidden1=8, cached=8, hidden2=16, hidden3=12, head=8, components=3, fitted=12)
CONDITIONAL = Architecture(hidden1=8, cached=4, hidden2=12, hidden3=8, head=8, components=2, fitted=12, side_channels=1)
SMALL_GRAY = Architecture(channels=1, hidden1=8, cached=4, hidden2=12, hidden3=8, head=8, components=2, fitted=12)
COUPLED = replace(FITTED, coupled=1)
ARCHITECTURES = {
    "rgb": SMALL,
    "fitted": FITTED,
    "coupled": COUPLED,
    "coupled, not fitted": replace(SMALL, coupled=1),
    "gray": SMALL_GRAY,
    "coupled gray": replace(SMALL_GRAY, coupled=1),
    "guided": CONDITIONAL,
}
"""Of every kind one, small."""


def smooth_picture(height: int, width: int, channels: int, seed: int = 0) -> NDArray[np.uint8]:
    """uint8 [height, width, channels]: a slope with grain, and corners that reach 0 and 255."""
    random = np.random.default_rng(seed)
    y, x, c = np.ogrid[:height, :width, :channels]
    values = 128 + 60 * np.sin(x / 17 + c) + 60 * np.cos(y / 11) + random.normal(0, 4, (height, width, channels))
    values[: height // 8 + 1, : width // 8 + 1] = 0
    values[-(height // 8 + 1) :, -(width // 8 + 1) :] = 255
    picture: NDArray[np.uint8] = np.clip(values, 0, 255).astype(np.uint8)
    return picture


def noise(height: int, width: int, channels: int, seed: int = 0) -> NDArray[np.uint8]:
    """uint8 [height, width, channels]: every value as likely as any other."""
    return np.random.default_rng(seed).integers(0, 256, (height, width, channels)).astype(np.uint8)


def untrained_network(architecture: Architecture, seed: int = 0) -> Network:
    """A network as export makes it, from initial parameters with lively biases."""
    parameters = initial_parameters(architecture, seed)
    parameters += np.random.default_rng(seed).normal(0, 0.05, parameters.size).astype(np.float32)
    return read_network(architecture, export(architecture, parameters).__getitem__)


def random_architecture(random: np.random.Generator) -> Architecture:
    """Mostly narrow, now and then as wide as can be; every optional part or none."""

    def width() -> int:
        return WIDTH_MAX if random.random() < 0.08 else GRANULE * int(random.integers(1, 12))

    channels, side_channels = ((1, 0), (3, 0), (3, 1))[random.integers(3)]
    widths = {name: width() for name in WIDTHS}
    components, fitted = int(random.integers(1, COMPONENTS_MAX + 1)), int(random.choice([0, FITTED_MAX]))
    coupled = int(random.integers(2)) if not side_channels else 0
    return Architecture(
        channels=channels, **widths, components=components, fitted=fitted, coupled=coupled, side_channels=side_channels
    )


def random_network(architecture: Architecture, random: np.random.Generator) -> Network:
    """Any weights whose pairs may stand together, and biases and shifts that keep most activations inside."""
    layers = []
    for layer in architecture.layers():
        weights = random.integers(-PAIR_MAX // 2, PAIR_MAX // 2 + 1, (layer.outputs, layer.inputs)).astype(np.int8)
        bias = random.integers(-100_000, 100_001, layer.outputs).astype(np.int32)
        layers.append(IntegerLayer(weights, bias, random.integers(6, 13, layer.outputs).astype(np.uint8)))
    return Network(architecture, tuple(layers))


def random_numbers(architecture: Architecture, seed: int = 0) -> tuple[list[int], NDArray[np.int64]]:
    """Powers of all groups and numbers of an adaptation, some groups 0, some numbers at their limits."""
    random = np.random.default_rng(seed)
    powers, numbers = [], np.zeros(count(architecture), np.int64)
    for group in groups(architecture):
        power, size = int(random.integers(7)), group.place.stop - group.place.start
        small = np.clip(np.rint(random.laplace(0, 3, size)), -31, 31).astype(np.int64)
        small[0] = random.choice([-31, 31])
        numbers[group.place] = small << power - 1 if power else 0
        powers.append(power)
    return powers, numbers


CHANNELS = {"rgb": 3, "gray": 1}
"""Names for test parameters, and the channels they stand for."""


def packaged_model(channels: int, tile: int | None = None, name: str = "wave") -> WaveModel:
    """A packaged model; tile: another nominal tile side, so that small pictures have many tiles."""
    model = presets.load(name, channels)
    assert model is not None
    changed = copy(model)
    changed.tile = tile or model.tile
    return changed


def encode_tiled(
    picture: NDArray[np.uint8],
    model: WaveModel,
    metadata: dict[bytes, bytes] | None = None,
    threads: int = 1,
    progress: Callable[[float], None] = lambda share: None,
    effort: int = 1,
) -> bytes:
    """A file of a picture [height, width, 1 or 3] with a given model, or stored: graphics are not tried."""
    height, width, channels = picture.shape
    header = ImageHeader(RGB if channels == 3 else GRAY, height, width)
    with patch.object(encode, "is_drawn", return_value=False), patch.object(graphics, "attempt", return_value=None):
        ways = encode_components(header, [picture], {channels: model}, metadata or {}, threads, progress, effort=effort)
    return bytes(min(ways, key=len))


def in_sections(file: bytes) -> bytes:
    """A file of one picture without adaptations, with all its sections, since its tiles may be larger than it needs."""
    contents = read_file(file)
    return write_file(replace(contents, tile_side=TILE_SIDE_MAX))


def plain(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """As `l3c.decode` gives it: gray pictures have two axes."""
    return picture[..., 0] if picture.shape[2] == 1 else picture
