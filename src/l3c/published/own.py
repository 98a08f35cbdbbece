"""Networks of one's own, by the names of their classes. Only those who train or export call this, never a decoder."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from l3c.errors import InputError

if TYPE_CHECKING:
    from l3c.published.network import Published


def find_class(kind: str) -> type[Published]:
    """The class that `package.module:Class` names; its module may lie in the working directory.

    Importing runs the module's code. Raises InputError naming what is missing.
    """
    from l3c.published.network import Published

    module, _, name = kind.partition(":")
    try:
        found: Any = getattr(_import(module), name, None)
    except Exception as error:  # whatever the module's own code raises
        raise InputError(f"network.kind: {module} cannot be imported: {type(error).__name__}: {error}") from error
    if found is None:
        raise InputError(f"network.kind: module {module} has no {name}")
    if not (isinstance(found, type) and issubclass(found, Published)):
        raise InputError(f"network.kind: {kind} is no subclass of l3c.published.network.Published")
    return found


def _import(module: str) -> Any:
    """Import a module, from the working directory where it is nowhere else."""
    here = str(Path.cwd())
    sys.path.append(here)
    try:
        return import_module(module)
    finally:
        sys.path.remove(here)
