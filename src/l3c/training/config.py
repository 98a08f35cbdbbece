"""Configurations: YAML files that inherit from one another, typed, with overrides, and errors that name near keys.

A file holds any of the sections of `Config`; `inherit: FILE` (relative to it) is read first, and later values win.
"""

from __future__ import annotations

import difflib
import types
import typing
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, asdict, dataclass, field, fields, is_dataclass
from pathlib import Path
from typing import Any, TypeVar

from l3c.errors import InputError
from l3c.published.architecture import Architecture

INHERIT = "inherit"
OPTIMIZERS = ("rmsprop", "adam", "adamw")
T = TypeVar("T")


@dataclass(frozen=True)
class Optimizer:
    """How parameters are changed.

    name: one of OPTIMIZERS. schedule: see `l3c.training.schedule`. warm_up: iterations in which the rate rises from 0.
    clip_norm: largest L2 norm of the gradient. ema_decay: keep and evaluate an exponential mean of the parameters.
    latent_warm_up: iterations in which the weight of each auxiliary image's cost, relative to that of the next finer
        scale, rises to 1. range_penalty: weight of how far quantizers' inputs lie beyond their levels (mean squares).
    guidance: iterations in which auxiliary images are drawn, ever less, towards smaller copies of the image.
    """

    name: str = "rmsprop"
    learning_rate: float = 1e-4
    schedule: str = "none"
    weight_decay: float = 0.0
    warm_up: int = 0
    clip_norm: float | None = None
    ema_decay: float | None = None
    latent_warm_up: int = 0
    range_penalty: float = 0.0
    guidance: int = 0

    def __post_init__(self) -> None:
        if self.name not in OPTIMIZERS:
            raise InputError(f"optimizer.name: {self.name!r} is none of {', '.join(OPTIMIZERS)}")


@dataclass(frozen=True)
class Execution:
    """How a run is executed. iterations: after which it ends; none is endless. minutes: after which it ends, saved.

    spread: begin with mixtures spread over all values, instead of as published.
    """

    seed: int = 0
    iterations: int | None = None
    minutes: float | None = None
    bfloat16: bool = False
    compile: bool = False
    channels_last: bool = False
    spread: bool = False


@dataclass(frozen=True)
class Data:
    """What is trained on.

    train, valid: a folder (searched through), a picture, or a pattern with `*`. crop: height and width, pixels.
    batch: pictures an iteration, over all processes. valid_batches: at most so many of valid_batch pictures count.
    epochs: after which training ends; none is endless. first_image: the first picture to be validated, always shown.
    cache: a file that remembers the lists of pictures. flip: mirror half of the crops.
    """

    train: str = ""
    valid: str = ""
    crop: int = 128
    batch: int = 30
    valid_batch: int = 30
    valid_batches: int = 5
    epochs: int | None = None
    first_image: str | None = None
    cache: str | None = None
    flip: bool = True

    def __post_init__(self) -> None:
        if min(self.crop, self.batch, self.valid_batch, self.valid_batches) < 1:
            raise InputError("data: crop, batch, valid_batch and valid_batches must be positive")


@dataclass(frozen=True)
class Config:
    """All that defines a training run."""

    network: Architecture = field(default_factory=Architecture)
    optimizer: Optimizer = field(default_factory=Optimizer)
    run: Execution = field(default_factory=Execution)
    data: Data = field(default_factory=Data)

    def __post_init__(self) -> None:
        multiple = self.network.multiple()
        if self.data.crop % multiple:
            raise InputError(f"data.crop: {self.data.crop} is no multiple of {multiple}, as {self.network.kind} needs")

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def read_config(paths: Iterable[Path], overrides: Iterable[str] = ()) -> Config:
    """Merge files in order, then overrides `key=value`. Raises InputError naming file, key and reason."""
    merged: dict[str, Any] = {}
    for path in paths:
        _merge(merged, read_yaml(path))
    for override in overrides:
        _override(merged, override)
    return config_from(merged, "configuration")


def config_from(values: Mapping[str, Any], place: str) -> Config:
    """From nested mappings, as `Config.to_dict` gives them."""
    return _build(Config, values, place, "")


