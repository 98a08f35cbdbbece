"""Folders divided into parts of limited size, for a machine that data reach in several deliveries."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from l3c.errors import InputError
from l3c.storage.atomic import whole_file


@dataclass(frozen=True)
class Copy:
    """A file, and its path within a part."""

    source: Path
    target: Path


def divide(folders: dict[str, Path], prefix: Path, limit: int) -> list[Path]:
    """Copy every file of each folder to `PREFIX-N/NAME/...`, parts N = 1, 2, ... of at most `limit` bytes.

    folders: by the names that they get. Returns the parts, which together are the folders again when one is copied over
    the other; on an error none of them is left. Raises InputError, before anything is written, where a part of this
    name is there already, a name is no folder's, a folder is missing or holds nothing, or a file exceeds the limit.
    """
    for name in (prefix.name, *folders):
        _check_name(name)
    contents = _divided(folders, limit)
    _refuse_parts(prefix)
    parts = [prefix.with_name(f"{prefix.name}-{number}") for number in range(1, len(contents) + 1)]
    with _all_or_none(parts) as made:
        for part, copies in zip(parts, contents, strict=True):
            part.mkdir(parents=True)
            made.append(part)
            for copy in copies:
                with copy.source.open("rb") as source, whole_file(part / copy.target) as file:
                    shutil.copyfileobj(source, file)
    return parts


def _check_name(name: str) -> None:
    """Parts are copied over each other: a name must lead nowhere else, on any system."""
    if name in ("", ".", "..") or any(letter in "/\\:\0" for letter in name):
        raise InputError(f"{name!r}: is not the name of a single folder")


def _divided(folders: dict[str, Path], limit: int) -> list[list[Copy]]:
    """What each part gets."""
    parts: list[list[Copy]] = []
    left = -1  # so that even an empty file begins the first part
    for name, folder in folders.items():
        for path in _files(folder):
            size = path.stat().st_size
            if size > limit:
                raise InputError(f"{path}: has {size:,} bytes, a part may have {limit:,}")
            if size > left:
                parts.append([])
                left = limit
            left -= size
            parts[-1].append(Copy(path, Path(name, path.relative_to(folder))))
    return parts


def _files(folder: Path) -> list[Path]:
    """All below a folder, sorted. Raises OSError where one of its folders cannot be read."""
    if not folder.is_dir():
        raise InputError(f"{folder}: {'is no folder' if folder.exists() else 'no such folder'}")
    walk = os.walk(folder, onerror=_fail)
    paths = sorted(path for root, _, names in walk for name in names if (path := Path(root, name)).is_file())
    if not paths:
        raise InputError(f"{folder}: no file in it")
    return paths


def _fail(error: OSError) -> None:
    raise error


def _refuse_parts(prefix: Path) -> None:
    """Parts of an earlier call, more than this one has, would be taken for its own."""
    there = (path for path in prefix.parent.glob("*") if path.name.startswith(f"{prefix.name}-"))
    for part in sorted(there):
        if part.name.removeprefix(f"{prefix.name}-").isdecimal():
            raise InputError(f"{part}: exists already; remove it or choose another name")


@contextmanager
def _all_or_none(parts: list[Path]) -> Iterator[list[Path]]:
    """Remove the parts that were made, and the folders that were made for them, if something goes wrong.

    Lends the list of those that were: another process may make some of the same name meanwhile.
    """
    above = [folder for folder in parts[0].parents if not folder.exists()]
    made: list[Path] = []
    try:
        yield made
    except BaseException:  # an interruption too
        for part in made:
            shutil.rmtree(part, ignore_errors=True)
        for folder in above:
            with suppress(OSError):
                folder.rmdir()
        raise
