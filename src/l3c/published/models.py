"""Where exported models lie, and how their files are read and written. No PyTorch is needed.

A model is a safetensors file: in the package, in the folders that the environment's L3C_MODELS lists, in ./weights, or
anywhere, by its path. Files are told apart by their digests.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from l3c.errors import InputError, ModelError
from l3c.published.architecture import Architecture
from l3c.published.integer_model import FORMAT, TILE, PublishedModel, known_answer, network_digest, tensors_of
from l3c.published.layers_integer import SUM_MAX, IntegerLayer, Layer, Program, layers
from l3c.published.runtimes import Definition

SUFFIX = ".safetensors"
FOLDERS_VARIABLE = "L3C_MODELS"
RUNTIME_VARIABLE = "L3C_RUNTIME"
PACKAGE = Path(__file__).parent / "weights"
WEIGHTS = Path("weights")
_loaded: dict[Path, tuple[float, PublishedModel]] = {}


def folders() -> list[Path]:
    """Where models are looked for, in order."""
    named = [Path(name) for name in os.environ.get(FOLDERS_VARIABLE, "").split(os.pathsep) if name]
    return [PACKAGE, *named, WEIGHTS]


def files() -> Iterator[tuple[Path, dict[str, str]]]:
    """Every model file with its metadata; other files are passed over."""
    for folder in folders():
        for path in sorted(folder.glob(f"*{SUFFIX}")):
            metadata = _metadata(path)
            if metadata.get("format") == FORMAT:
                yield path, metadata


def names() -> list[str]:
    """Names of all models that are found, sorted."""
    return sorted({path.stem for path, _ in files()})


def load(name: str, channels: int) -> PublishedModel | None:
    """Find a model by its name or its file's path, or return None; pictures must have 3 channels."""
    if channels != PublishedModel.channels:
        return None
    if name.endswith(SUFFIX) or os.sep in name:
        path = Path(name if name.endswith(SUFFIX) else name + SUFFIX)
        return read_model(path)
    found = next((path for path, _ in files() if path.stem == name), None)
    return read_model(found) if found else None


def by_digest(digest: bytes) -> PublishedModel | None:
    """Find the model whose digest begins with these bytes, or return None."""
    for _, model in _loaded.values():
        if model.digest.startswith(digest):
            return model
    found = (path for path, metadata in files() if metadata.get("digest", "").startswith(digest.hex()))
    return next((model for path in found if (model := read_model(path)).digest.startswith(digest)), None)


def read_model(path: Path) -> PublishedModel:
    """Read a file, once. Raises ModelError where it is missing, damaged, or not what its digest says."""
    key = path.resolve()
    try:
        changed = key.stat().st_mtime
    except OSError as error:
        raise ModelError(f"{path}: {error.strerror}; `l3c export` makes such files") from error
    if key not in _loaded or _loaded[key][0] != changed:
        _loaded[key] = changed, _read(path)
    return _loaded[key][1]


def _metadata(path: Path) -> dict[str, str]:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, "numpy") as file:
            return file.metadata() or {}
    except (OSError, SafetensorError) as error:
        raise ModelError(f"{path}: {error}") from error


def _read(path: Path) -> PublishedModel:
    from safetensors.numpy import load_file

    metadata = _metadata(path)
    try:
        if metadata.get("format") != FORMAT:
            raise ValueError(f"format {metadata.get('format')!r}, expected {FORMAT!r}")
        a = Architecture(**json.loads(metadata["architecture"]))
        stored = load_file(path)
        network = [_layer(layer, stored) for layer in layers(a)]
        digest, answer, tile = metadata["digest"], metadata["known_answer"], int(metadata["tile"])
    except (KeyError, TypeError, ValueError, InputError) as error:
        raise ModelError(f"{path}: not an exported model: {error}") from error
    if network_digest(a, network).hex() != digest:
        raise ModelError(f"{path}: its tensors are not what its digest says")
    return PublishedModel(path.stem, a, network, answer, tile, os.environ.get(RUNTIME_VARIABLE) or None)


def _layer(layer: Layer, stored: dict[str, NDArray[Any]]) -> IntegerLayer:
    weight, bias, shift = (stored[f"{layer.name}.{part}"] for part in ("weight", "bias", "shift"))
    if weight.ndim != 4 or weight.dtype not in (np.int8, np.int16) or bias.shape != (len(weight),):
        raise ValueError(f"{layer.name}: arrays do not fit")
    if bias.dtype != np.int32 or shift.dtype != np.uint8 or shift.shape != bias.shape or shift.max(initial=0) > 22:
        raise ValueError(f"{layer.name}: biases or shifts do not fit")
    made = IntegerLayer(layer, weight, bias, shift)
    if made.bound().max() >= SUM_MAX:
        raise ValueError(f"{layer.name}: sums may reach {SUM_MAX}")
    return made


def write_model(path: Path, a: Architecture, network: list[IntegerLayer], tile: int = TILE) -> bytes:
    """Write a file, whole or not at all, with its known answer by the definition; its digest."""
    from safetensors.numpy import save_file

    digest = network_digest(a, network)
    metadata = {
        "format": FORMAT,
        "architecture": json.dumps(vars(a), sort_keys=True),
        "tile": str(tile),
        "digest": digest.hex(),
        "known_answer": known_answer(Program(a, Definition(network))),
    }
    partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file(tensors_of(network), partial, metadata)
    partial.replace(path)
    return digest
