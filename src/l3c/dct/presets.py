"""The coefficient models that come with the package: weights, names, digests."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import NamedTuple

from l3c.dct.model import DctModel, read_model
from l3c.errors import ModelError

FOLDER = Path(__file__).parent / "weights"
"""Where the files lie."""


class Preset(NamedTuple):
    """A file, and its digest, which loading checks."""

    file: str
    digest: str


# by name
PRESETS = {"jpeg": Preset("jpeg-1m.safetensors", "39329dfebda94bb078b6499876c14804d4240868524e705fee50378953f4e233")}


@cache
def load(name: str) -> DctModel | None:
    """The preset of that name, or None. Raises ModelError where its file was changed."""
    preset = PRESETS.get(name)
    if preset is None:
        return None
    model = read_model(str(FOLDER / preset.file))
    if model.digest.hex() != preset.digest:
        raise ModelError(f"{FOLDER / preset.file}: digest {model.digest.hex()}, expected {preset.digest}")
    return DctModel(name, model.networks, model.digest, model.calibrated)
