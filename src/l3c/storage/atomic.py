"""The only writer of files: they appear whole or not at all.

A file is written beside its final name under a hidden one, flushed to disk and moved into place. What is no plain file
(a device, a pipe) is written into; a link stays, and what it points at is replaced.
"""

from __future__ import annotations

import errno
import os
import re
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import BinaryIO

PARTIAL = re.compile(r"\.l3c\.[0-9a-f]{32}\.partial")
"""Names of files that are being written; a process that was killed may leave one."""

ABANDONED = 24 * 3600
"""Age, seconds, from which such a file counts as left behind where a file system has no locks to tell."""

OWNER = 0o600
"""Mode of a file while it is written: a private one must never be readable by others."""

PERMISSIONS = 0o777
"""Bits of a mode that go from a source to its result; those that give programs rights stay behind."""


@dataclass(frozen=True)
class Attributes:
    """What a file has beside its content. modified: nanoseconds since 1970. mode: permissions. None: a new file's."""

    modified: int | None = None
    mode: int | None = None


def attributes_of(source: Path) -> Attributes:
    """Attributes for the result of a source: the time and mode of a plain file, else none."""
    try:
        status = source.stat()
    except OSError:
        return NEW
    if not stat.S_ISREG(status.st_mode):
        return NEW
    return Attributes(status.st_mtime_ns, status.st_mode & PERMISSIONS if os.name == "posix" else None)


ANYBODY = 0o666
"""Mode of a new file of which nothing is known; the user's mask takes from it."""

CREATE = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
"""Windows knows text files, and no way to keep a descriptor from child processes."""

NEW = Attributes()  # of files that replace none
_open: set[Path] = set()
_guard = Lock()


@contextmanager
def whole_file(path: Path, *, replace: bool = True, attributes: Attributes = NEW) -> Iterator[BinaryIO]:
    """A file beside the path: flushed to disk and moved into place at the end, removed on an error.

    Folders that are missing are made. Without `replace`, a file that is there by the end is kept: FileExistsError.
    A file that is replaced hands on its mode, where the attributes say none.
    """
    present = _mode(path)
    if present is not None and not stat.S_ISREG(present):
        if not replace:
            raise _exists(path)
        with naming_full_disk(path), path.open("wb") as file:
            yield file
        return
    final = Path(os.path.realpath(path))
    final.parent.mkdir(parents=True, exist_ok=True)
    mode = present if attributes.mode is None else attributes.mode
    partial = Partial(final.parent, mode is not None)
    try:
        with naming_full_disk(path):
            yield partial.file
            partial.move(final, replace, attributes.modified, mode)
    finally:
        partial.discard()


FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
"""Errors that only writing meets."""


@contextmanager
def naming_full_disk(path: Path) -> Iterator[None]:
    """An error that says that there is no room names the file, which the system's own does not."""
    try:
        yield
    except OSError as error:
        if error.errno in FULL and error.filename is None:
            error.filename = str(path)
        raise


class Partial:
    """A hidden file in a folder, of which nothing is left unless it is moved. file: to write into, and to read from.

    private: nobody else may read it until it is moved.
    """

    def __init__(self, folder: Path, private: bool) -> None:
        self._path, descriptor = _begin(folder, private)
        self.file: BinaryIO = os.fdopen(descriptor, "w+b")

    def move(self, path: Path, replace: bool, modified: int | None, mode: int | None) -> None:
        """Flush it to disk and give it its final name, time and mode, where those are known."""
        self.file.flush()
        _describe(self.file, self._path, modified, mode)
        os.fsync(self.file.fileno())
        if os.name != "posix":
            self.file.close()
        _move(self._path, path, replace)  # while its lock is held: nobody takes it for one left behind
        self.file.close()

    def discard(self) -> None:
        """Remove it, unless it was moved."""
        with suppress(OSError):  # what the disk has no room for is not flushed either
            self.file.close()
        self._path.unlink(missing_ok=True)
        with _guard:
            _open.discard(self._path)


