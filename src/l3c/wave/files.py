"""Exported wave models: found by names, paths and URLs, and verified."""

from __future__ import annotations

from l3c.errors import ModelError
from l3c.models import search_path
from l3c.models.files import ModelFiles
from l3c.wave.model import FORMAT, WaveModel, need_processor
from l3c.wave.model_file import read_stored


def _verified(file: str) -> WaveModel:
    stored = read_stored(file)
    if not stored.digest:
        raise ModelError(f"{file}: has no digest; write it again with `l3c export`")
    model = stored.model(search_path.stem(file), stored.learning)
    if model.digest.hex() != stored.digest:
        raise ModelError(f"{file}: its tensors are not what its digest says")
    return model


_files = ModelFiles(FORMAT, _verified, lambda model: model.channels)
names, read_model, listing, describe = _files.names, _files.read, _files.listing, _files.describe


def load(name: str, _: int, device: str = "auto") -> WaveModel | None:
    """As `ModelFiles.load`, for the channels that the model has.

    Raises also EngineError for other devices than the processor.
    """
    model = _files.load(name)
    if model is not None:
        need_processor(name, device)
    return model


def by_digest(digest: bytes, device: str = "auto") -> WaveModel | None:
    """As `ModelFiles.by_digest`; raises as `load`."""
    model = _files.by_digest(digest)
    if model is not None:
        need_processor(model.name, device)
    return model
