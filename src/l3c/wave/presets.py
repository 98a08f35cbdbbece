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
from l3c.wave.definition.learning import HEADS, STAGE_TWO, Learning
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
FAST, EVERYDAY = replace(HEADS_LEARN, every=5, group=128), replace(HEADS_LEARN, rate=1e-3, every=5, taken=2)
LEARNING = {"everyday": EVERYDAY, "fast": FAST, "archives": ALL_LEARN, "none": None}
"""Ways to learn, by what they are for."""

SMALL, LARGE = "rgb-37k.safetensors", "rgb-82k-coupled.safetensors"
GRAY, GRAY_FITTED = "gray-22k.safetensors", "gray-22k-fitted.safetensors"
CHROMA, CHROMA_FIT = "chroma-28k.safetensors", "chroma-28k-fitted.safetensors"
PRESETS = {
    ("wave-fast", 1): Preset(GRAY, "0001417041820458e26ad1be95727b3c14ecdc7436d30f4018916f2a3967a265", FAST),
    ("wave-fast", 2): Preset(CHROMA, "f619f539b45fe0033046b4534680a8421ac713f46e629805f412e9131832a46b", FAST),
    ("wave-fast", 3): Preset(SMALL, "a77b36f27dd539c687530ce39a810d04eb1cdcb5b43bee839a26f66b1422686f", FAST),
    ("wave", 1): Preset(GRAY_FITTED, "b0474dafa5e00090ab879832cee83fb03bcdfa73efa7604531bdf5c078527f4d", HEADS_LEARN),
    ("wave", 2): Preset(CHROMA_FIT, "61eac8215c559138359334db4355ab3de2e226409772dfb9aa8cc820da76bb58", HEADS_LEARN),
    ("wave", 3): Preset(LARGE, "3d0ca33b6343b60a5d67425c57c6552563b004b3dc787e9c3bf870085cda76e2", EVERYDAY),
    ("wave-max", 1): Preset(GRAY_FITTED, "4641c6cb0fb3585f0dd0de730bdcfa245e41c3200d0a4c10234907f276e6f5e0", ALL_LEARN),
    ("wave-max", 2): Preset(CHROMA_FIT, "88774b000b7f1acdcc46db5406cd6c8955c866e8f1511b053f06ca2cf1e62bc9", ALL_LEARN),
    ("wave-max", 3): Preset(LARGE, "e5bd18bd12597444f63b79271a8c7c801c1988c3517dc03b1eee93112ec85d29", ALL_LEARN),
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
