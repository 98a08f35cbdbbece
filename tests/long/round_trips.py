"""Every picture below folders, as `python -m tests.long.round_trips FOLDER...`: it comes back exactly, or is refused.

Meant for the pictures that packages bring along: give it the folder of an environment, or of unpacked sources.
"""

from __future__ import annotations

import io
import sys
from collections import Counter
from pathlib import Path

import numpy as np

import l3c
from l3c.errors import InputError
from l3c.images.formats import PICTURES
from l3c.images.read import read_picture

OTHERS = {".ico", ".icns", ".dds", ".sgi", ".xbm", ".psd"}


def fate(path: Path) -> str:
    """What becomes of one file. Raises AssertionError where something is lost."""
    try:
        picture = read_picture(io.BytesIO(path.read_bytes()), path.name)
    except InputError as error:
        return str(error).removeprefix(f"{path.name}: ")
    options = {"layout": picture.layout, "palette": picture.palette, "metadata": picture.metadata}
    found = l3c.open(l3c.encode(picture.samples, model="wave-fast", **options))  # type: ignore[arg-type]
    np.testing.assert_array_equal(found.samples, picture.samples, str(path))
    assert (found.metadata, found.palette) == (picture.metadata, picture.palette), path
    return "comes back"


def main(folders: list[str]) -> None:
    """Print how many files met which fate."""
    paths = [path for folder in folders for path in sorted(Path(folder).rglob("*")) if path.is_file()]
    fates = Counter(fate(path) for path in paths if path.suffix.lower() in PICTURES | OTHERS)
    for what, count in fates.most_common():
        print(f"{count:6} {what}")


if __name__ == "__main__":
    main(sys.argv[1:])
