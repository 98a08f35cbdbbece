"""Files that are read whole, by what users name them with."""

from __future__ import annotations

import errno
import io
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from l3c.errors import InputError
from l3c.storage.atomic import settle
from l3c.storage.large import LargeFile, opened

SHOWN = 60
"""Characters of a text that a message shows, where it is no path. By taste."""


WEB_MOST = 1 << 32
"""Bytes of a file that are taken from the web: more than any picture that fits the memory of this release's limits."""


@contextmanager
def naming_paths(source: str | os.PathLike[str]) -> Iterator[None]:
    """What no path can be is an InputError; OSErrors, which name the file, pass."""
    try:
        yield
    except (ValueError, OSError) as error:  # ValueError: it contains a null character
        if isinstance(error, OSError) and error.errno != errno.ENAMETOOLONG:
            raise
        text = str(source)
        shown = repr(text if len(text) <= SHOWN else f"{text[:SHOWN]}...")
        raise InputError(f"{shown}: is no path of a file; a file's content is given as bytes") from error


def read_file(source: str | os.PathLike[str]) -> bytes:
    """All bytes of a file, by its path. Raises InputError for what is no path, OSError naming the file."""
    with naming_paths(source):
        return Path(source).read_bytes()


def read_any(name: str) -> bytes:
    """All bytes of a file, by its path or its URL; the web by the standard library, other URLs through fsspec.

    Raises as `read_file`, and InputError where the web does not answer, or nothing reaches the URL.
    """
    from l3c.storage.remote import WEB, file_system, is_remote, reaching

    if not is_remote(name):
        return read_file(name)
    from l3c.storage.download import download

    if name.startswith(WEB):
        file = io.BytesIO()
        download(name, file, WEB_MOST)
        return file.getvalue()
    with reaching(name):
        fs, path = file_system(name)
        return bytes(fs.cat_file(path))


def open_any(name: str) -> bytes | LargeFile:
    """As `read_any`; parts of a large file of this machine are read when they are taken."""
    from l3c.storage.remote import is_remote

    if is_remote(name):
        return read_any(name)
    with naming_paths(name):
        return opened(Path(name))


def content_of(source: Any) -> Any:
    """A file's bytes, by its path, or by the URL of a file system that fsspec knows; else what was given.

    Raises as `read_file`, and InputError where nothing reaches the URL.
    """
    if not isinstance(source, str | os.PathLike):
        return source
    return read_any(os.fspath(source))


class Source:
    """A source that may be deleted, if it has not changed since it was read."""

    def __init__(self, name: str) -> None:
        self._path = Path(name)
        self._before = self._state()

    def _state(self) -> tuple[int, int, int]:
        status = self._path.stat()
        return status.st_ino, status.st_size, status.st_mtime_ns

    def delete(self, target: str, size: int) -> None:
        """Remove it, once its result's name would survive a loss of power. size: of the result, bytes.

        Raises InputError where it has changed, or no file of this size is the target.
        """
        there = Path(target).stat()
        if not stat.S_ISREG(there.st_mode) or there.st_size != size:
            raise InputError(f"{target}: is not what was written; {self._path} is kept")
        settle(Path(target).resolve().parent)
        if self._state() != self._before:
            raise InputError(f"{self._path}: has changed meanwhile; it is kept")
        self._path.unlink()
