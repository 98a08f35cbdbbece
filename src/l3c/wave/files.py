"""Exported wave models: found by names, paths and URLs, and verified."""

from __future__ import annotations

from collections.abc import Iterator

from l3c.errors import ModelError
from l3c.models import search_path
from l3c.models.cache import Loaded
from l3c.models.search_path import Row
from l3c.wave.model import FORMAT, WaveModel, need_processor
from l3c.wave.model_file import read_stored

RUNTIME = "engine"  # wave models have one; the registry's key wants a name
_loaded: Loaded[WaveModel] = Loaded()


def names() -> list[str]:
    """Names of all models that are found, sorted."""
    return search_path.stems(FORMAT)


def load(name: str, _: int, device: str = "auto") -> WaveModel | None:
    """Find a model by its name, or its file's path or URL, for the channels it has, or return None.

    Raises ModelError where the file is missing or damaged, EngineError for other devices than the processor.
    """
    file = search_path.find(name)
    if file is None or search_path.metadata(file).get("format") != FORMAT:
        return None
    need_processor(name, device)
    return read_model(file)


def by_digest(digest: bytes, device: str = "auto") -> WaveModel | None:
    """Find the model whose digest begins with these bytes, or return None; raises as `load`."""
    known = _loaded.find(digest, RUNTIME)
    model = known or next((read_model(file) for file in search_path.with_digest(digest, FORMAT)), None)
    if model is not None:
        need_processor(model.name, device)
    return model


def read_model(file: str) -> WaveModel:
    """Read a file, once. Raises ModelError where it is missing, damaged, or not what its digest says."""
    return _loaded.get(file, RUNTIME, _verified)


def listing() -> Iterator[Row]:
    """Every file of these models, read and verified."""
    return search_path.rows(describe)


def describe(file: str) -> Row | None:
    """One file, read and verified; None of other families' and of what is no model."""
    if search_path.format_of(file) != FORMAT:
        return None
    try:
        model = read_model(file)
    except ModelError as error:
        return search_path.stem(file), 0, "", file, str(error)
    return model.name, model.channels, model.digest.hex(), file, ""


def _verified(file: str) -> WaveModel:
    stored = read_stored(file)
    if not stored.digest:
        raise ModelError(f"{file}: has no digest; write it again with `l3c export`")
    model = stored.model(search_path.stem(file), stored.learning)
    if model.digest.hex() != stored.digest:
        raise ModelError(f"{file}: its tensors are not what its digest says")
    return model