def read_yaml(path: Path, seen: tuple[Path, ...] = ()) -> dict[str, Any]:
    """One file merged over those it inherits from, its keys checked."""
    path = path.resolve()
    if path in seen:
        raise InputError(f"{path}: inherits from itself")
    values = _parse(path)
    parent = values.pop(INHERIT, None)
    merged = read_yaml(path.parent / parent, (*seen, path)) if parent else {}
    for section, entries in values.items():
        for key in _entries(section, entries, path):
            complete_key(f"{section}.{key}", str(path))
    return _merge(merged, values)


def _parse(path: Path) -> dict[str, Any]:
    import yaml

    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(f"{path}: there is no such configuration") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: not YAML: {error}") from error
    if values is not None and not isinstance(values, dict):
        raise InputError(f"{path}: sections expected, not {type(values).__name__}")
    return values or {}


def _entries(section: str, entries: Any, path: Path) -> Iterable[str]:
    if not isinstance(entries, dict):
        known = ", ".join(f.name for f in fields(Config))
        raise InputError(f"{path}: {section}: a section with keys expected; sections are {known}")
    return entries


def _merge(base: dict[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    for key, value in over.items():
        if isinstance(value, Mapping) and isinstance(base.get(key), dict):
            _merge(base[key], value)
        else:
            base[key] = dict(value) if isinstance(value, Mapping) else value
    return base


def all_keys() -> dict[str, Any]:
    """Full keys, such as `optimizer.name`, and their types."""
    sections = typing.get_type_hints(Config)
    return {
        f"{section}.{key}": kind
        for section, cls in sections.items()
        for key, kind in typing.get_type_hints(cls).items()
    }


def complete_key(key: str, place: str) -> str:
    """Return the full key that a full key or an unambiguous last part of one means."""
    known = all_keys()
    meant = [full for full in known if full == key or full.endswith("." + key)]
    if len(meant) == 1:
        return meant[0]
    if meant:
        raise InputError(f"{place}: {key} may be {' or '.join(meant)}")
    raise InputError(f"{place}: there is no key {key}{_near(key, known)}")


def _near(key: str, known: Iterable[str]) -> str:
    names = {**{full.split(".", 1)[1]: full for full in known}, **{full: full for full in known}}
    close = difflib.get_close_matches(key, names, 3, 0.6) or difflib.get_close_matches(
        key.split(".")[-1], names, 3, 0.6
    )
    unique = list(dict.fromkeys(names[name] for name in close))
    return f"; did you mean {' or '.join(unique)}?" if unique else f"; there are {', '.join(known)}"


def _override(values: dict[str, Any], text: str) -> None:
    """Apply `key=value`; a bare `key` means true."""
    import yaml

    key, separator, value = text.partition("=")
    full = complete_key(key.strip(), f"-p {text}")
    section, name = full.split(".", 1)
    parsed = yaml.safe_load(value) if separator else True
    keep = value if all_keys()[full] in (str, str | None) and parsed is not None else parsed
    values.setdefault(section, {})[name] = keep


def _build(cls: type[T], values: Any, place: str, prefix: str) -> T:
    """Make a dataclass of checked values; keys that are absent take their defaults."""
    if not isinstance(values, Mapping):
        raise InputError(f"{place}: {prefix or 'top'}: keys expected, not {values!r}")
    hints = typing.get_type_hints(cls)
    arguments = {}
    for key, value in values.items():
        if key not in hints:
            complete_key(f"{prefix}{key}", place)
        arguments[key] = _convert(hints[key], value, place, f"{prefix}{key}")
    missing = [f.name for f in fields(cls) if f.name not in arguments and f.default is f.default_factory is MISSING]  # type: ignore[arg-type]
    if missing:
        raise InputError(f"{place}: {prefix}{missing[0]} is missing")
    return cls(**arguments)


def _convert(kind: Any, value: Any, place: str, key: str) -> Any:
    """Check a value against an annotation; whole numbers, and numbers YAML took for text (1e-4), become floats."""
    if is_dataclass(kind):
        return _build(kind, value, place, f"{key}.")  # type: ignore[arg-type]
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
