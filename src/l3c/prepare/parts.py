"""Folders divided into parts of limited size, for a machine that data reach in several deliveries."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path

from l3c.errors import InputError


def divide(folders: dict[str, Path], prefix: Path, limit: int) -> list[Path]:
    """Copy every file of each folder to `PREFIX-N/NAME/...`, parts N = 1, 2, ... of at most `limit` bytes.

    folders: by the names that they get. Returns the parts, which together are the folders again when one is copied over
    the other. Raises InputError where a part is there already, a folder holds nothing, or a file exceeds the limit.
    """
    parts: list[Path] = []
    left = 0
    for name, source, relative in _files(folders):
        size = source.stat().st_size
        if size > limit:
            raise InputError(f"{source}: has {size:,} bytes, a part may have {limit:,}")
        if size > left:
            parts.append(_new(prefix, len(parts) + 1))
            left = limit
        left -= size
        target = parts[-1] / name / relative
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
    return parts


def _files(folders: dict[str, Path]) -> Iterable[tuple[str, Path, Path]]:
    """(name of its folder, file, its path below that)."""
    for name, folder in folders.items():
        paths = sorted(path for path in folder.rglob("*") if path.is_file())
        if not paths:
            raise InputError(f"{folder}: there is no such folder, or no file in it")
        yield from ((name, path, path.relative_to(folder)) for path in paths)


def _new(prefix: Path, number: int) -> Path:
    part = prefix.with_name(f"{prefix.name}-{number}")
    try:
        part.mkdir(parents=True)
    except FileExistsError:
        raise InputError(f"{part}: exists already; remove it or choose another name") from None
    return part
