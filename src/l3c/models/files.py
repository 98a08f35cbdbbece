"""Exported models of one format: found by names, paths and URLs, each read once and verified."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Generic, Protocol, TypeVar

from l3c.errors import ModelError
from l3c.models import search_path
from l3c.models.cache import Loaded
from l3c.models.search_path import Row

RUNTIME = "engine"  # these models have one; the cache's key wants a name


class Named(Protocol):
    """What listings tell of a model."""

    @property
    def name(self) -> str: ...

    @property
    def digest(self) -> bytes: ...


Model = TypeVar("Model", bound=Named)


class ModelFiles(Generic[Model]):
    """form: the format that files state. read: a file, verified; raises ModelError. codes: what listings have as a
    model's channels.
    """

    def __init__(self, form: str, read: Callable[[str], Model], codes: Callable[[Model], int]) -> None:
        self._form, self._read, self._codes = form, read, codes
        self._loaded: Loaded[Model] = Loaded()

    def names(self) -> list[str]:
        """Names of all models that are found, sorted."""
        return search_path.stems(self._form)

    def load(self, name: str) -> Model | None:
        """Find a model by its name, or its file's path or URL, or return None.

        Raises ModelError where the file is missing or damaged.
        """
        file = search_path.find(name)
        if file is None or search_path.metadata(file).get("format") != self._form:
            return None
        return self.read(file)

    def by_digest(self, digest: bytes) -> Model | None:
        """Find the model whose digest begins with these bytes, or return None. Raises ModelError."""
        known = self._loaded.find(digest, RUNTIME)
        return known or next((self.read(file) for file in search_path.with_digest(digest, self._form)), None)

    def read(self, file: str) -> Model:
        """Read a file, once. Raises ModelError where it is missing, damaged, or not what its digest says."""
        return self._loaded.get(file, RUNTIME, self._read)

    def listing(self) -> Iterator[Row]:
        """Every file of these models, read and verified."""
        return search_path.rows(self.describe)

    def describe(self, file: str) -> Row | None:
        """One file, read and verified; None of other families' and of what is no model."""
        if search_path.format_of(file) != self._form:
            return None
        try:
            model = self.read(file)
        except ModelError as error:
            return search_path.stem(file), 0, "", file, str(error)
        return model.name, self._codes(model), model.digest.hex(), file, ""
