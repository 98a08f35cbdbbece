"""What pictures cost: settings and results of evaluations. No PyTorch here."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from l3c.errors import ModelError

MAX_PIXELS = 2000 * 1500
"""Larger pictures are cut into quarters, as the original does."""

Progress = Callable[[float], None]
"""Called with the share done, 0..1."""


@dataclass(frozen=True)
class Settings:
    """recursions: None lets the network choose. max_pixels: larger pictures are cut."""

    recursions: int | None = None
    max_pixels: int = MAX_PIXELS
    bfloat16: bool = False


@dataclass(frozen=True)
class PictureCost:
    """bits: of each scale, the uniform one last, padding included; or of a real file. subpixels: without padding."""

    name: str
    subpixels: int
    bits: tuple[float, ...]

    @property
    def bpsp(self) -> float:
        return sum(self.bits) / self.subpixels


def check_finite(bits: Iterable[float], weights: str, picture: Path | str) -> None:
    """Raise ModelError where a cost is no number that means something. weights: file or experiment they are from."""
    if not all(map(math.isfinite, bits)):
        raise ModelError(f"{weights}: gives no finite cost of {picture}: its weights are not finite, or far too large")


@dataclass(frozen=True)
class Result:
    """One network on one test set. bpsp: the plain mean over pictures; scales: the same of each scale.

    iteration: of the checkpoint; None of a model that is none. skipped: names of pictures that could not be read.
    """

    testset: str
    experiment: str
    iteration: int | None
    recursions: int
    pictures: tuple[PictureCost, ...]
    skipped: tuple[str, ...] = ()

    @property
    def bpsp(self) -> float:
        return float(np.mean([picture.bpsp for picture in self.pictures]))

    @property
    def scales(self) -> list[float]:
        """Bits per sub-pixel of the image, for each scale."""
        return np.mean([np.array(p.bits) / p.subpixels for p in self.pictures], axis=0).tolist()  # type: ignore[no-any-return]

    def to_dict(self) -> dict[str, Any]:
        return {**asdict(self), "bpsp": self.bpsp, "scales": self.scales}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Result:
        pictures = tuple(PictureCost(p["name"], p["subpixels"], tuple(p["bits"])) for p in values["pictures"])
        skipped = tuple(values["skipped"])
        return cls(
            values["testset"], values["experiment"], values["iteration"], values["recursions"], pictures, skipped
        )
