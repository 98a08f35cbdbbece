"""The file of a wave model: safetensors whose metadata holds the architecture, and may hold learning and digest."""

from __future__ import annotations

import json
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from l3c.errors import EngineError, ModelError
from l3c.models import search_path
from l3c.models.stated import from_stated, reason_of
from l3c.models.tensors import tensor_bytes
from l3c.wave.definition.architecture import Architecture
from l3c.wave.definition.learning import Learning
from l3c.wave.definition.network import Network, read_network
from l3c.wave.model import FORMAT, WaveModel, canonical_digest

Tensors = dict[str, NDArray[np.generic]]


@dataclass(frozen=True)
class Stored:
    """What a file holds. digest: what it says itself, hexadecimal; empty where it says nothing."""

    file: str
    network: Network
    tensors: Tensors
    learning: Learning | None
    digest: str

    def model(self, name: str, learning: Learning | None) -> WaveModel:
        """The network, learning so, as a model. Raises ModelError where the engine refuses its numbers."""
        digest = canonical_digest(self.network.architecture, self.tensors, learning)
        try:
            return WaveModel(name, self.network, digest, learning)
        except EngineError:
            raise
        except (TypeError, ValueError) as error:
            raise _refused(self.file, error) from error


def read_stored(file: str) -> Stored:
    """Read a file by its path or URL. Raises ModelError naming it where it is missing or not a wave model.

    What its header says is judged before anything else of it is read.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load

    said = search_path.metadata(file)
    try:
        if said.get("format") != FORMAT:
            raise ValueError(f"format {said.get('format')!r}, expected {FORMAT!r}")
        architecture = from_stated(Architecture, json.loads(said["architecture"]), "architecture")
        stated = said.get("learning")
        learning = None if stated is None else from_stated(Learning, json.loads(stated), "learning")
        tensors = load(search_path.content(file, _most_bytes(architecture)))
        network = read_network(architecture, tensors.__getitem__)
        return Stored(file, network, tensors, learning, said.get("digest", ""))
    except ModelError:
        raise
    except (KeyError, TypeError, ValueError, RecursionError, SafetensorError) as error:
        raise _refused(file, error) from error


def _most_bytes(architecture: Architecture) -> int:
    """What a file of this network has at most: a header, and of each output weights of 1, a bias of 4, a shift of 1."""
    return search_path.HEADER_MAX + sum(layer.outputs * (layer.inputs + 5) for layer in architecture.layers())


def _refused(file: str, error: Exception) -> ModelError:
    return ModelError(f"{file}: not a wave model: {reason_of(error)}")


def file_content(architecture: Architecture, tensors: Tensors, learning: Learning | None) -> tuple[bytes, bytes]:
    """(bytes of a file, digest)."""
    digest = canonical_digest(architecture, tensors, learning)
    said = {"format": FORMAT, "architecture": json.dumps(architecture.to_dict()), "digest": digest.hex()}
    if learning:
        said["learning"] = json.dumps(learning.to_dict())
    return tensor_bytes(tensors, said), digest
