"""Archives, here or behind a URL, to files."""

from __future__ import annotations

import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Any

from l3c.bulk.jobs import DONE, SKIPPED, Job, Outcome
from l3c.bulk.stores.open import open_store
from l3c.bulk.stores.store import Store
from l3c.errors import InputError
from l3c.prepare.tree import failure
from l3c.storage.remote import file_system, is_remote

DAMAGED = (tarfile.TarError, zipfile.BadZipFile, EOFError, zlib.error, lzma.LZMAError, NotImplementedError)
"""What archives lead to that end early, are damaged, or packed in a way that Python does not know."""

ENCRYPTED = 1
"""Flag of a zip archive's member."""

MEMBER_MAX = 1 << 32
"""Bytes of one file: it is held in memory, and no picture is as large."""


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
        finished = f"{job.target}/.unpacked"
        if store.stamp(finished):
            return Outcome(job.source, job.target, SKIPPED, job.size)
        written = sum(self._file(store, f"{job.target}/{name}", size, file) for name, size, file in self._members(job))
        store.write(finished, b"done\n", replace=True)
        return Outcome(job.source, job.target, DONE, job.size, written)

    def _file(self, store: Store, name: str, size: int, file: IO[bytes]) -> int:
        if size > MEMBER_MAX:
            raise InputError(f"member {name!r} has {size} bytes, at most {MEMBER_MAX} are unpacked")
        there = store.stamp(name)
        if there is None or there.size != size:
            store.write(name, file.read(), replace=True)
        return size

    def _members(self, job: Job) -> Iterator[tuple[str, int, IO[bytes]]]:
        with open_archive(job.source, self.anonymous) as file:
            members = zip_members(file) if job.source.lower().endswith(".zip") else tar_members(file)
            yield from ((safe(name), size, content) for name, size, content in members)


def open_archive(where: str, anonymous: bool) -> Any:
    """A binary file."""
    if not is_remote(where):
        return Path(where).open("rb")
    fs, path = file_system(where, anonymous)
    return fs.open(path, "rb")


def tar_members(file: IO[bytes]) -> Iterator[tuple[str, int, IO[bytes]]]:
    """Regular files of a tar archive, of any compression, read as a stream."""
    with tarfile.open(fileobj=file, mode="r|*") as archive:
        for member in archive:
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
    if not path.parts or "\0" in name:
        raise InputError(f"member {name!r} has no name that a file can have")
    if path.is_absolute() or ".." in path.parts or ":" in path.parts[0]:
        raise InputError(f"member {name!r} would be written outside of the folder")
    return str(path)
