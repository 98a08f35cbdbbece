"""Exported coefficient models: found by names, paths and URLs, and verified."""

from __future__ import annotations

from collections.abc import Iterator

from l3c.dct.model import FORMAT, DctModel, read_model
from l3c.errors import ModelError
from l3c.models import search_path
from l3c.models.cache import Loaded
from l3c.models.search_path import Row

RUNTIME = "engine"  # these models have one; the cache's key wants a name
COEFFICIENTS = 64
"""In place of a model's channels in listings: it codes blocks of so many coefficients."""

_loaded: Loaded[DctModel] = Loaded()


def names() -> list[str]:
    """Names of all models that are found, sorted."""
    return search_path.stems(FORMAT)


def load(name: str) -> DctModel | None:
    """Find a model by its name, or its file's path or URL, or return None. Raises ModelError where it is damaged."""
    file = search_path.find(name)
    if file is None or search_path.metadata(file).get("format") != FORMAT:
        return None
    return _loaded.get(file, RUNTIME, read_model)


def by_digest(digest: bytes) -> DctModel | None:
    """Find the model whose digest begins with these bytes, or return None. Raises ModelError."""
    known = _loaded.find(digest, RUNTIME)
    found = (_loaded.get(file, RUNTIME, read_model) for file in search_path.with_digest(digest, FORMAT))
    return known or next(found, None)


def listing() -> Iterator[Row]:
    """Every file of these models, read and verified."""
    return search_path.rows(describe)


def describe(file: str) -> Row | None:
    """One file, read and verified; None of other families' and of what is no model."""
    if search_path.format_of(file) != FORMAT:
        return None
    try:
        model = _loaded.get(file, RUNTIME, read_model)
    except ModelError as error:
        return search_path.stem(file), 0, "", file, str(error)
    return model.name, COEFFICIENTS, model.digest.hex(), file, ""
