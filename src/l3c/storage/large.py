"""Large files, of which parts are read when they are taken, so that no copy of them lies in memory."""

from __future__ import annotations

import os
import weakref
from pathlib import Path
from threading import Lock

from l3c.errors import InputError

LARGE = 1 << 24
"""Bytes from which files are read and written in parts. Smaller ones are read at once and written once they are made:
runs over many small files open and make nothing else."""

WINDOW = 1 << 17
"""Bytes that are read at once for small parts: chunks of a PNG file follow each other."""


class LargeFile:
    """The bytes of a file: as long as `bytes` are, and sliced as they are. Threads may read at once.

    size: bytes, when it was opened. Raises InputError where it has become shorter since, and OSError naming it.
    """

    def __init__(self, descriptor: int, name: str) -> None:
        """descriptor: of the file, closed with this object."""
        self._descriptor, self._name, self._lock = descriptor, name, Lock()
        self._close = weakref.finalize(self, os.close, descriptor)
        self._stamp = self._state()
        self.size = self._stamp[0]
        self._window = 0, b""

    def _state(self) -> tuple[int, int]:
        status = os.fstat(self._descriptor)
        return status.st_size, status.st_mtime_ns

    def __len__(self) -> int:
        return self.size

    def __getitem__(self, part: slice) -> bytes:
        start, stop, step = part.indices(self.size)
        found = self.read(start, stop) if stop > start else b""
        return found if step == 1 else found[::step]

    def read(self, start: int, stop: int) -> bytes:
        """Bytes start .. stop - 1, fewer where the file ends."""
        stop = min(stop, self.size)
        if stop - start > WINDOW // 2:
            return self._read(start, stop)
        begin, window = self._window
        if not (begin <= start and stop <= begin + len(window)):
            begin, window = start, self._read(start, min(start + WINDOW, self.size))
            self._window = begin, window
        return window[start - begin : stop - begin]

    def _read(self, start: int, stop: int) -> bytes:
        pieces = []
        while start < stop:
            pieces.append(self._once(start, stop))
            start += len(pieces[-1])
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def _once(self, start: int, stop: int) -> bytes:
        """At least a byte, as the system gives them."""
        try:
            if hasattr(os, "pread"):
                found = os.pread(self._descriptor, stop - start, start)
            else:
                with self._lock:
                    os.lseek(self._descriptor, start, os.SEEK_SET)
                    found = os.read(self._descriptor, stop - start)
        except OSError as error:
            error.filename = self._name
            raise
        if not found:
            raise InputError(f"{self._name}: has become shorter while it was read")
        return found

    def check(self) -> None:
        """Raise InputError where the file has changed since it was opened, so that parts may be of two states."""
        if self._state() != self._stamp:
            raise InputError(f"{self._name}: has changed while it was read")


def whole(data: bytes | LargeFile) -> bytes:
    """All bytes of a file."""
    return data if isinstance(data, bytes) else data[:]


def opened(path: Path) -> bytes | LargeFile:
    """A file's bytes; of a large plain file those that are read when they are taken."""
    with path.open("rb", buffering=0) as file:
        if os.fstat(file.fileno()).st_size < LARGE:
            return file.read()
        return LargeFile(os.dup(file.fileno()), str(path))
