"""Encode a photograph with the command line, decode it, compare, and print sizes beside other codecs.

python benchmarks/demo.py IMAGE FOLDER
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
from codecs_compared import find
from PIL import Image


def run(*command: str | Path) -> None:
    print("$", *command, flush=True)
    subprocess.run([str(part) for part in command], check=True)


def pixels(path: Path) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"))


def main() -> None:
    source, folder = Path(sys.argv[1]), Path(sys.argv[2])
    folder.mkdir(exist_ok=True)
    encoded, decoded = folder / f"{source.name}.l3c", folder / source.name
    run("l3c", "encode", "-f", source, encoded)
    run("l3c", "decode", "-f", encoded, decoded)
    run("l3c", "info", encoded)
    image = pixels(source)
    if not np.array_equal(image, pixels(decoded)):
        raise SystemExit("the pixels differ")
    print("every pixel is the same\n")
    print(f"{'the pixels of ' + source.name + ' as':<34}{'bytes':>9}{'l3c smaller by':>17}")
    sizes = {codec.name: len(codec.encode(image, 1)) for codec in map(find, ("png", "webp", "jxl7", "wave"))}
    ours = sizes["l3c wave"]
    for name, size in sizes.items():
        print(f"{name:<34}{size:>9,}{'' if size == ours else f'{1 - ours / size:>17.1%}'}")


if __name__ == "__main__":
    main()
