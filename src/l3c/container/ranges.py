"""Bytes that are taken piece by piece, wherever they lie."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from threading import Lock
from typing import BinaryIO, Protocol

SHORT = 1 << 12
"""Bytes of parts that stay in memory: a page, as the system reads files."""

PIECE = 1 << 20
"""Bytes that are read at once where all are read one after another."""


class Ranges(Protocol):
    """Bytes somewhere."""

    def read(self, start: int, stop: int) -> bytes:
        """Bytes start .. stop - 1, fewer where they end."""
        ...


class SizedRanges(Ranges, Protocol):
    """size: how many bytes."""

    size: int


class PayloadRanges:
    """The content of section DATA: a slice is read when it is taken."""

    def __init__(self, source: Ranges, start: int, length: int) -> None:
        self._source, self.start, self._length = source, start, length

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, part: slice) -> bytes:
        start, stop, _ = part.indices(self._length)
        return self._source.read(self.start + start, self.start + stop)


Payloads = bytes | memoryview | PayloadRanges
"""The content of section DATA, read or not."""


class Shelf:
    """A file in which parts wait that are read once more, so that they take no memory meanwhile.

    Threads may put and read at once.
    """

    def __init__(self, file: BinaryIO) -> None:
        """file: empty; nobody else writes or reads it."""
        self._file, self._size, self._lock = file, 0, Lock()

    def put(self, data: bytes | Shelved) -> bytes | Shelved:
        """The same bytes, in the file unless they are few, or there already."""
        if isinstance(data, Shelved) or len(data) < SHORT:
            return data
        with self._lock:
            start = self._size
            self._file.seek(start)
            self._file.write(data)
            self._size += len(data)
        return Shelved(self, start, len(data))

    def read(self, start: int, stop: int) -> bytes:
        """Bytes start .. stop - 1 of those that were put here."""
        with self._lock:
            self._file.seek(start)
            return self._file.read(stop - start)


class Shelved(PayloadRanges):
    """Bytes that wait on a shelf."""

    def __init__(self, shelf: Shelf, start: int, length: int) -> None:
        super().__init__(shelf, start, length)


Part = bytes | memoryview | Shelved


class Parts:
    """A file whose parts lie apart, in memory or on a shelf, so that they need not be copied. size: of all, bytes."""

    def __init__(self, parts: Sequence[Part]) -> None:
        self._parts = parts
        self._ends = list(accumulate(map(len, parts)))
        self.size = self._ends[-1] if parts else 0

    def __len__(self) -> int:
        return self.size

    def __bytes__(self) -> bytes:
        return b"".join(part[:] for part in self._parts)

    def read(self, start: int, stop: int) -> bytes:
        """Bytes start .. stop - 1, fewer where they end."""
        pieces, number = [], bisect_right(self._ends, start)
        for part, end in zip(self._parts[number:], self._ends[number:], strict=True):
            begin = end - len(part)
            pieces.append(part[max(0, start - begin) : max(0, stop - begin)])
            if end >= stop:
                break
        return b"".join(pieces)

    def write_into(self, file: BinaryIO) -> None:
        """All of it, part by part."""
        file.writelines(part[:] for part in self._parts)
