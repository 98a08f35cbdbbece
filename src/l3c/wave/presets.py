"""The wave models that come with the package: weights, names, digests.

A preset is one safetensors file for each number of channels, whose metadata holds the architecture; several presets may
share a file.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import NamedTuple

from l3c.errors import ModelError
from l3c.wave.learning import HEADS, STAGE_TWO, Learning
from l3c.wave.model import WaveModel, need_processor
from l3c.wave.model_file import read_stored

FOLDER = Path(__file__).parent / "weights"


class Preset(NamedTuple):
    """Where a model of the package lies, and its digest, which loading checks; how it learns while it codes."""

    file: str
    digest: str
    learning: Learning


HEADS_LEARN = Learning(rate=1.5e-3, momentum=0.2, epsilon=1e-3, group=64, first=HEADS)
ALL_LEARN = replace(HEADS_LEARN, rate=7e-4, first=STAGE_TWO)
FAST, EVERYDAY = replace(HEADS_LEARN, every=5, group=128), replace(HEADS_LEARN, every=3)
LEARNING = {"everyday": EVERYDAY, "fast": FAST, "archives": ALL_LEARN, "none": None}
"""Ways to learn, by what they are for."""

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


@cache
def load(name: str, channels: int, device: str = "auto") -> WaveModel | None:
    """The preset of that name for that many channels, or None.

    Raises ModelError where its file was changed, EngineError for other devices than the processor.
    """
    preset = PRESETS.get((name, channels))
    if preset is None:
        return None
    need_processor(name, device)
    model = read_stored(str(FOLDER / preset.file)).model(name, preset.learning)
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
