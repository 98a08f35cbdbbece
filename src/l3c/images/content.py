"""The bytes of picture files: in memory, or read when they are taken."""

from __future__ import annotations

from typing import Protocol


class Pieces(Protocol):
    """Bytes of a file that are read when they are taken. size: how many. Slices are `bytes`."""

    size: int

    def __len__(self) -> int: ...

    def __getitem__(self, part: slice, /) -> bytes: ...


Content = bytes | memoryview | Pieces
"""What readers take. Those of formats whose row does not say `pieces` take bytes alone."""


def viewed(data: Content) -> memoryview | Pieces:
    """The same, of which slices of what is in memory are no copies."""
    return memoryview(data) if isinstance(data, bytes | bytearray | memoryview) else data


def whole(data: Content) -> bytes:
    """All bytes."""
    return data if isinstance(data, bytes) else bytes(data[:])
