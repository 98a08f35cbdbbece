"""Small trees of pictures, and what stands in a folder after a run."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

import l3c
from l3c.bulk.run import RunSummary, convert_folder
from l3c.bulk.transfer import Transfer
from l3c.convert.files import EncodeOptions
from l3c.convert.operations import Encoding
from tests.checks import smooth_picture

Pixels = NDArray[np.uint8]


def make_tree(root: Path, count: int = 4, side: int = 12) -> dict[str, Pixels]:
    """`count` pictures in two levels of folders; returns name to pixels."""
    pictures = {f"{'sub/' * (i % 3)}p{i}.{'png' if i % 2 else 'bmp'}": smooth_picture(side, side + i, 3, i)
                for i in range(count)}  # fmt: skip
    for name, pixels in pictures.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(root / name)
    return pictures


def tree(root: Path) -> set[str]:
    """Names of all files below a folder, hidden ones too."""
    return {path.relative_to(root).as_posix() for path in root.rglob("*") if not path.is_dir()}


def encode_tree(
    source: Path | str, target: Path | str, *, jobs: int = 2, pixels: bool = False, **options: bool
) -> RunSummary:
    kind = Encoding(EncodeOptions(pixels=pixels))
    return convert_folder(Transfer(kind, str(source), str(target), **options), lambda *_: None, jobs)


def pixels_of(path: Path) -> Pixels:
    """Of an l3c file or a picture file."""
    if path.suffix == ".l3c":
        return l3c.decode(path.read_bytes())
    with Image.open(io.BytesIO(path.read_bytes())) as image:
        return np.array(image)
