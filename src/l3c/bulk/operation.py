"""What a folder run asks of the operation that it does with each file."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from l3c.storage.draft import Draft
from l3c.storage.large import LargeFile


class Operation(Protocol):
    """Encoding or decoding, with its options."""

    @property
    def verb(self) -> str:
        """The word for it in the summary."""
        ...

    @property
    def everything(self) -> bool:
        """Whether hidden files are sources too."""
        ...

    def takes(self, name: str) -> bool:
        """Whether a file of this name is one of the sources."""
        ...

    def names(self, name: str) -> list[str]:
        """All names that the target of a source may have, the likeliest first."""
        ...

    def name(self, name: str, raw: bytes | LargeFile) -> str:
        """The target's name for a source's, one of `names`. Raises L3CError."""
        ...

    def make(
        self, raw: bytes | LargeFile, name: str, target: str, draft: Draft, progress: Callable[[float], None]
    ) -> list[str]:
        """Write the target into a draft. Returns notes for people. progress: hears the share that is done.

        Raises L3CError.
        """
        ...

    def check(self, raw: bytes | LargeFile, data: bytes | LargeFile, name: str, target: str) -> tuple[str, ...]:
        """What of the source the target does not give back; L3CError where it gives something else."""
        ...

    def is_intact(self, data: bytes, target: str, raw: bytes | LargeFile | None) -> bool:
        """Whether a target is whole, without decoding by a model. raw: the source; None where the name took no reading
        of it, or where it is gone.
        """
        ...

    def longer(self, name: str) -> list[str]:
        """Names that the target has where another source has one of `names`."""
        ...

    def others(self, name: str) -> list[str]:
        """Names under which runs with other options, or of other releases, may have left this source's target."""
        ...

    def adds_nothing(self, raw: bytes | LargeFile, other: bytes, name: str, target: str) -> bool:
        """Whether a target under one of those names holds nothing that the source lacks."""
        ...
