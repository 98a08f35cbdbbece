"""Exported models: how they are found, read and written. No PyTorch is needed.

A model is a safetensors file: in the package, in the folders and URLs that the environment's L3C_MODELS lists, in
./weights, or anywhere, by its path or URL. Files are identified by their digests.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from l3c.errors import InputError, ModelError
from l3c.models import search_path
from l3c.models.cache import Loaded
from l3c.models.search_path import Row
from l3c.models.stated import reason_of
from l3c.models.tensors import tensor_bytes
from l3c.published.architecture import KINDS, Architecture
from l3c.published.graph import parse_architecture
from l3c.published.integer_model import FORMAT, TILE, PublishedModel, known_answer, network_digest, tensors_of
from l3c.published.layers_integer import layers
from l3c.published.operations import SUM_MAX, IntegerLayer, Layer
from l3c.published.runtimes import make_program, runtime_name
from l3c.storage.atomic import write_whole

# in messages
HOW = (
    "`l3c models --fetch NAME` fetches a released one; `l3c train` or `l3c import-released`, then `l3c export`, makes "
    "one; L3C_MODELS names other folders and URLs"
)

TILE_MIN = 64
"""Least nominal side that a model may ask for (format 7.1)."""

TILE_MAX = 1024
"""Greatest nominal side (format 7.1): memory grows with its square, see integer_model.PIXEL_BYTES."""

_loaded: Loaded[PublishedModel] = Loaded()


@dataclass(frozen=True)
class Stored:
    """What a file holds, its digest verified. answer: the known answer. tile: nominal side, pixels."""

    architecture: Architecture
    network: list[IntegerLayer]
    digest: str
    answer: str
    tile: int


def names() -> list[str]:
    """Names of all models that are found, sorted."""
    return search_path.stems(FORMAT)


def load(name: str, _: int, device: str = "auto") -> PublishedModel | None:
    """Find a model by its name, or its file's path or URL, or return None; all code 3 channels."""
    file = search_path.find(name)
    return read_model(file, device) if file else None


def by_digest(digest: bytes, device: str = "auto") -> PublishedModel | None:
    """Find the model whose digest begins with these bytes, or return None."""
    known = _loaded.find(digest, runtime_name(device))
    return known or next((read_model(file, device) for file in search_path.with_digest(digest, FORMAT)), None)


def read_model(file: str | Path, device: str = "auto") -> PublishedModel:
    """Read a file, once. Raises ModelError where it is missing, damaged, or not what its digest says."""
    runtime = runtime_name(device)

    def read(place: str) -> PublishedModel:
        s = read_stored(place)
        return PublishedModel(search_path.stem(place), s.architecture, s.network, s.answer, runtime, s.tile)

    return _loaded.get(str(file), runtime, read)


def read_stored(file: str) -> Stored:
    """Read a file and verify its digest; nothing is computed with it. Raises ModelError."""
    from safetensors import SafetensorError
    from safetensors.numpy import load as load_tensors

    metadata = search_path.metadata(file)
    try:
        if metadata.get("format") != FORMAT:
            raise ValueError(f"format {metadata.get('format')!r}, expected {FORMAT!r}")
        architecture = parse_architecture(json.loads(metadata["architecture"]))
        if architecture.own:
            raise ValueError(f"a class of one's own, {architecture.kind}, is no exported model; its graph would be")
        tensors = load_tensors(search_path.content(file, _most_bytes(architecture)))
        network = [_layer(layer, tensors) for layer in layers(architecture)]
        astray = sorted(tensors.keys() - tensors_of(network).keys())
        if astray:
            raise ValueError(f"{len(astray)} tensors that the network does not have, first {astray[0]}")
        stored = Stored(architecture, network, metadata["digest"], metadata["known_answer"], _tile(metadata["tile"]))
    except ModelError:
        raise
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError, InputError, SafetensorError) as error:
        raise ModelError(f"{file}: not an exported model: {reason_of(error)}") from error
    if network_digest(architecture, network).hex() != stored.digest:
        raise ModelError(f"{file}: its tensors are not what its digest says")
    return stored


def _most_bytes(a: Architecture) -> int:
    """What a file of this network has at most: a header, and of each output weights of 2, a bias of 4, a shift of 1."""
    return search_path.HEADER_MAX + sum(2 * prod(layer.shape) + 5 * layer.shape[0] for layer in layers(a))


def _tile(text: str) -> int:
    tile = int(text)
    if not TILE_MIN <= tile <= TILE_MAX:
        raise ValueError(f"tiles of {tile} pixels, expected {TILE_MIN} to {TILE_MAX}")
    return tile


def listing() -> Iterator[Row]:
    """Every file that is no other family's, read and verified, and what is not there."""
    kinds = set()
    for folder in search_path.folders():
        for row, kind in _listed(folder):
            kinds.add(kind)
            yield row
    missing = [kind for kind in KINDS if kind not in kinds]
    if missing:
        yield "", 0, "", "", f"there is no exported network of kind {' or '.join(missing)}; {HOW}"


def describe(file: str) -> Row:
    """One file, read and verified."""
    return _row(file)[0]


def _listed(folder: str) -> Iterator[tuple[Row, str]]:
    """Rows of a folder, and the kind of each model, empty where there is a problem."""
    try:
        if folder in search_path.named_folders() and not search_path.exists(folder):
            raise ModelError(f"there is no such folder, but {search_path.VARIABLE} names it")
        files = [file for file in search_path.files_in(folder) if search_path.format_of(file) in (FORMAT, "")]
    except (ModelError, InputError) as error:
        yield ("", 0, "", folder, str(error)), ""
        return
    yield from map(_row, files)


def _row(file: str) -> tuple[Row, str]:
    try:
        stored = read_stored(file)
    except (ModelError, InputError) as error:
        return (search_path.stem(file), 0, "", file, str(error)), ""
    return (search_path.stem(file), PublishedModel.channels, stored.digest, file, ""), stored.architecture.kind


def _layer(layer: Layer, stored: dict[str, NDArray[Any]]) -> IntegerLayer:
    weight, bias, shift = (stored[f"{layer.name}.{part}"] for part in ("weight", "bias", "shift"))
    if weight.shape != layer.shape or weight.dtype not in (np.int8, np.int16) or bias.shape != (len(weight),):
        raise ValueError(f"{layer.name}: arrays do not fit: {list(weight.shape)}, expected {list(layer.shape)}")
    if bias.dtype != np.int32 or shift.dtype != np.uint8 or shift.shape != bias.shape or shift.max(initial=0) > 22:
        raise ValueError(f"{layer.name}: biases or shifts do not fit")
    made = IntegerLayer(layer, weight, bias, shift)
    if made.bound().max() >= SUM_MAX:
        raise ValueError(f"{layer.name}: sums may reach {SUM_MAX}")
    return made


def write_model(path: Path, architecture: Architecture, network: list[IntegerLayer], tile: int = TILE) -> bytes:
    """Write a file, whole or not at all, with its known answer by the definition; its digest."""
    digest = network_digest(architecture, network)
    metadata = {
        "format": FORMAT,
        "architecture": json.dumps(architecture.stated(), sort_keys=True),
        "tile": str(tile),
        "digest": digest.hex(),
        "known_answer": known_answer(make_program("definition", architecture, network)),
    }
    write_whole(path, tensor_bytes(tensors_of(network), metadata))
    return digest
