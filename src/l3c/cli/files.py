"""Reading sources and writing targets: `-` is standard input and output, and a target appears whole or not at all."""

from __future__ import annotations

import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from l3c.convert import paths
from l3c.errors import InputError
from l3c.storage import atomic
from l3c.storage.atomic import NEW, Attributes, settle, whole_file

STANDARD = "-"  # standard input or output, as in other Unix tools


def read_source(name: str) -> bytes:
    if name == STANDARD:
        if sys.stdin is None:
            raise InputError("standard input is closed")
        return sys.stdin.buffer.read()
    if "://" in name:
        raise InputError(
            f"{name}: is a URL; `l3c decode --region` and `--preview` take URLs of files, -o those of folders"
        )
    path = Path(name)
    if path.is_dir():
        raise InputError(f"{name}: is a folder")
    return path.read_bytes()


def shown(name: str, standard: str) -> str:
    """A name for messages; bytes that are no text as escapes."""
    return standard if name == STANDARD else name.encode(errors="backslashreplace").decode()


def check_target(name: str, source: str, force: bool) -> None:
    """Raise InputError where writing would destroy something, before any work is done."""
    if name == STANDARD:
        if sys.stdout is None:
            raise InputError("standard output is closed")
        if sys.stdout.isatty() and not force:
            raise InputError("standard output is a terminal; name a target or use --force")
        return
    paths.check_target(name, None if source == STANDARD else source, force, "--force")


@contextmanager
def target(name: str, force: bool, attributes: Attributes = NEW) -> Iterator[BinaryIO]:
    """A file beside the target, flushed to disk and moved into place at the end, removed on any error.

    With `force`, devices and pipes are written into, and links stay. Raises InputError, OSError with the name.
    """
    if name == STANDARD:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    try:
        with whole_file(Path(name), replace=force, attributes=attributes) as file:
            yield file
    except FileExistsError:
        raise InputError(f"{name}: exists already; --force overwrites it") from None
    except OSError as error:
        error.filename = name
        raise


def attributes_of(source: str) -> Attributes:
    """Attributes for the result of a source: the time and mode of a plain file, else none."""
    return NEW if source == STANDARD else atomic.attributes_of(Path(source))


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
