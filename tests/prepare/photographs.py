"""Photographs large enough for the rules, and packed batches."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

WIDE = Image.fromarray(np.random.default_rng(0).integers(60, 140, (40, 50, 3)).astype(np.uint8)).resize((700, 660))


def save(path: Path, image: Image.Image) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    image.save(path)


def tar_of(folder: Path, path: Path) -> None:
    """A tar.gz of all files below a folder."""
    with tarfile.open(path, "w:gz") as archive:
        archive.add(folder, folder.name)


def batch(count: int, side: int) -> dict[str, Any]:
    """As downsampled ImageNet packs its pictures."""
    data: NDArray[np.uint8] = np.random.default_rng(side).integers(0, 256, (count, 3 * side * side)).astype(np.uint8)
    return {"data": data, "labels": [1] * count, "mean": data.mean(axis=0)}


def jpeg(image: Image.Image) -> bytes:
    file = io.BytesIO()
    image.save(file, "JPEG")
    return file.getvalue()
