"""The coefficient models that come with the package: weights, names, digests."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from l3c.dct.model import DctModel, read_model
from l3c.errors import ModelError
from l3c.models.search_path import COEFFICIENTS, Row

FOLDER = Path(__file__).parent / "weights"
"""Where the files lie."""


class Preset(NamedTuple):
    """A file, and its digest, which loading checks."""

    file: str
    digest: str


PRESETS = {
    "jpeg": Preset("jpeg-1m.safetensors", "39329dfebda94bb078b6499876c14804d4240868524e705fee50378953f4e233"),
    "jpeg-fast": Preset("jpeg-349k.safetensors", "ffe3faa71c6ba073ae8a6119741504657348e6e592f7c75d429569164214bae3"),
}
"""By name."""


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


def names() -> list[str]:
    """All presets, sorted."""
    return sorted(PRESETS)


def by_digest(digest: bytes) -> DctModel | None:
    """The preset whose digest begins with these bytes, or None; raises as `load`."""
    for name, preset in PRESETS.items():
        if bytes.fromhex(preset.digest).startswith(digest):
            return load(name)
    return None


def listing() -> Iterator[Row]:
    """(name, COEFFICIENTS, digest, file, problem) of every preset, read and verified."""
    for name, preset in PRESETS.items():
        file = str(FOLDER / preset.file)
        try:
            load(name)
        except ModelError as error:
            yield name, 0, preset.digest, file, str(error)
        else:
            yield name, COEFFICIENTS, preset.digest, file, ""
