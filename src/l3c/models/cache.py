"""Models that were read from files, each once while its file stays as it is."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

from l3c.models import search_path


class Digested(Protocol):
    """What tells models apart."""

    @property
    def digest(self) -> bytes: ...


Model = TypeVar("Model", bound=Digested)


class Loaded(Generic[Model]):
    """Models by file and by what computes them."""

    def __init__(self) -> None:
        self._models: dict[tuple[str, str], tuple[float, Model]] = {}

    def get(self, file: str, runtime: str, read: Callable[[str], Model]) -> Model:
        """The file's model: `read(file)`, where it was not read or was changed since. Raises ModelError."""
        key, changed = (os.path.realpath(file), runtime), search_path.changed(file)
        if key not in self._models or self._models[key][0] != changed:
            self._models[key] = changed, read(file)
        return self._models[key][1]

    def find(self, digest: bytes, runtime: str) -> Model | None:
        """The model whose digest begins with these bytes, or None."""
        known = (model for (_, used), (_, model) in list(self._models.items()) if used == runtime)
        return next((model for model in known if model.digest.startswith(digest)), None)
