"""Which pictures there are, and reading them: what is damaged is named and skipped."""

from __future__ import annotations

import glob
import json
import logging
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from l3c.errors import InputError
from l3c.images.description import Description
from l3c.images.read import read_bytes
from l3c.images.write import to_image
from l3c.storage.atomic import write_whole

# of files that count as pictures of a folder
SUFFIXES = (".jpg", ".jpeg", ".png", ".ppm", ".bmp", ".pgm", ".tif", ".tiff", ".webp")
PIXELS_MAX = 1 << 27
"""Of a picture, 134 megapixels: 0.4 GB as RGB, and a copy or two beside it, in each loading process."""

UNREADABLE = (OSError, SyntaxError, ValueError, Image.DecompressionBombError)
"""What Pillow raises for damaged pictures, and for those of too many pixels."""

EXACT = frozenset({"PNG", "TIFF", "BMP"})
"""Formats that the codec's own readers take: Pillow gives samples that some of their files do not have."""

COMPILED = frozenset({"PNG"})
"""Those of them whose reader needs the engine. Without it Pillow reads them, and leaves rows black that are missing."""

OTHER_SAMPLES = "has samples of more than 8 bits, or signed ones, which these networks do not take"  # in messages

DAMAGED = {"damaged": True}  # of warnings' records: that a picture could not be read, and not that it is small

Pixels = NDArray[np.uint8]
logger = logging.getLogger(__name__)


def read_rgb(path: Path) -> Pixels:
    """uint8 [H, W, 3]. Alpha is dropped, gray is repeated.

    Raises InputError naming the file where it is damaged, has more than PIXELS_MAX pixels, or samples of another kind
    than 8 bits without a sign: networks take those, and Pillow would cut others off.
    """
    try:
        with Image.open(path) as image:
            _check_size(path, image.width, image.height)
            if image.format not in EXACT or (image.format in COMPILED and not _has_engine()):
                if _is_deep(image):
                    raise InputError(f"{path}: {OTHER_SAMPLES}")
                return np.array(image.convert("RGB"))
        return np.array(to_image(read_bytes(path.read_bytes(), str(path), partial(_check, path))).convert("RGB"))
    except InputError:
        raise
    except UNREADABLE as error:
        raise InputError(f"{path}: {_reason(error)}") from error


@cache
def _has_engine() -> bool:
    """Trainings of the published networks run from plain sources too, on machines where nothing can be built."""
    return find_spec("l3c._engine") is not None


def _check(path: Path, description: Description) -> None:
    _check_size(path, description.width, description.height)
    if description.bits > 8 or description.number != "unsigned":
        raise InputError(f"{path}: {OTHER_SAMPLES}")


def _check_size(path: Path, width: int, height: int) -> None:
    if width * height > PIXELS_MAX:
        raise InputError(f"{path}: {width} x {height} pixels, at most {PIXELS_MAX} are read")


def _reason(error: Exception) -> str:
    """Of Pillow's errors. One names a place in memory instead of a reason."""
    return "is no picture that Pillow knows" if isinstance(error, UnidentifiedImageError) else str(error)


def _is_deep(image: Image.Image) -> bool:
    """Whether an opened picture has more than 8 bits a sample: by its mode, or by what its decoder unpacks."""
    if image.mode[0] in "IF":
        return True
    arguments = [
        part for tile in getattr(image, "tile", ()) for part in (tile[3] if isinstance(tile[3], tuple) else (tile[3],))
    ]
    raw = any(isinstance(part, str) and part.partition(";")[2].startswith(("12", "16", "32")) for part in arguments)
    return raw or (image.format == "PPM" and any(isinstance(part, int) and part > 255 for part in arguments))


