"""One strange file: what it is called, its bytes, and what it means."""

from __future__ import annotations

from dataclasses import dataclass

from tests.strange.truth import Truth


@dataclass(frozen=True)
class Case:
    """suffix: of its format, with the dot. features: what is strange about it, for tables. fallback: another format."""

    name: str
    suffix: str
    data: bytes
    truth: Truth
    features: tuple[str, ...]
    fallback: str = ".png"
