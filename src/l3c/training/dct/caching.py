"""Sets of JPEG files whose coefficients are written once, and found again as long as the files are the same."""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from l3c.errors import InputError
from l3c.training.dct.planes import FILES, INDEX, Planes, source_of, write_planes

JPEG_SUFFIXES = (".jpg", ".jpeg")  # of files in folders; others are not looked at
VERSION = 1
"""Part of every digest; raise it when coefficients of the same files are written in another way."""

DIGITS = 12  # of a digest in a folder's name: sets of one cache are few
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class FileSet:
    """Files that are cached together. name: what for. source: where they come from, for people. files: makes (name,
    content) of each. key: all that the files depend on.
    """

    name: str
    source: str
    files: Callable[[], Iterable[tuple[str, bytes]]]
    key: object

    @staticmethod
    def of_folder(name: str, folder: str, paths: list[Path]) -> FileSet:
        """Files in a folder and below it."""
        return FileSet(name, str(Path(folder).expanduser().resolve()), lambda: contents(paths), stated(paths))

    def planes(self, cache: Path) -> Planes:
        """Their coefficients, in a folder of the cache whose name has a digest of the key: written where it is not
        there. Earlier ones of the same source go. Raises InputError where no file is of use.
        """
        digest = hashlib.sha256(repr((VERSION, self.key)).encode()).hexdigest()[:DIGITS]
        folder = cache / f"{self.name}-{digest}"
        if not (folder / INDEX).exists():
            write_planes(folder, self.files(), self.source)
        self._remove_stale(cache, folder)
        return Planes(folder)

    def _remove_stale(self, cache: Path, used: Path) -> None:
        """Only what this cache wrote of the same source: others may share the folder, or train on other files in turn.

        Whoever has them mapped keeps them.
        """
        for folder in cache.glob(f"{self.name}-*"):
            digest = folder.name.removeprefix(f"{self.name}-")
            ours = re.fullmatch(rf"[0-9a-f]{{{DIGITS}}}", digest) and source_of(folder) == self.source
            if folder != used and ours:
                with suppress(OSError):  # on Windows, what is mapped stays
                    for name in FILES:
                        (folder / name).unlink(missing_ok=True)
                    folder.rmdir()  # unless it has files of others


def stated(paths: list[Path]) -> list[tuple[str, int, int]]:
    """Names, sizes and times of files; names below the folder that has all of them."""
    parents = [path.parent for path in paths]
    top = next((p for p in (parents[0], *parents[0].parents) if all(q.is_relative_to(p) for q in parents)), Path())
    known = [(path, path.stat()) for path in paths]
    return [(path.relative_to(top).as_posix(), status.st_size, status.st_mtime_ns) for path, status in known]


def contents(paths: list[Path]) -> Iterator[tuple[str, bytes]]:
    """(name, content) of files; those that cannot be read are named and skipped."""
    for path in paths:
        try:
            yield str(path), path.read_bytes()
        except OSError as error:
            logger.warning("skipped %s: %s", path, error)


def jpeg_files(folder: str) -> list[Path]:
    """Sorted JPEG files in a folder and all below it, by their names. Raises InputError where there are none."""
    inside = Path(folder).expanduser().rglob("*") if folder else iter(())
    found = sorted(path for path in inside if path.suffix.lower() in JPEG_SUFFIXES and path.is_file())
    if not found:
        raise InputError(f"{folder or 'data.train and data.valid'}: no JPEG files")
    return found
