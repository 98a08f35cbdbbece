"""Configurations out of YAML files that inherit from one another, with overrides; mistakes are named with near keys.

A file holds any of the sections of a configuration; `inherit: FILE` (beside it, else one of the package's) is read
first, and later values win. `network.kind` tells which configuration it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields
from importlib.resources import files as resources
from pathlib import Path
from typing import Any

from l3c.errors import InputError
from l3c.training.config_keys import all_keys, build, complete_key
from l3c.training.dct import config as dct_config
from l3c.training.dct.config import DctConfig
from l3c.training.published.config import Config
from l3c.training.wave import config as wave_config
from l3c.training.wave.config import WaveConfig

INHERIT = "inherit"  # key that names a configuration's parent
SUFFIX = ".yaml"  # of configurations

CONFIGS = Path(str(resources("l3c.training"))) / "configs"
"""The package's own: a folder for each kind, `model` and `data`; their names are distinguished by it."""

AnyConfig = Config | WaveConfig | DctConfig
BY_KIND: dict[str, type[AnyConfig]] = {wave_config.KIND: WaveConfig, dct_config.KIND: DctConfig}
"""Kinds of networks with configurations of their own; all others are published ones."""

File = tuple[Path, dict[str, Any]]


def read_config(paths: Iterable[Path], overrides: Iterable[str] = ()) -> AnyConfig:
    """Merge files in order, then overrides `key=value`. Raises InputError naming file, key and reason."""
    files = [file for path in paths for file in read_chain(path)]
    schema = _schema(*(values for _, values in files))
    merged: dict[str, Any] = {}
    for path, values in files:
        _check_keys(schema, values, path)
        _merge(merged, values)
    for override in overrides:
        _override(schema, merged, override)
    return build(schema, merged, "configuration")


def find_config(kind: str, name: str) -> Path:
    """A path to a configuration, or the name of one of the package's. kind: model or data.

    Raises InputError naming those of the package.
    """
    path, packaged = Path(name), CONFIGS / kind / f"{name}{SUFFIX}"
    if path.is_file():
        return path
    if packaged.is_file():
        return packaged
    known = ", ".join(sorted(file.stem for file in packaged.parent.glob(f"*{SUFFIX}")))
    raise InputError(f"{name}: no such file, and no {kind} configuration of the package, which has {known}")


def config_from(values: Mapping[str, Any], place: str) -> AnyConfig:
    """From nested mappings, as `to_dict` gives them."""
    return build(_schema(values), values, place)


def _schema(*values: Mapping[str, Any]) -> type[AnyConfig]:
    networks = [network for part in values if isinstance(network := part.get("network"), Mapping)]
    kinds = [network["kind"] for network in networks if "kind" in network]
    return BY_KIND.get(str(kinds[-1]), Config) if kinds else Config


def read_chain(path: Path, seen: tuple[Path, ...] = ()) -> list[File]:
    """A file after those it inherits from."""
    path = path.resolve()
    if path in seen:
        raise InputError(f"{path}: inherits from itself")
    values = parse_file(path)
    parent = values.pop(INHERIT, None)
    before = read_chain(_parent(path, str(parent)), (*seen, path)) if parent else []
    return [*before, (path, values)]


def _parent(path: Path, named: str) -> Path:
    """The file that one inherits from: beside it, or else the package's of that name; a file's own name means that."""
    beside = path.parent / named
    packaged = (file for file in CONFIGS.glob(f"*/{Path(named).stem}{SUFFIX}") if Path(named).name == named)
    return beside if beside.is_file() and beside != path else next(packaged, beside)


def parse_file(path: Path) -> dict[str, Any]:
    """The sections of one file. Raises InputError naming file, place and reason."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise InputError(f"{path}: there is no such configuration") from None
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not YAML: {error}") from error
    values = _parse(text, str(path))
    if values is not None and not isinstance(values, dict):
        raise InputError(f"{path}: sections expected, not {type(values).__name__}")
    return values or {}


def _parse(text: str, place: str) -> Any:
    """Raises InputError naming the place, line and column, and the reason, in one line."""
    import yaml

    try:
        return yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        at = f", line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        reason = ", ".join(part for part in (error.context, error.problem) if part)
        raise InputError(f"{place}{at}: not YAML: {reason}") from error
    except (yaml.YAMLError, ValueError) as error:  # characters that YAML has not, dates that no calendar has
        raise InputError(f"{place}: not YAML: {' '.join(str(error).split())}") from error


def _check_keys(schema: type[AnyConfig], values: dict[str, Any], path: Path) -> None:
    for section, entries in values.items():
        if not isinstance(entries, dict):
            known = ", ".join(f.name for f in fields(schema))
            raise InputError(f"{path}: {section}: a section with keys expected; sections are {known}")
        for key in entries:
            complete_key(schema, f"{section}.{key}", str(path))


def _merge(base: dict[str, Any], over: Mapping[str, Any]) -> None:
    for key, value in over.items():
        if isinstance(value, Mapping) and isinstance(base.get(key), dict):
            _merge(base[key], value)
        else:
            base[key] = dict(value) if isinstance(value, Mapping) else value


def _override(schema: type[AnyConfig], values: dict[str, Any], text: str) -> None:
    """Apply `key=value`; a bare `key` means true."""
    key, separator, value = text.partition("=")
    full = complete_key(schema, key.strip(), f"-p {text}")
    section, name = full.split(".", 1)
    parsed = _parse(value, f"-p {text}") if separator else True
    typed = value if all_keys(schema)[full] in (str, str | None) and parsed is not None else parsed
    values.setdefault(section, {})[name] = typed
