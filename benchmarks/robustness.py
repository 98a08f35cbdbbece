"""What the wave models alone make of images unlike photographs, beside lossless WebP: the codec takes the smaller.

python benchmarks/robustness.py FOLDER_OF_PICTURES
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from l3c.codec import webp
from l3c.wave import presets

SIDE = 384
PRESETS = ("wave-fast", "wave", "wave-max")
Pixels = NDArray[np.uint8]


def made() -> Iterator[tuple[str, Pixels]]:
    """Extremes, uint8 [SIDE, SIDE, 3]."""
    random = np.random.default_rng(0)
    y, x = np.mgrid[:SIDE, :SIDE]
    noise = random.integers(0, 256, (SIDE, SIDE, 3)).astype(np.uint8)
    yield "noise", noise
    yield "noise of black and white", np.repeat(noise[..., :1] // 128 * 255, 3, axis=2)
    yield "checkers of single pixels", np.repeat(((x + y) % 2 * 255).astype(np.uint8)[..., None], 3, axis=2)
    yield "a slope", np.stack([(x + y) // 4, x // 2, y // 2], axis=2).astype(np.uint8)
    yield "one colour", np.full((SIDE, SIDE, 3), 77, np.uint8)


def pictures(folder: Path) -> Iterator[tuple[str, Pixels]]:
    """Upper left parts of pictures, over white where they are transparent."""
    for path in sorted(folder.iterdir()):
        with Image.open(path) as image:
            white = Image.new("RGBA", image.size, "white")
            flat = Image.alpha_composite(white, image.convert("RGBA")).convert("RGB")
        yield path.stem, np.asarray(flat)[:SIDE, :SIDE]


def row(name: str, pixels: Pixels) -> str:
    """Bits per sub-pixel of WebP and of each preset."""
    sizes = [len(webp.encode(pixels))]
    for preset in PRESETS:
        model = presets.load(preset, 3)
        assert model is not None
        sizes.append(len(model.encode(np.ascontiguousarray(pixels))))
    return f"| {name} | " + " | ".join(f"{8 * size / pixels.size:.3f}" for size in sizes) + " |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    print(f"| image | WebP | {' | '.join(f'`{preset}`' for preset in PRESETS)} |")
    print("| --- |" + " ---: |" * (1 + len(PRESETS)))
    for name, pixels in (*made(), *pictures(folder)):
        print(row(name, pixels))


if __name__ == "__main__":
    main()
