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

from l3c.bulk.jobs import DONE, FAILED, SKIPPED, Job, Outcome
from l3c.bulk.store import Store, StoreError, open_store
from l3c.errors import InputError, L3CError
from l3c.remote import file_system, is_remote


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
        except (tarfile.TarError, zipfile.BadZipFile, EOFError, zlib.error, lzma.LZMAError, L3CError, OSError) as error:
            text, hopeless = f"{job.source}: {error}", isinstance(error, StoreError)
            return Outcome(job.source, job.target, FAILED, job.size, error=text, code=1, hopeless=hopeless)

    def _unpack(self, job: Job) -> Outcome:
        store = open_store(self.target)
        finished = f"{job.target}/.unpacked"
        if store.stamp(finished):
            return Outcome(job.source, job.target, SKIPPED, job.size)
        written = sum(self._file(store, f"{job.target}/{name}", size, file) for name, size, file in self._members(job))
        store.write(finished, b"done\n", replace=True)
        return Outcome(job.source, job.target, DONE, job.size, written)

    def _file(self, store: Store, name: str, size: int, file: IO[bytes]) -> int:
        there = store.stamp(name)
        if there is None or there.size != size:
            store.write(name, file.read(), replace=True)
        return size

    def _members(self, job: Job) -> Iterator[tuple[str, int, IO[bytes]]]:
        with open_archive(job.source, self.anonymous) as file:
            found = zip_members(file) if job.source.lower().endswith(".zip") else tar_members(file)
            yield from ((safe(name), size, content) for name, size, content in found)


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
            if not member.is_dir():
                with archive.open(member) as content:
                    yield member.filename, member.file_size, content


def safe(name: str) -> str:
    """The name of a member; InputError where it would lead out of the folder."""
    path = PurePosixPath(name.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or ":" in path.parts[0]:
        raise InputError(f"member {name!r} would be written outside of the folder")
    return str(path)
