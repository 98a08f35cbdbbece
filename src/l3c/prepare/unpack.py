"""Archives, here or behind a URL, to files."""

from __future__ import annotations

import lzma
import os
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Any, Self

from l3c.bulk.jobs import DONE, SKIPPED, Job, Outcome
from l3c.bulk.stores.open import open_store
from l3c.bulk.stores.store import Store
from l3c.errors import InputError
from l3c.prepare import record
from l3c.prepare.tree import failure, reason
from l3c.storage.remote import file_system, is_remote, reaching

DAMAGED = (tarfile.TarError, zipfile.BadZipFile, EOFError, zlib.error, lzma.LZMAError, NotImplementedError)
"""What archives lead to that end early, are damaged, or packed in a way that Python does not know."""

ENCRYPTED = 1
"""Flag of a zip archive's member."""

MEMBER_MAX = 1 << 30
"""Bytes of one file: it is held in memory, and no picture is as large. Archives in ImageNet's have 200 MB."""

HEADER_MAX = 1 << 20
"""Bytes of a header before a member's: names and attributes, which Python reads at once."""

RATIO_MAX = 200
"""Unpacked bytes for one of an archive, beyond TOTAL_FREE: deflate reaches 1,032, but no folder of pictures does."""

TOTAL_FREE = 1 << 30
"""Unpacked bytes that any archive may have."""

EXTENDED = (
    tarfile.XHDTYPE,
    tarfile.XGLTYPE,
    tarfile.SOLARIS_XHDTYPE,
    tarfile.GNUTYPE_LONGNAME,
    tarfile.GNUTYPE_LONGLINK,
)
"""Headers whose content says more of the next member."""

MARK = ".unpacked"
"""Record of a folder: which archive it is of, and WHOLE, whether it holds everything of it."""

WHOLE = "whole"  # key of the record: 0 or 1


@dataclass(frozen=True)
class Unpack:
    """target: root of the folders that archives are unpacked to. A file that is there in its full size is left.

    anonymous: no credentials are looked for, as public buckets want it.
    """

    target: str
    anonymous: bool = True

    def __call__(self, job: Job, /) -> Outcome:
        """job.source: path or URL of an archive. job.target: the folder for it, below the root."""
        try:
            return self._unpack(job)
        except DAMAGED as error:
            return failure(job, InputError(f"{job.source}: {error}"))
        except Exception as error:
            return failure(job, error)

    def _unpack(self, job: Job) -> Outcome:
        store = open_store(self.target)
        folder = f"{self.target.rstrip('/')}/{job.target}"
        made = {"step": "unpack", **record.identity(job.source)}
        if record.known(folder, made, MARK).get(WHOLE):
            return Outcome(job.source, job.target, SKIPPED, job.size)
        written, begun = 0, False
        with open_archive(job.source, self.anonymous) as archive:
            for name, size, file in self._members(job, archive):
                if not begun:
                    record.write(folder, made | {WHOLE: 0}, MARK)
                begun = True
                written += self._file(store, f"{job.target}/{name}", size, file)
        record.write(folder, made | {WHOLE: 1}, MARK)
        return Outcome(job.source, job.target, DONE, job.size, written)

    def _file(self, store: Store, name: str, size: int, file: IO[bytes]) -> int:
        there = store.stamp(name)
        if there is None or there.size != size:
            data = file.read()
            if len(data) != size:
                raise InputError(f"member {name!r} has {len(data)} bytes, not the {size} that the archive says")
            store.write(name, data, replace=True)
        return size

    def _members(self, job: Job, archive: IO[bytes]) -> Iterator[tuple[str, int, IO[bytes]]]:
        is_zip = record.file_name(job.source).lower().endswith(".zip")
        found = zip_members(archive) if is_zip else tar_members(archive)
        total, packed = 0, packed_size(archive)
        for name, size, content in found:
            if not 0 <= size <= MEMBER_MAX:
                raise InputError(f"member {name!r} has {size} bytes, at most {MEMBER_MAX} are unpacked")
            total += size
            if packed is not None and total > max(TOTAL_FREE, RATIO_MAX * packed):
                raise InputError(f"more than {RATIO_MAX} times its {packed} bytes come out of the archive")
            yield safe(name), size, content


def open_archive(where: str, anonymous: bool) -> Any:
    """A binary file."""
    if not is_remote(where):
        return Path(where).open("rb")
    with reaching(where):
        fs, path = file_system(where, anonymous)
        return Reached(fs.open(path, "rb"), where)


class Reached:
    """A file behind a URL. What keeps it from being read is an InputError that names the URL and the reason: zipfile
    takes an OSError for a sign that the file is no archive.
    """

    def __init__(self, file: Any, url: str) -> None:
        self._file, self._url = file, url

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def read(self, size: int = -1) -> bytes:
        with self._reaching():
            return bytes(self._file.read(size))

    def seek(self, place: int, whence: int = os.SEEK_SET) -> int:
        with self._reaching():
            return int(self._file.seek(place, whence))

    def tell(self) -> int:
        return int(self._file.tell())

    def seekable(self) -> bool:
        return bool(self._file.seekable())

    @contextmanager
    def _reaching(self) -> Iterator[None]:
        try:
            with reaching(self._url):
                yield
        except OSError as error:
            raise InputError(reason(error)) from error


def packed_size(file: IO[bytes]) -> int | None:
    """Bytes of an archive, or None where nobody knows."""
    try:
        size = file.seek(0, os.SEEK_END)
        file.seek(0)
    except (OSError, ValueError, NotImplementedError):
        return None
    return size


class Header(tarfile.TarInfo):
    """A header that is judged before what it leads to is read."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Self:
        """Raises ReadError where it is damaged, which Python takes for an end; InputError where it is huge."""
        try:
            found = super().frombuf(buf, encoding, errors)
        except tarfile.HeaderError as error:
            if any(buf):  # zeros end an archive
                raise tarfile.ReadError(str(error)) from error
            raise
        if found.type in EXTENDED and found.size > HEADER_MAX:
            raise InputError(f"a header of {found.size} bytes, at most {HEADER_MAX} are read")
        return found


def tar_members(file: IO[bytes]) -> Iterator[tuple[str, int, IO[bytes]]]:
    """Regular files of a tar archive, of any compression, read as a stream."""
    with tarfile.open(fileobj=file, mode="r|*", tarinfo=Header) as archive:
        while (member := archive.next()) is not None:
            archive.members.clear()  # type: ignore[attr-defined] # it would remember every one of millions
            if member.issparse():
                raise InputError(f"member {member.name!r} is sparse: its size says nothing of the archive's")
            content = archive.extractfile(member) if member.isreg() else None
            if content is not None:
                yield member.name, member.size, content


def zip_members(file: IO[bytes]) -> Iterator[tuple[str, int, IO[bytes]]]:
    with zipfile.ZipFile(file) as archive:
        for member in archive.infolist():
            if member.flag_bits & ENCRYPTED:
                raise InputError(f"member {member.filename!r} is encrypted")
            if not member.is_dir():
                with archive.open(member) as content:
                    yield member.filename, member.file_size, content


def safe(name: str) -> str:
    """The name of a member; InputError where that is none, or would lead out of the folder."""
    path = PurePosixPath(name.replace("\\", "/"))
    if not path.parts or "\0" in name or path.parts == (MARK,):
        raise InputError(f"member {name!r} has no name that a file can have")
    if path.is_absolute() or ".." in path.parts or ":" in path.parts[0]:
        raise InputError(f"member {name!r} would be written outside of the folder")
    return str(path)
