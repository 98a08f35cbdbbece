"""Where files lie: a tree of names, each read, written whole or not at all, and removed."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from l3c.errors import L3CError
from l3c.storage.atomic import NEW, Attributes
from l3c.storage.draft import Draft
from l3c.storage.large import LargeFile
from l3c.storage.remote import is_remote


class StoreError(L3CError):
    """Nothing can be written to the target any more, whatever the source: full, read-only, gone, or in use."""


@dataclass(frozen=True)
class Stamp:
    """A file as it stands. size: bytes. modified, mode: as of `Attributes`, None where the store does not tell."""

    size: int
    modified: int | None
    mode: int | None = None

    @property
    def attributes(self) -> Attributes:
        """Those that a result of this file gets."""
        return Attributes(self.modified, self.mode)


@dataclass(frozen=True)
class Listing:
    """files: names below the root, with "/" between folders, sorted. links, hidden: names of what was left out.

    unreadable: name of a folder to the reason why it cannot be listed. special: names of pipes, sockets and devices.
    """

    files: dict[str, Stamp]
    links: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()
    unreadable: dict[str, str] = field(default_factory=dict)
    special: tuple[str, ...] = ()


class Store(Protocol):
    """Names are relative, with "/" between folders."""

    def listing(self, left_out: str | None = None, hidden: bool = False) -> Listing:
        """All files but those below the folder of the name `left_out`. hidden: those that begin with a dot too."""
        ...

    def names(self) -> frozenset[str]:
        """Of all files that can be listed; nothing where there is no such root."""
        ...

    def prepare(self, mode: int | None = None) -> None:
        """Make the root, with this mode where it is new, take it for this run, remove what killed runs left behind.

        Raises StoreError.
        """
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

    def open(self, name: str) -> bytes | LargeFile:
        """As `read`; parts of a large file may be read when they are taken."""
        ...

    def folder_mode(self, name: str) -> int | None:
        """Permissions of a folder, "" for the root; None where the store has none."""
        ...

    def make_folder(self, name: str, mode: int | None) -> None:
        """Make a folder where it is missing; its parent is there."""
        ...

    def draft(self) -> AbstractContextManager[Draft]:
        """For a result of this store. Raises StoreError where no other file would have room either."""
        ...

    def write(self, name: str, data: bytes | Draft, attributes: Attributes = NEW, replace: bool = False) -> None:
        """Whole and on disk under its final name, or not at all; without `replace`, an existing file is an error."""
        ...

    def is_of(self, source: Stamp, result: Stamp) -> bool:
        """Whether the times say that a result here was made of the source as it is now."""
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