def centre_crop(image: Pixels, size: int) -> Pixels:
    """[H, W, 3] -> at most [size, size, 3]."""
    y, x = (max(0, (length - size) // 2) for length in image.shape[:2])
    return image[y : y + size, x : x + size]


Sizes = dict[str, dict[str, int]]
"""Absolute folder to names in it to pixels of the shorter side."""


def list_pictures(where: str, min_size: int = 0, cache: Path | None = None) -> list[Path]:
    """Sorted pictures in a folder and all below it, matching a pattern, or one; those smaller on a side are left out.

    cache: a JSON file that remembers sizes by path, so that a picture is opened once. The folder itself is looked at
    each time: pictures that came or went are noticed. Delete it when a picture has another size under the same name.
    Raises InputError where it holds something else.
    """
    paths = sorted(walk_pictures(where))
    found = _large_enough(paths, min_size, cache)
    if not found:
        if not glob.has_magic(where) and not Path(where).expanduser().exists():
            raise InputError(f"{where}: no such folder or picture")
        raise InputError(f"{where}: no readable picture of at least {min_size} x {min_size} pixels")
    return found


def _large_enough(paths: list[Path], min_size: int, cache: Path | None) -> list[Path]:
    known = _remembered(cache) if cache and cache.exists() else {}
    places = [os.path.split(os.path.abspath(path)) for path in paths]  # noqa: PTH100  # Path's would take much longer
    sides = [known.get(folder, {}).get(name, 0) for folder, name in places]
    new = [i for i, side in enumerate(sides) if not side]
    with ThreadPoolExecutor() as pool:
        for i, side in zip(new, pool.map(_short_side, [paths[i] for i in new]), strict=True):
            sides[i] = side
            if side:  # a damaged picture may be mended: it is looked at again
                folder, name = places[i]
                known.setdefault(folder, {})[name] = side
    if cache and any(sides[i] for i in new):
        write_whole(cache, json.dumps(known).encode())
    return [path for path, side in zip(paths, sides, strict=True) if side >= max(1, min_size)]


def _remembered(cache: Path) -> Sizes:
    try:
        sizes = json.loads(cache.read_text(encoding="utf-8"))
    except ValueError as error:
        raise InputError(f"{cache}: not a list of pictures: {error}; delete it, and it is made anew") from error
    folders = sizes.values() if isinstance(sizes, dict) else [None]
    if not all(isinstance(names, dict) and all(type(side) is int for side in names.values()) for names in folders):
        raise InputError(
            f"{cache}: not a list of pictures: choose another file for it, or delete it, and it is made anew"
        )
    return sizes  # type: ignore[no-any-return]


def walk_pictures(where: str) -> Iterator[Path]:
    """Pictures by their names alone, in no order."""
    path = Path(where).expanduser()
    if path.is_file():
        yield path
    elif path.is_dir():
        for folder, _, names in os.walk(path, followlinks=True):
            yield from (Path(folder) / name for name in names if is_picture(name))
    else:
        yield from (file for file in _matching(path) if is_picture(file.name))


def _matching(pattern: Path) -> Iterator[Path]:
    """Files that match a pattern with * and ** in any of its parts."""
    parts = pattern.parts
    fixed = next((i for i, part in enumerate(parts) if glob.has_magic(part)), len(parts))
    rest = Path(*parts[fixed:])
    return Path(*parts[:fixed]).glob(str(rest)) if fixed < len(parts) else iter(())


def is_picture(name: str) -> bool:
    return name.lower().endswith(SUFFIXES)


def _short_side(path: Path) -> int:
    """Pixels, by the header alone; 0 where that is damaged."""
    try:
        with Image.open(path) as image:
            return min(image.size)
    except UNREADABLE as error:
        logger.warning("skipped %s: %s", path, _reason(error), extra=DAMAGED)
        return 0


class ReadableFrom:
    """Read picture number i, or the next one that is not damaged; each damaged one is named once."""

    def __init__(self, paths: list[Path], read: Callable[[Path], Pixels] = read_rgb) -> None:
        self._paths, self._read = paths, read
        self._damaged: set[int] = set()

    def __call__(self, index: int) -> Pixels:
        for step in range(len(self._paths)):
            at = (index + step) % len(self._paths)
            try:
                if at not in self._damaged:
                    return self._read(self._paths[at])
            except InputError as error:
                self._damaged.add(at)
                logger.warning("skipped %s", error, extra=DAMAGED)
        raise InputError(f"{self._paths[0].parent}: every picture is damaged")
