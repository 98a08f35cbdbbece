"""A folder of this machine."""

from __future__ import annotations

import errno
import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path
from threading import get_ident
from zlib import crc32

from l3c.bulk.store import Listing, Stamp, StoreError
from l3c.errors import InputError

HOPELESS = {errno.ENOSPC, errno.EDQUOT, errno.EROFS}
"""Errors that every other file would meet too."""

PARTIAL = re.compile(r"\.l3c-bulk\.[0-9a-f]{8}\.\d+\.\d+\.partial")


class LocalStore:
    """Files are written beside their final name, flushed to disk and renamed."""

    keeps_times = True

    def __init__(self, root: str) -> None:
        self.root = Path(root)
        self._lock: int | None = None

    def path(self, name: str) -> str:
        return str(self.root / name)

    def listing(self, left_out: str | None = None) -> Listing:
        if not self.root.is_dir():
            raise InputError(f"{self.root}: no such folder")
        files: dict[str, Stamp] = {}
        links = hidden = 0
        for entry in entries(self.root):
            name = Path(entry.path).relative_to(self.root).as_posix()
            if entry.name.startswith("."):
                hidden += 1
            elif entry.is_symlink():
                links += 1
            elif entry.is_file() and not (left_out and name.startswith(left_out + "/")):
                found = entry.stat()
                files[name] = Stamp(found.st_size, found.st_mtime_ns)
        return Listing(dict(sorted(files.items())), links, hidden)

    def prepare(self) -> None:
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            self._take()
            self.tidy()
            probe = self._partial("probe")
            probe.touch()
            probe.unlink()
        except OSError as error:
            raise StoreError(f"{self.root}: cannot be written to: {error.strerror}") from error

    def tidy(self) -> None:
        for left in [entry.path for entry in entries(self.root) if PARTIAL.fullmatch(entry.name)]:
            Path(left).unlink(missing_ok=True)

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
            found = (self.root / name).lstat()
        except FileNotFoundError:
            return None
        if not stat.S_ISREG(found.st_mode):
            raise InputError(f"{self.path(name)}: exists and is no plain file")
        return Stamp(found.st_size, found.st_mtime_ns)

    def read(self, name: str) -> bytes:
        return (self.root / name).read_bytes()

    def _partial(self, name: str) -> Path:
        path = self.root / name
        check = crc32(path.name.encode(errors="surrogateescape"))
        return path.with_name(f".l3c-bulk.{check:08x}.{os.getpid()}.{get_ident()}.partial")

    def write(self, name: str, data: bytes, modified: int | None, replace: bool) -> None:
        partial = self._partial(name)
        try:
            partial.parent.mkdir(parents=True, exist_ok=True)
            with partial.open("xb") as file:
                file.write(data)
                file.flush()
                if modified is not None:
                    os.utime(file.fileno() if os.utime in os.supports_fd else partial, ns=(modified, modified))
                os.fsync(file.fileno())
            self._rename(partial, self.root / name, replace)
        except OSError as error:
            kind = StoreError if error.errno in HOPELESS else InputError
            raise kind(f"{self.path(name)}: {error.strerror}") from error
        finally:
            partial.unlink(missing_ok=True)

    def _rename(self, partial: Path, path: Path, replace: bool) -> None:
        if replace:
            partial.replace(path)
            return
        try:
            os.link(partial, path)  # unlike a rename, refuses a file that has appeared meanwhile
        except FileExistsError:
            raise InputError(f"{path}: has appeared meanwhile; --force overwrites it") from None
        except OSError:  # a file system without hard links
            partial.replace(path)

    def settle(self, name: str) -> None:
        if os.name != "posix":
            return
        folder = (self.root / name).parent
        for each in (folder, *(f for f in folder.parents if f == self.root or self.root in f.parents)):
            descriptor = os.open(each, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)

    def remove(self, name: str) -> None:
        (self.root / name).unlink()


def entries(folder: Path) -> Iterator[os.DirEntry[str]]:
    """Everything below a folder that is no folder itself, links to folders and hidden folders as single entries."""
    with os.scandir(folder) as found:
        for entry in found:
            if entry.is_dir(follow_symlinks=False) and not entry.name.startswith("."):
                yield from entries(Path(entry.path))
            else:
                yield entry
