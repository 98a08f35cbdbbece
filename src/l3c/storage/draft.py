"""Results that are being made: in memory, or, large ones, in the hidden file that will be the result."""

from __future__ import annotations

import errno
import io
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Self

from l3c.storage import large
from l3c.storage.atomic import FULL, NEW, Attributes, Partial, is_special, mode_for, whole_file, write_whole

PIECE = 1 << 20
"""Bytes that are copied at once."""


class Draft:
    """What will be a file: written once, read again by whoever checks it, and then put into place or discarded.

    folder: on the file system of the result, for what is too large for memory; None keeps everything in memory. Nothing
    is left of it after its `with` statement.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._partial: Partial | None = None
        self._aside: Partial | None = None
        self._memory = io.BytesIO()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for file in (self._partial, self._aside):
            if file is not None:
                file.discard()

    def begin(self, expected: int) -> BinaryIO:
        """The empty file, to write all of the result into. expected: bytes, about."""
        if self._folder is None or expected < large.LARGE:
            return self._memory
        self._partial = Partial(self._folder, private=True)
        return self._partial.file

    def aside(self, expected: int) -> BinaryIO | None:
        """A file for what has to wait before it is written, gone with the draft; None where memory will do.

        expected: bytes, at most.
        """
        if self._folder is None or expected < large.LARGE:
            return None
        self._aside = Partial(self._folder, private=True)
        return self._aside.file

    def fill(self, data: bytes) -> None:
        """Write all of the result."""
        if self.begin(len(data)) is self._memory:
            self._memory = io.BytesIO(data)  # which shares them
        elif self._partial is not None:
            self._partial.file.write(data)

    @property
    def size(self) -> int:
        """Bytes, once all are written."""
        if self._partial is None:
            return self._memory.getbuffer().nbytes
        self._partial.file.flush()
        return os.fstat(self._partial.file.fileno()).st_size

    def content(self) -> bytes | large.LargeFile:
        """All bytes."""
        if self._partial is None:
            return self._memory.getvalue()
        self._partial.file.flush()
        return large.LargeFile(os.dup(self._partial.file.fileno()), "the result")

    def write_into(self, file: BinaryIO) -> None:
        """Copy all bytes into another file."""
        if self._partial is None:
            file.write(self._memory.getbuffer())
            return
        self._partial.file.seek(0)
        shutil.copyfileobj(self._partial.file, file, PIECE)

    def become(self, path: Path, *, replace: bool = True, attributes: Attributes = NEW) -> None:
        """Put it into place, as `write_whole` does."""
        if self._partial is None:
            write_whole(path, self._memory.getbuffer(), replace=replace, attributes=attributes)
            return
        mode = None if is_special(path) else mode_for(path, attributes)
        if (mode is not None or os.name != "posix") and self._moved(path, replace, attributes.modified, mode):
            return
        with whole_file(path, replace=replace, attributes=attributes) as file:
            self.write_into(file)

    def _moved(self, path: Path, replace: bool, modified: int | None, mode: int | None) -> bool:
        """Whether it could be moved; not to another file system."""
        assert self._partial is not None
        path = Path(os.path.realpath(path))
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.parent.stat().st_dev != os.fstat(self._partial.file.fileno()).st_dev:
            return False
        try:
            self._partial.move(path, replace, modified, mode)
        except OSError as error:
            if error.errno != errno.EXDEV:  # of mounts that share a device
                raise
            return False
        return True


@contextmanager
def drafting(target: str | None) -> Iterator[Draft]:
    """A draft of a file of this machine, whose OSErrors name it; None, or what is no plain file, is made in memory."""
    path = None if target is None or is_special(Path(target)) else Path(os.path.realpath(target))
    try:
        with Draft(path.parent if path is not None and path.parent.is_dir() else None) as draft:
            yield draft
    except OSError as error:
        if error.filename is None and error.errno in FULL:
            error.filename = target
        raise
