"""What the wave models alone make of images unlike photographs, beside the graphics coder: the codec takes the smaller.

python benchmarks/robustness.py FOLDER_OF_PICTURES      writes benchmarks/results/robustness.csv

Pictures in the table are grouped by the words of GROUPS that their names begin with.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from figures import PRESETS, RESULTS, write_csv
from numpy.typing import NDArray
from PIL import Image

from l3c.graphics import compiled as graphics
from l3c.wave import presets

SIDE = 384
CODECS = ("graphics", *PRESETS)
GROUPS = {
    "gimphelp_levels": "a screenshot with a photograph in it",
    "gimphelp_spyrogimp": "drawings of lines",
    "inkscape_potrace": "drawings of lines",
    "gimphelp": "screenshots of dialogues",
    "gtk3doc": "screenshots of dialogues",
    "own_palette32": "screenshots of dialogues",
    "openclipart": "drawings with smooth shades",
    "own_matplotlib": "drawings with smooth shades",
}
"""Beginnings of the pictures' names, the first that fits: what they show."""

Pixels = NDArray[np.uint8]


def made() -> Iterator[tuple[str, Pixels]]:
    """Extremes, uint8 [SIDE, SIDE, 3]."""
    random = np.random.default_rng(0)
    y, x = np.mgrid[:SIDE, :SIDE]
    noise = random.integers(0, 256, (SIDE, SIDE, 3)).astype(np.uint8)
    yield "noise", noise
    yield "noise of black and white", np.repeat(noise[..., :1] // 128 * 255, 3, axis=2)
    yield "checkers of single pixels", np.repeat(((x + y) % 2 * 255).astype(np.uint8)[..., None], 3, axis=2)
    yield "a gradient", np.stack([(x + y) // 4, x // 2, y // 2], axis=2).astype(np.uint8)
    yield "one colour", np.full((SIDE, SIDE, 3), 77, np.uint8)


def pictures(folder: Path) -> Iterator[tuple[str, Pixels]]:
    """Upper left parts of pictures, over white where they are transparent."""
    for path in sorted(folder.iterdir()):
        with Image.open(path) as image:
            white = Image.new("RGBA", image.size, "white")
            flat = Image.alpha_composite(white, image.convert("RGBA")).convert("RGB")
        yield path.stem, np.asarray(flat)[:SIDE, :SIDE]


def sizes(pixels: Pixels) -> list[int]:
    """Bytes of a graphics payload and of each preset's payload."""
    found = [len(graphics.encode(pixels))]
    for preset in PRESETS:
        model = presets.load(preset, 3)
        assert model is not None
        found.append(len(model.encode(np.ascontiguousarray(pixels))))
    return found


def group(name: str) -> str:
    """What a picture shows; its own name where no group fits."""
    return next((words for start, words in GROUPS.items() if name.startswith(start)), name)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    rows = [
        [group(name), name, *map(str, pixels.shape[:2]), *map(str, sizes(pixels))]
        for name, pixels in (*made(), *pictures(folder))
    ]
    write_csv(RESULTS / "robustness.csv", ("group", "image", "height", "width", *CODECS), rows)


if __name__ == "__main__":
    main()
