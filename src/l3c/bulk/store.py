"""Where files lie: a tree of names, each read, written whole or not at all, and removed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from l3c.errors import L3CError
from l3c.remote import is_remote


class StoreError(L3CError):
    """Nothing can be written to the target any more, whatever the source: full, read-only, gone, or in use."""


@dataclass(frozen=True)
class Stamp:
    """A file as it stands. size: bytes. modified: nanoseconds since 1970, None where the store does not tell."""

    size: int
    modified: int | None


@dataclass(frozen=True)
class Listing:
    """files: names below the root, with "/" between folders, sorted. links, hidden: how many were left out."""

    files: dict[str, Stamp]
    links: int = 0
    hidden: int = 0


class Store(Protocol):
    """Names are relative, with "/" between folders."""

    keeps_times: bool
    """Whether `write` gives a file the modification time that it is told."""

    def listing(self, left_out: str | None = None) -> Listing:
        """All files but those below the folder of the name `left_out`."""
        ...

    def prepare(self) -> None:
        """Make the root, take it for this run, remove what killed runs left behind; StoreError where that fails."""
        ...

    def tidy(self) -> None:
        """Remove what killed runs, or workers, left behind."""
        ...

    def close(self) -> None:
        """Let others have the root."""
        ...

    def stamp(self, name: str) -> Stamp | None:
        """None where there is no such file."""
        ...

    def read(self, name: str) -> bytes: ...

    def write(self, name: str, data: bytes, modified: int | None, replace: bool) -> None:
        """Whole and on disk under its final name, or not at all; without `replace`, an existing file is an error."""
        ...

    def settle(self, name: str) -> None:
        """Return when the name itself would survive a loss of power."""
        ...

    def remove(self, name: str) -> None: ...

    def path(self, name: str) -> str:
        """For messages."""
        ...


def absolute(root: str) -> str:
    """The same root for processes that run in other folders."""
    return root if is_remote(root) else str(Path(root).absolute())


def open_store(root: str) -> Store:
    """A folder of this machine, or a URL of any file system that fsspec knows."""
    if is_remote(root):
        from l3c.bulk.remote_store import RemoteStore

        return RemoteStore(root)
    from l3c.bulk.local_store import LocalStore

    return LocalStore(root)
