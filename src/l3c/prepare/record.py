"""What a folder was made of and with, in a hidden file of it: other sources and options are not taken for done."""

from __future__ import annotations

import json
import os
from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from l3c.bulk.stores.open import open_store
from l3c.errors import InputError
from l3c.storage.remote import is_remote, path_of

RECORD = ".prepared"
"""File of a folder of results. Hidden, so it is no source of a later step."""

NANOSECONDS = 1_000_000_000
"""Of a second: times of files are integers."""

Made = dict[str, str | int]
"""What results follow from: the step, its source and its options, by the words of messages."""


def known(root: str, made: Made, record: str = RECORD) -> Made:
    """What the record of a folder holds; nothing where the folder is new, empty, or holds hidden files alone.

    Raises InputError where it was made of or with something else, or holds files of which nothing is recorded.
    """
    store = open_store(root)
    if store.stamp(record) is None:
        if any(not PurePosixPath(name).name.startswith(".") for name in store.names()):
            raise InputError(
                f"{root}: holds files, and no {record} that says what they were made of; choose another folder"
            )
        return {}
    before = _read(f"{root}/{record}", store.read(record))
    differing = [key for key in made if before.get(key) != made[key]]
    if differing:
        was = ", ".join(f"{key} {before.get(key, 'unknown')}" for key in differing)
        would = ", ".join(f"{key} {made[key]}" for key in differing)
        raise InputError(f"{root}: was made with {was}; this would be {would}; {REMEDY}")
    return before


REMEDY = "choose another folder, or remove this one"
"""Ends the refusal of a folder."""


def write(root: str, made: Made, record: str = RECORD) -> None:
    open_store(root).write(record, json.dumps(made).encode() + b"\n", replace=True)


def _read(name: str, data: bytes) -> Made:
    try:
        before = json.loads(data)
    except ValueError:
        before = None
    if not isinstance(before, dict):
        raise InputError(f"{name}: does not say what the folder was made of; {REMEDY}")
    return before


def identity(source: str) -> Made:
    """Which file a source is, whatever folder it lies in: its name, size and time; a URL stands for itself.

    Raises OSError or InputError where there is no such file.
    """
    if is_remote(source):
        return {"source": source}
    path = Path(source)
    status = path.stat()
    if not path.is_file():
        raise InputError(f"{source}: is no file")
    seconds, rest = divmod(status.st_mtime_ns, NANOSECONDS)
    time = f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{rest:09}"
    return {"source": path.name, "size": status.st_size, "modified": time}


def place(source: str, target: str) -> str:
    """Where a root lies, as seen from the target, so that both may be moved together."""
    if is_remote(source) or is_remote(target):
        return source.rstrip("/") if is_remote(source) else Path(source).resolve().as_posix()
    try:
        return Path(os.path.relpath(Path(source).resolve(), Path(target).resolve())).as_posix()
    except ValueError:  # on another drive of Windows
        return Path(source).resolve().as_posix()


def file_name(source: str) -> str:
    """Of a path or a URL, without its folders."""
    return (path_of(source) if is_remote(source) else PurePosixPath(source)).name


def refuse_clashes(sources: Iterable[str], folder_of: Callable[[str], str]) -> None:
    """Raises InputError naming sources that would go to one folder."""
    by_folder: dict[str, list[str]] = defaultdict(list)
    for source in sources:
        by_folder[folder_of(source)].append(source)
    for folder, clashing in by_folder.items():
        if len(clashing) > 1:
            raise InputError(
                f"{' and '.join(clashing)}: would all go to the folder {folder}; give them one at a time, each with "
                "its own -o, or rename them"
            )
