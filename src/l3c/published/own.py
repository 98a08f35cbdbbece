"""Networks of one's own, by the names of their classes. Only those who train or export call this, never a decoder."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from l3c.errors import InputError

if TYPE_CHECKING:
    from l3c.published.network import Published

BASE = "l3c.published.network.Published"
"""Told by its name, since its module imports this one."""


def find_class(kind: str) -> type[Published]:
    """The class that `package.module:Class` names; its module may lie in the working directory.

    Importing runs the module's code. Raises InputError naming what is missing.
    """
    module, _, name = kind.partition(":")
    try:
        named: Any = getattr(_import(module), name, None)
    except Exception as error:  # whatever the module's own code raises
        raise InputError(f"network.kind: {module} cannot be imported: {type(error).__name__}: {error}") from error
    if named is None:
        raise InputError(f"network.kind: module {module} has no {name}")
    bases = named.__mro__ if isinstance(named, type) else ()
    if BASE not in [f"{base.__module__}.{base.__name__}" for base in bases]:
        raise InputError(f"network.kind: {kind} is no subclass of {BASE}")
    return cast("type[Published]", named)


def _import(module: str) -> Any:
    """Import a module, from the working directory where it is nowhere else."""
    here = str(Path.cwd())
    sys.path.append(here)
    try:
        return import_module(module)
    finally:
        sys.path.remove(here)
