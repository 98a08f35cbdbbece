"""What the headers of model files say of networks, made into objects; anybody may have written them."""

from __future__ import annotations

from dataclasses import MISSING, fields
from typing import Any, TypeVar

T = TypeVar("T")

SHOWN_MAX = 100
"""Characters of a name or text of a file in messages: they may be of any length."""


def from_stated(kind: type[T], stated: Any, place: str) -> T:
    """A dataclass of what a header says. place: of the header. Raises ValueError naming it and what is wrong there."""
    if not isinstance(stated, dict):
        raise ValueError(f"{place}: {str(stated)[:SHOWN_MAX]!r}, an object is needed")
    known = {field.name: field for field in fields(kind)}  # type: ignore[arg-type]
    if unknown := next((key for key in stated if key not in known), None):
        raise ValueError(f"{place}: {unknown[:SHOWN_MAX]!r} is unknown there")
    needed = (n for n, f in known.items() if f.default is MISSING and f.default_factory is MISSING)
    if missing := next((name for name in needed if name not in stated), None):
        raise ValueError(f"{place}: lacks {missing!r}")
    try:
        return kind(**stated)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{place}: {error}") from error


def reason_of(error: Exception) -> str:
    """An error of reading a file, for people: a KeyError's text is the key alone."""
    return f"lacks {str(error)[:SHOWN_MAX]}" if isinstance(error, KeyError) else str(error)
