"""The wave models that come with the package: weights, names, digests.

A preset is one safetensors file for each number of channels, whose metadata holds the architecture; several presets may
share a file.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from l3c.errors import EngineError, ModelError
from l3c.wave.architecture import Architecture
from l3c.wave.learning import HEADS, STAGE_TWO, Learning
from l3c.wave.network import Network, read_network
from l3c.wave.plan import parts
from l3c.wave.tuning import tune

FOLDER = Path(__file__).parent / "weights"
FORMAT = "l3c-wave-1"
TILE = 1024
"""Nominal side, pixels: a network learns anew in each tile."""


class Preset(NamedTuple):
    """Where a model of the package lies, and its digest, which loading checks; how it learns while it codes."""

    file: str
    digest: str
    learning: Learning


HEADS_LEARN = Learning(rate=1.5e-3, momentum=0.2, epsilon=1e-3, group=64, first=HEADS)
ALL_LEARN = replace(HEADS_LEARN, rate=7e-4, first=STAGE_TWO)
FAST, EVERYDAY = replace(HEADS_LEARN, every=5, group=128), replace(HEADS_LEARN, every=3)

SMALL, LARGE = "rgb-37k.safetensors", "rgb-81k-fitted.safetensors"
GRAY, GRAY_FITTED = "gray-22k.safetensors", "gray-22k-fitted.safetensors"
PRESETS = {
    ("wave-fast", 1): Preset(GRAY, "0a7046bb033beb0490b8bf26aa004db0ec125531868db74691b9416172a2d77d", FAST),
    ("wave-fast", 3): Preset(SMALL, "70980b66456884612300436d8e0ba04eb38153dd2bfb6c5e8e519f07d8edb2c3", FAST),
    ("wave", 1): Preset(GRAY_FITTED, "f3a9f0371a8ce1c423af8f7a7692ae9242fd8b795ff2e072abadd2ad1b014e97", HEADS_LEARN),
    ("wave", 3): Preset(LARGE, "74942f76608b02168560c4604d5b7110234d6a0322a4f5db6329e16353ca088a", EVERYDAY),
    ("wave-max", 1): Preset(GRAY_FITTED, "4f49db8bde7140d15d7d9fed0341780e86b6767274d9aca0026ce192de4f459b", ALL_LEARN),
    ("wave-max", 3): Preset(LARGE, "c37e9aabc8b433c3a7cd0092c286c1d5ce0d5506fd1bc496755532b5db3a9c37", ALL_LEARN),
}
"""(name, channels) to preset."""


def canonical_digest(
    architecture: Architecture, tensors: dict[str, NDArray[np.generic]], learning: Learning | None = None
) -> bytes:
    """SHA-256 over the configuration and all tensors in the order of their names, little-endian."""
    configuration = [FORMAT, architecture.to_dict()] + ([learning.to_dict()] if learning else [])
    hasher = hashlib.sha256(json.dumps(configuration, sort_keys=True).encode())
    for name in sorted(tensors):
        tensor = tensors[name]
        hasher.update(f"{name} {tensor.dtype.name} {list(tensor.shape)} ".encode())
        hasher.update(np.ascontiguousarray(tensor, tensor.dtype.newbyteorder("<")).tobytes())
    return hasher.digest()


class WaveModel:
    """A network, its name and digest; tiles are coded by the engine. Implements codec.models.TileModel."""

    def __init__(
        self,
        name: str,
        network: Network,
        digest: bytes,
        learning: Learning | None = None,
        tile: int = TILE,
    ) -> None:
        from l3c.engine import WaveCoder

        self.name, self.network, self.digest, self.tile, self.learning = name, network, digest, tile, learning
        self.channels = network.architecture.channels
        self._coder = WaveCoder(network, learning=learning)

    @property
    def isa(self) -> str:
        """The instruction set in use."""
        return self._coder.isa

    def encode(self, tile: NDArray[np.uint8], /) -> bytes:
        """Payload of a tile, uint8 [height, width, channels]."""
        return self._coder.encode(tile)

    def decode(self, payload: bytes, height: int, width: int, /) -> NDArray[np.uint8]:
        """uint8 [height, width, channels]; raises FormatError on a damaged payload."""
        return self._coder.decode(payload, height, width)

    def tunings(self, samples: NDArray[np.uint8], effort: int, /) -> Iterator[bytes]:
        """Tunings to samples, uint8 [height, width, channels], one after another; the first ones for any effort."""
        from l3c.wave.search import Search
        from l3c.wave.tuning_code import write_numbers

        search = Search(self.network, samples)
        for part in parts(samples.shape[0] * samples.shape[1], effort) if search.possible else ():
            search.run(*part)
            yield write_numbers(self.network.architecture, *search.found())

    def tuned(self, data: bytes, /) -> TunedWaveModel:
        """The model tuned by what a file holds. Raises FormatError."""
        return TunedWaveModel(self, data)


class TunedWaveModel(WaveModel):
    """A model tuned to an image. Implements codec.models.TunedModel."""

    def __init__(self, base: WaveModel, data: bytes) -> None:
        from l3c.wave.tuning_code import read_numbers

        network = tune(base.network, read_numbers(base.network.architecture, data))
        super().__init__(base.name, network, base.digest, base.learning, base.tile)
        self.base, self.tuning = base, data


def read_model(name: str, path: Path, learning: Learning | None = None, tile: int = TILE) -> WaveModel:
    """Read a weight file. Raises ModelError naming it where it is missing or not a wave model."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, "numpy") as file:
            metadata = file.metadata() or {}
            tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
    except (OSError, SafetensorError) as error:
        raise ModelError(f"{path}: {error}") from error
    try:
        if metadata.get("format") != FORMAT:
            raise ValueError(f"format {metadata.get('format')!r}, expected {FORMAT!r}")
        architecture = Architecture(**json.loads(metadata["architecture"]))
        network = read_network(architecture, tensors.__getitem__)
        return WaveModel(name, network, canonical_digest(architecture, tensors, learning), learning, tile)
    except EngineError:
        raise
    except (KeyError, TypeError, ValueError) as error:
        raise ModelError(f"{path}: not a wave model: {error}") from error


@cache
def load(name: str, channels: int, device: str = "auto") -> WaveModel | None:
    """The preset of that name for that many channels, or None.

    Raises ModelError where its file was changed, EngineError for other devices than the processor.
    """
    preset = PRESETS.get((name, channels))
    if preset is None:
        return None
    if device == "cuda":
        raise EngineError(f"model {name!r} is computed by the processor, not by CUDA devices")
    model = read_model(name, FOLDER / preset.file, preset.learning)
    if model.digest.hex() != preset.digest:
        raise ModelError(f"{FOLDER / preset.file}: digest {model.digest.hex()}, expected {preset.digest}")
    return model


def names() -> list[str]:
    """All presets, sorted."""
    return sorted({name for name, _ in PRESETS})


def by_digest(digest: bytes, device: str = "auto") -> WaveModel | None:
    """The preset whose digest begins with these bytes, or None; raises as `load`."""
    for (name, channels), preset in PRESETS.items():
        if bytes.fromhex(preset.digest).startswith(digest):
            return load(name, channels, device)
    return None


def listing() -> Iterator[tuple[str, int, str, str, str]]:
    """(name, channels, digest, file, problem) of every preset, read and verified."""
    for (name, channels), preset in PRESETS.items():
        file = str(FOLDER / preset.file)
        try:
            load(name, channels)
        except ModelError as error:
            yield name, 0, preset.digest, file, str(error)
        else:
            yield name, channels, preset.digest, file, ""
