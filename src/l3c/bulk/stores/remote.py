"""A tree that fsspec reaches: S3 and its kin, or any other file system by URL."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from l3c.bulk.stores.store import Listing, Stamp, StoreError
from l3c.errors import InputError
from l3c.storage.atomic import NEW, Attributes
from l3c.storage.draft import Draft
from l3c.storage.large import whole
from l3c.storage.remote import WHOLE_PUTS, file_system, put, reaching


class RemoteStore:
    """Object stores take a file whole; elsewhere it is written beside its final name and moved."""

    def __init__(self, root: str) -> None:
        self._root = root.rstrip("/")
        self._whole = root.partition("://")[0] in WHOLE_PUTS
        self._fs, self._path = file_system(root)

    def path(self, name: str) -> str:
        return f"{self._root}/{name}"

    def _at(self, name: str) -> str:
        return f"{self._path}/{name}"

    def listing(self, left_out: str | None = None, hidden: bool = False) -> Listing:
        with reaching(self._root):
            entries = self._fs.find(self._path, detail=True)
        if not entries:
            raise InputError(f"{self._root}: no such folder, or an empty one")
        named = {path[len(self._path) :].lstrip("/"): entry for path, entry in sorted(entries.items())}
        concealed = [] if hidden else [n for n in named if any(p.startswith(".") for p in n.split("/"))]
        shown = {name: entry for name, entry in named.items() if name not in set(concealed)}
        listed = {name: e for name, e in shown.items() if name and not (left_out and name.startswith(left_out + "/"))}
        return Listing({name: stamp_of(entry) for name, entry in listed.items()}, (), tuple(concealed))

    def names(self) -> frozenset[str]:
        try:
            with reaching(self._root):
                return frozenset(path[len(self._path) :].lstrip("/") for path in self._fs.find(self._path))
        except FileNotFoundError:
            return frozenset()

    def prepare(self, mode: int | None = None) -> None:
        try:
            with reaching(self._root):
                if not self._whole:
                    self._fs.makedirs(self._path, exist_ok=True)
        except OSError as error:
            raise StoreError(f"{self._root}: cannot be written to: {error.strerror}") from error

    def tidy(self) -> None:
        """Object stores have no half files; elsewhere they are left, since other machines may be at work."""

    def close(self) -> None:
        """Nothing is held."""

    def stamp(self, name: str) -> Stamp | None:
        try:
            with reaching(self.path(name)):
                return stamp_of(self._fs.info(self._at(name)))
        except FileNotFoundError:
            return None

    def read(self, name: str) -> bytes:
        with reaching(self.path(name)):
            return bytes(self._fs.cat_file(self._at(name)))

    def open(self, name: str) -> bytes:
        return self.read(name)

    def folder_mode(self, name: str) -> int | None:
        return None

    def make_folder(self, name: str, mode: int | None) -> None:
        """Folders are made with their files, or are parts of names."""

    def is_of(self, source: Stamp, result: Stamp) -> bool:
        """Results have times of their own."""
        return source.modified is not None and result.modified is not None and source.modified <= result.modified

    def draft(self) -> Draft:
        """In memory, since it is put there at once."""
        return Draft()

    def write(self, name: str, data: bytes | Draft, attributes: Attributes = NEW, replace: bool = False) -> None:
        try:
            put(self.path(name), whole(data.content()) if isinstance(data, Draft) else data, replace)
        except FileExistsError:
            raise InputError(f"{self.path(name)}: has appeared meanwhile; --force overwrites it") from None
        except (PermissionError, FileNotFoundError) as error:
            if not self._whole:
                raise
            raise StoreError(f"{self.path(name)}: cannot be written: {error.strerror}") from error

    def settle(self, name: str) -> None:
        """An object store has answered; more cannot be asked of it."""

    def remove(self, name: str) -> None:
        with reaching(self.path(name)):
            self._fs.rm_file(self._at(name))


def stamp_of(entry: dict[str, Any]) -> Stamp:
    """From what fsspec's file systems say of a file, each in its own words."""
    when = next((entry[key] for key in ("mtime", "LastModified", "updated", "created") if key in entry), None)
    if isinstance(when, datetime):
        when = when.timestamp()
    return Stamp(int(entry["size"]), None if when is None else int(float(when) * 1e9))