def mode_for(path: Path, attributes: Attributes) -> int | None:
    """The mode of a file that is written here: the one that is given, else that of the file in its place; or None."""
    return _mode(path) if attributes.mode is None else attributes.mode


def write_whole(path: Path, data: bytes | memoryview, *, replace: bool = True, attributes: Attributes = NEW) -> None:
    """Write a file, as `whole_file`."""
    with whole_file(path, replace=replace, attributes=attributes) as file:
        file.write(data)


def is_special(path: Path) -> bool:
    """Whether something is there that is neither a file nor a folder: a device, a pipe, a socket."""
    mode = _mode(path)
    return mode is not None and not stat.S_ISREG(mode) and not stat.S_ISDIR(mode)


def settle(folder: Path, top: Path | None = None) -> None:
    """Return when the names in a folder, and its own, up to `top`, would survive a loss of power.

    top: None is the root of the file system. Folders that may not be opened are left to the system. Raises OSError.
    """
    if os.name != "posix":
        return
    folder = folder.absolute()
    stop = folder.anchor if top is None else top.absolute()
    for each in (f for f in (folder, *folder.parents) if f.is_relative_to(stop)):
        try:
            descriptor = os.open(each, os.O_RDONLY)
        except PermissionError:
            continue
        try:
            os.fsync(descriptor)
        except OSError as error:
            if error.errno not in (errno.EINVAL, errno.ENOTSUP, errno.EROFS):  # a file system that flushes no folders
                raise
        finally:
            os.close(descriptor)


def remove_abandoned(path: Path) -> None:
    """Remove a file named as PARTIAL if it was left behind: whoever still writes it, in any process, holds its lock."""
    with suppress(FileNotFoundError):
        try:
            import fcntl

            with path.open("rb") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                path.unlink()  # before the lock is given back: a writer that waits for it sees this
        except BlockingIOError:
            return
        except (ImportError, OSError):  # no locks on this system, or this file system
            if time.time() - path.stat().st_mtime > ABANDONED:
                path.unlink()


def discard_partials() -> None:
    """Remove the files that this process is writing, since it is about to end."""
    with _guard:
        for partial in _open:
            with suppress(OSError):
                partial.unlink()


def _mode(path: Path) -> int | None:
    """Of what is there, behind links; None where there is nothing."""
    try:
        return path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return None


def _begin(folder: Path, private: bool) -> tuple[Path, int]:
    """A new file, and its descriptor, whose lock is held."""
    while True:
        partial = folder / f".l3c.{os.urandom(16).hex()}.partial"
        with _guard:
            _open.add(partial)
        try:
            descriptor = os.open(partial, CREATE, OWNER if private else ANYBODY)
        except OSError:
            with _guard:
                _open.discard(partial)
            raise
        if _locked(descriptor):
            return partial, descriptor
        os.close(descriptor)
        with _guard:
            _open.discard(partial)


def _locked(descriptor: int) -> bool:
    """Take the lock of a new file; False where somebody has removed the file before that."""
    try:
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_EX)
    except (ImportError, OSError):
        return True
    return os.fstat(descriptor).st_nlink > 0


def _describe(file: BinaryIO, partial: Path, modified: int | None, mode: int | None) -> None:
    """Give a file its mode and time; file systems without modes have none to give."""
    if mode is not None and hasattr(os, "fchmod"):
        with suppress(PermissionError):
            os.fchmod(file.fileno(), mode & PERMISSIONS)
    if modified is not None:
        os.utime(file.fileno() if os.utime in os.supports_fd else partial, ns=(modified, modified))


def _exists(path: Path) -> FileExistsError:
    return FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path))


def _move(partial: Path, path: Path, replace: bool) -> None:
    if replace:
        partial.replace(path)
        return
    try:
        os.link(partial, path)  # unlike a rename, refuses a target that has appeared meanwhile
    except FileExistsError:
        raise
    except OSError:  # a file system without hard links
        if os.path.lexists(path):
            raise _exists(path) from None
        partial.replace(path)
