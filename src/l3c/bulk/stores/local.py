"""A folder of this machine."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path

from l3c.bulk.stores.store import Listing, Stamp, StoreError
from l3c.errors import InputError
from l3c.storage.atomic import (
    NEW,
    PARTIAL,
    PERMISSIONS,
    Attributes,
    is_special,
    remove_abandoned,
    settle,
    write_whole,
)
from l3c.storage.draft import Draft
from l3c.storage.large import LargeFile, opened

HOPELESS = {errno.ENOSPC, errno.EDQUOT, errno.EROFS}
"""Errors that every other file would meet too."""

ODD_TIME = 1_600_000_001_123_456_789
"""A time that no coarser clock has."""

RESOLUTIONS = (1, 100, 1_000, 1_000_000, 10_000_000, 1_000_000_000, 2_000_000_000)
"""Nanoseconds that times of files may be rounded to: from Linux's own file systems, over NTFS, to exFAT and FAT."""

OWNER = 0o700
"""What the user of a new folder may always do, or nothing could be written into it."""


class LocalStore:
    """Files are written beside their final name, flushed to disk and renamed."""

    def __init__(self, root: str) -> None:
        self.root = Path(root)
        self._lock: int | None = None
        self._settled = False  # whether the root's own name would survive a loss of power

    def path(self, name: str) -> str:
        return str(self.root / name)

    def listing(self, left_out: str | None = None, hidden: bool = False) -> Listing:
        if not self.root.is_dir():
            raise InputError(f"{self.root}: {'is no folder' if self.root.exists() else 'no such folder'}")
        files: dict[str, Stamp] = {}
        links, concealed, special, unreadable = [], [], [], {}
        for entry in entries(self.root, hidden):
            if isinstance(entry, OSError):
                unreadable[self._name(entry.filename)] = entry.strerror or str(entry)
                continue
            name = self._name(entry.path)
            if (left_out and name.startswith(left_out + "/")) or PARTIAL.fullmatch(entry.name):
                continue
            if entry.is_symlink():
                links.append(name)
            elif entry.name.startswith(".") and not hidden:
                concealed.append(name)
            elif entry.is_file():
                files[name] = stamp_of(entry.stat())
            else:
                special.append(name)
        return Listing(
            dict(sorted(files.items())), tuple(sorted(links)), tuple(sorted(concealed)), unreadable,
            tuple(sorted(special)),
        )  # fmt: skip

    def _name(self, path: str | os.PathLike[str]) -> str:
        return Path(path).relative_to(self.root).as_posix()

    def names(self) -> frozenset[str]:
        return frozenset(self._name(e.path) for e in entries(self.root) if not isinstance(e, OSError))

    def prepare(self, mode: int | None = None) -> None:
        try:
            new = not self.root.exists()
            self.root.mkdir(parents=True, exist_ok=True)
            if new and mode is not None:
                self.root.chmod(mode | OWNER)
            self._take()
            self.tidy()
            probe = self._probe()
            probe.write_bytes(b"")
            probe.unlink()
        except OSError as error:
            raise StoreError(f"{self.root}: cannot be written to: {error.strerror}") from error

    def tidy(self) -> None:
        for left in entries(self.root):
            if not isinstance(left, OSError) and PARTIAL.fullmatch(left.name):
                remove_abandoned(Path(left.path))

    def _take(self) -> None:
        """A second run on the same folder would take the first one's files for leftovers."""
        try:
            import fcntl
        except ImportError:  # no such locks on Windows
            return
        self._lock = os.open(self.root, os.O_RDONLY)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self.close()
            raise StoreError(f"{self.root}: another run is writing there") from None
        except OSError:  # a file system without locks
            self.close()

    def close(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def stamp(self, name: str) -> Stamp | None:
        try:
            status = (self.root / name).lstat()
        except FileNotFoundError:
            return None
        if not stat.S_ISREG(status.st_mode):
            raise InputError(f"{self.path(name)}: exists and is no plain file")
        return stamp_of(status)

    def folder_mode(self, name: str) -> int | None:
        return (self.root / name).stat().st_mode & PERMISSIONS if os.name == "posix" else None

    def make_folder(self, name: str, mode: int | None) -> None:
        folder = self.root / name
        try:
            folder.mkdir()
            if mode is not None:
                folder.chmod(mode | OWNER)
        except FileExistsError:
            if not folder.is_dir():
                raise InputError(f"{folder}: is no folder") from None
        except OSError as error:
            raise failure(error, str(folder)) from error

    def read(self, name: str) -> bytes:
        return (self.root / name).read_bytes()

    def open(self, name: str) -> bytes | LargeFile:
        return opened(self.root / name)

    @contextmanager
    def draft(self) -> Iterator[Draft]:
        try:
            with Draft(self.root) as draft:
                yield draft
        except OSError as error:
            if error.errno not in HOPELESS:
                raise
            raise failure(error, str(self.root)) from error

    def write(self, name: str, data: bytes | Draft, attributes: Attributes = NEW, replace: bool = False) -> None:
        path = self.root / name
        if path.is_symlink() or is_special(path):
            raise InputError(f"{path}: exists and is no plain file")
        try:
            if isinstance(data, Draft):
                data.become(path, replace=replace, attributes=attributes)
            else:
                write_whole(path, data, replace=replace, attributes=attributes)
        except FileExistsError:
            raise InputError(f"{path}: has appeared meanwhile; --force overwrites it") from None
        except OSError as error:
            raise failure(error, str(path)) from error

    def is_of(self, source: Stamp, result: Stamp) -> bool:
        if source.modified is None or result.modified is None:
            return False
        apart = abs(source.modified - result.modified)
        return apart == 0 or (apart < RESOLUTIONS[-1] and apart < self._resolution)

    @cached_property
    def _resolution(self) -> int:
        """Nanoseconds that the file system rounds times to, found by trying."""
        probe = self._probe()
        try:
            probe.write_bytes(b"")
            os.utime(probe, ns=(ODD_TIME, ODD_TIME))
            apart = abs(probe.stat().st_mtime_ns - ODD_TIME)
        except OSError:
            return 1
        finally:
            probe.unlink(missing_ok=True)
        return next((unit for unit in RESOLUTIONS if apart < unit), 1)

    def _probe(self) -> Path:
        return self.root / f".l3c.{os.urandom(16).hex()}.partial"

    def settle(self, name: str) -> None:
        settle((self.root / name).parent, self.root if self._settled else None)
        self._settled = True

    def remove(self, name: str) -> None:
        (self.root / name).unlink()


def stamp_of(status: os.stat_result) -> Stamp:
    """From what the system says of a file."""
    return Stamp(status.st_size, status.st_mtime_ns, status.st_mode & PERMISSIONS if os.name == "posix" else None)


def failure(error: OSError, path: str) -> InputError | StoreError:
    """Of writing: of one file, or of all that would follow."""
    kind = StoreError if error.errno in HOPELESS else InputError
    return kind(f"{path}: {error.strerror}")


def entries(folder: Path, hidden: bool = False) -> Iterator[os.DirEntry[str] | OSError]:
    """Everything below a folder that is no folder itself; links to folders, and hidden folders, as single entries.

    hidden: what such folders hold, instead. A folder that cannot be read is the error that says so.
    """
    try:
        with os.scandir(folder) as scanned:
            listed = list(scanned)
    except OSError as error:
        yield error
        return
    for entry in listed:
        if entry.is_dir(follow_symlinks=False) and (hidden or not entry.name.startswith(".")):
            yield from entries(Path(entry.path), hidden)
        else:
            yield entry
