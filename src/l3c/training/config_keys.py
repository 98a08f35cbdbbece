"""Keys and values of configurations: full and short names, near ones for mistakes, dataclasses of checked values."""

from __future__ import annotations

import difflib
import types
import typing
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from typing import Any, TypeVar

from l3c.errors import InputError

T = TypeVar("T")


def all_keys(schema: type) -> dict[str, Any]:
    """Full keys of a dataclass of sections, such as `optimizer.name`, and their types."""
    sections = typing.get_type_hints(schema)
    return {
        f"{section}.{key}": kind
        for section, cls in sections.items()
        for key, kind in typing.get_type_hints(cls).items()
    }


def complete_key(schema: type, key: str, place: str) -> str:
    """Return the full key that a full key or an unambiguous last part of one means."""
    known = all_keys(schema)
    meant = [full for full in known if full == key or full.endswith("." + key)]
    if len(meant) == 1:
        return meant[0]
    if meant:
        raise InputError(f"{place}: {key} may be {' or '.join(meant)}")
    raise InputError(f"{place}: there is no key {key}{_near(key, known)}")


def _near(key: str, known: Iterable[str]) -> str:
    names = {**{full.split(".", 1)[-1]: full for full in known}, **{full: full for full in known}}
    close = difflib.get_close_matches(key, names, 3, 0.6) or difflib.get_close_matches(
        key.split(".")[-1], names, 3, 0.6
    )
    unique = list(dict.fromkeys(names[name] for name in close))
    return f"; did you mean {' or '.join(unique)}?" if unique else f"; there are {', '.join(known)}"


def build(schema: type[T], values: Any, place: str, prefix: str = "") -> T:
    """Make a dataclass of checked values; keys that are absent take their defaults."""
    if not isinstance(values, Mapping):
        raise InputError(f"{place}: {prefix or 'top'}: keys expected, not {values!r}")
    hints = typing.get_type_hints(schema)
    arguments = {}
    for key, value in values.items():
        if key not in hints:
            full = f"{prefix}{key}"
            raise InputError(f"{place}: there is no key {full}{_near(full, [f'{prefix}{name}' for name in hints])}")
        arguments[key] = _convert(hints[key], value, place, f"{prefix}{key}")
    missing = [f.name for f in fields(schema) if f.name not in arguments and f.default is f.default_factory is MISSING]  # type: ignore[arg-type]
    if missing:
        raise InputError(f"{place}: {prefix}{missing[0]} is missing")
    return schema(**arguments)


def _convert(kind: Any, value: Any, place: str, key: str) -> Any:
    """Check a value against an annotation; integers, and numbers YAML took for text (1e-4), become floats."""
    if is_dataclass(kind):
        return build(kind, value, place, f"{key}.")  # type: ignore[arg-type]
    accepted = typing.get_args(kind) if isinstance(kind, types.UnionType) else (kind,)
    if value is None and types.NoneType in accepted:
        return None
    if float in accepted and not isinstance(value, bool):
        try:
            return float(value)
        except (TypeError, ValueError):
            pass
    elif type(value) in accepted:
        return value
    names = " or ".join("nothing" if a is types.NoneType else a.__name__ for a in accepted)
    raise InputError(f"{place}: {key}: {names} expected, not {value!r}")
