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
from l3c.wave.definition.learning import HEADS, SHARED, STAGE_TWO, Learning
from l3c.wave.model import WaveModel, need_processor
from l3c.wave.model_file import read_stored

FOLDER = Path(__file__).parent / "weights"  # inside the package


class Preset(NamedTuple):
    """Where a model of the package lies, and its digest, which loading checks; how it learns while it codes."""

    file: str
    digest: str
    learning: Learning


HEADS_LEARN = Learning(learning_rate=1.5e-3, first_moment_rate=0.2, epsilon=1e-3, step_pixels=64, first_layer=HEADS)
"""The rate, 1.5e-3, the momentum of 0.8, epsilon, and a step each 64 pixels: see What was tried in docs/models.md."""

ALL_LEARN = replace(HEADS_LEARN, learning_rate=7e-4, first_layer=STAGE_TWO)
"""Half the rate where the large layers learn too: see What was tried in docs/models.md."""

FAST_HEADS = replace(HEADS_LEARN, period=5, step_pixels=128)
"""One of five wavefronts, of the networks for gray and chroma. The period is odd because 4:2:0 chroma leaves a pattern
every second wavefront; an even period would adapt to one phase only."""

FAST = replace(HEADS_LEARN, learning_rate=1e-3, period=19, first_layer=STAGE_TWO, ramp=240)
"""All layers behind the cached features, often at first and ever more rarely: a network learns most from the first
pixels of a tile, whose wavefronts are short. See Tried: learning while coding in docs/experiments.md."""

LIGHT = replace(HEADS_LEARN, learning_rate=2e-3, period=9, first_layer=STAGE_TWO)
"""All layers behind the cached features, from one of nine wavefronts: a small network gains most from its larger
layers, and rarer learning leaves it faster than JPEG XL with AVX2. See Tried: other networks in docs/experiments.md."""

EVERYDAY = replace(HEADS_LEARN, learning_rate=7e-4, period=19, first_layer=SHARED, ramp=300)
"""Heads and the layer before them, often at first and ever more rarely. See Tried: learning while coding in
docs/experiments.md."""

LEARNING = {"everyday": EVERYDAY, "light": LIGHT, "fast": FAST, "archives": ALL_LEARN, "none": None}
"""Ways to learn, by what they are for."""

LIGHTEST = "rgb-8k.safetensors"  # RGB, 8,149 weights
LIGHTEST_GRAY = "gray-6k.safetensors"  # one channel, 5,638 weights
LIGHTEST_CHROMA = "chroma-8k.safetensors"  # two channels given luma, 8,063 weights
SMALL = "rgb-27k-coupled.safetensors"  # RGB, 26,648 weights, with coupled channels
MIDDLE = "rgb-61k-coupled.safetensors"  # RGB, 61,139 weights, with the fit and coupled channels
LARGE = "rgb-82k-coupled.safetensors"  # RGB, 81,971 weights, with the fit and coupled channels
GRAY = "gray-22k.safetensors"  # one channel, 21,788 weights
GRAY_FITTED = "gray-22k-fitted.safetensors"  # the same with the fit
CHROMA = "chroma-28k.safetensors"  # two channels given luma, 28 k weights
CHROMA_FIT = "chroma-28k-fitted.safetensors"  # the same with the fit
PRESETS = {
    ("wave-light", 1): Preset(LIGHTEST_GRAY, "1a7bca5f2da11a9d12167f55e3ad11d5d791fd5af786a253a0450ffb0873c2f0", LIGHT),
    ("wave-light", 2): Preset(
        LIGHTEST_CHROMA, "bdac02a0c57e7610379b098950fb85e11416b16671944214d5abd1c84550cf52", LIGHT
    ),
    ("wave-light", 3): Preset(LIGHTEST, "7fbc2fc79afceaad277f49058df069c4deeed316d96f7c277e45a7d1eedab08b", LIGHT),
    ("wave-fast", 1): Preset(GRAY, "d1dce8e5b4e6ad6281a4a7736a0d1cc5ed22e07de3b769abcb8fdf56ac6f3e26", FAST_HEADS),
    ("wave-fast", 2): Preset(CHROMA, "8e35cec82520ec653ca7ff34844794ec834b9496f72ba75f81d063ece9178b03", FAST_HEADS),
    ("wave-fast", 3): Preset(SMALL, "a3bb60d2b88c3d8b5717a7f3463201b090458ee1459a6c64f7614ea301296ae1", FAST),
    ("wave", 1): Preset(GRAY_FITTED, "c24232e3c5b106e4dd0c916caff003285de61a36d206e31cc0cd11df07091a64", HEADS_LEARN),
    ("wave", 2): Preset(CHROMA_FIT, "2aa7760d6cece80404f16a7564d8bcab26ffc3d292683d359bb073b3787d6cd4", HEADS_LEARN),
    ("wave", 3): Preset(MIDDLE, "4e2b48ed49c3c111d74dce03b99a188d5c38076e1fe41b1c0fb791fe50de994b", EVERYDAY),
    ("wave-max", 1): Preset(GRAY_FITTED, "b769a4ad170e82ebb88c6c1de3603202af471b783e5d5a4fe8d68e300d191304", ALL_LEARN),
    ("wave-max", 2): Preset(CHROMA_FIT, "98a24bf73595fed251362b047e368111df4d4d8c1c4679d2499c587b5f93d646", ALL_LEARN),
    ("wave-max", 3): Preset(LARGE, "e04e280b41f7c1dc1212cc8e06946adbace719d39e641c9d95fdba883a8f2b99", ALL_LEARN),
}
"""(name, channels) to preset; 2 channels are chroma given luma."""


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
