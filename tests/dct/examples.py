"""Networks of random integers, and the planes of small JPEG files."""

import io
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from l3c.dct.definition.architecture import Architecture
from l3c.dct.definition.network import WEIGHT_MAX, Network, read_network, shapes
from l3c.dct.definition.plane import Plane
from l3c.jpeg.file import parse

SMALL = (Architecture(0, 8, 12, 16, 4, 2), Architecture(1, 12, 8, 16, 4, 3, 1))


def random_tensors(architecture: Architecture, seed: int) -> dict[str, NDArray[np.generic]]:
    rng = np.random.default_rng(seed)
    tensors: dict[str, NDArray[np.generic]] = {}
    for name, (dtype, shape) in shapes(architecture).items():
        if name.endswith("shift"):
            tensors[name] = np.full(shape, 7 if name.startswith("trunk") else 5, np.uint8)
        else:
            most = WEIGHT_MAX if dtype is np.int8 else 200
            tensors[name] = rng.integers(-most, most + 1, shape).astype(dtype)
    return tensors


def random_networks(seed: int = 1, related: int = 1) -> tuple[Network, Network]:
    architectures = (replace(a, related=related * a.related) for a in SMALL)
    luma, chroma = (read_network(a, random_tensors(a, seed + a.chroma).__getitem__) for a in architectures)
    return luma, chroma


def picture(height: int, width: int, seed: int = 0) -> Image.Image:
    """Smooth colours with an edge and some noise."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:height, :width]
    base = np.stack([3 * x + y, 200 - 2 * y, 90 + 2 * x * (x > y)], axis=-1)
    return Image.fromarray(np.clip(base + rng.normal(0, 4, base.shape), 0, 255).astype(np.uint8))


def planes_of(image: Image.Image, quality: int, subsampling: int = 0) -> list[Plane]:
    file = io.BytesIO()
    image.save(file, "JPEG", quality=quality, subsampling=subsampling)
    parsed = parse(file.getvalue())
    return [
        Plane(coefficients, c.steps, c.horizontal, c.vertical)
        for coefficients, c in zip(parsed.coefficients, parsed.layout.components, strict=True)
    ]
