"""Which pictures of a folder are evaluated."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from l3c.errors import InputError
from l3c.training.picture_files import Pixels, centre_crop, is_picture, read_rgb

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Selection:
    """match: base names without extension, none is all. maximum: evenly spaced. crop: side of a centre crop."""

    match: tuple[str, ...] = ()
    maximum: int | None = None
    crop: int | None = None


@dataclass(frozen=True)
class TestSet:
    """Pictures under a name: FOLDER_COUNT, or the path of a single one; `_cropN` where they are cropped."""

    __test__ = False  # nothing for pytest

    name: str
    paths: tuple[Path, ...]
    crop: int | None

    def read(self, path: Path) -> Pixels:
        """uint8 [H, W, 3]."""
        image = read_rgb(path)
        return image if self.crop is None else centre_crop(image, self.crop)

    def pictures(self, skipped: list[str]) -> Iterator[tuple[int, Path, Pixels]]:
        """Number, path and pixels of every picture that can be read; the others are named, and added to `skipped`.

        Raises InputError where there is none.
        """
        for number, path in enumerate(self.paths):
            try:
                image = self.read(path)
            except InputError as error:
                logger.warning("skipped %s", error)
                skipped.append(path.name)
                continue
            yield number, path, image
        if len(skipped) == len(self.paths):
            raise InputError(f"{self.name}: no picture there can be read")


def select(where: Path, selection: Selection) -> TestSet:
    """Take the pictures of a folder (not of those below it), sorted by name, or a single one."""
    paths = [where] if where.is_file() else _pictures(where)
    wanted = _evenly([p for p in paths if not selection.match or p.stem in selection.match], selection.maximum)
    if not wanted:
        raise InputError(f"{where}: no picture there, or none that matches")
    name = str(where) if where.is_file() else f"{where.resolve().name}_{len(wanted)}"
    suffix = f"_crop{selection.crop}" if selection.crop else ""
    return TestSet(name + suffix, tuple(wanted), selection.crop)


def _pictures(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder or picture")
    return sorted(path for path in folder.iterdir() if path.is_file() and is_picture(path.name))


def _evenly(paths: list[Path], maximum: int | None) -> list[Path]:
    if maximum is None or maximum >= len(paths):
        return paths
    return [paths[int(i)] for i in np.linspace(0, len(paths) - 1, maximum)]
