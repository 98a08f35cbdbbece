"""A coefficient model: two networks, one for the first component and one for the others, a name and a digest."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from l3c.dct.definition.architecture import Architecture
from l3c.dct.definition.network import Network, read_network, shapes
from l3c.dct.definition.plane import Plane
from l3c.errors import ModelError
from l3c.models import search_path
from l3c.models.digest import digest_of
from l3c.models.stated import from_stated, reason_of
from l3c.models.tensors import tensor_bytes

if TYPE_CHECKING:
    from l3c.dct.compiled import DctCoder

FORMAT = "l3c-dct-1"
"""Of model files; part of digests."""

PREFIXES = ("luma", "chroma")
"""What the names of the networks' tensors begin with."""

Tensors = dict[str, NDArray[np.generic]]


@dataclass(frozen=True)
class DctModel:
    """networks: for the first component, and for others. digest: of both and of how they code. calibrated: whether
    frequencies are corrected by what came so far (`definition.calibration`). The engine codes;
    `definition.plane.encode` and `decode` give the same.
    """

    name: str
    networks: tuple[Network, Network]
    digest: bytes
    calibrated: bool = True

    def encode(self, planes: Sequence[Plane]) -> bytes:
        """The coefficients of a picture's components as a payload."""
        return self._coder.encode(planes)

    def decode(self, payload: bytes, planes: Sequence[Plane]) -> list[NDArray[np.int16]]:
        """Coefficients of all components. planes: their shapes, steps and sampling factors; their coefficients are not
        looked at. Raises FormatError on a damaged payload.
        """
        return self._coder.decode(payload, planes)

    @cached_property
    def _coder(self) -> DctCoder:
        # made when it is first needed: training reads and writes models where no engine was built
        from l3c.dct.compiled import DctCoder

        return DctCoder(self.networks, calibrated=self.calibrated)


def file_content(
    architectures: tuple[Architecture, Architecture], tensors: tuple[Tensors, Tensors], calibrated: bool = True
) -> tuple[bytes, bytes]:
    """(bytes of a file, digest)."""
    joined = _joined(tensors)
    stated = _stated(architectures, calibrated)
    digest = digest_of([FORMAT, stated], joined)
    said = {"format": FORMAT, "architecture": json.dumps(stated), "digest": digest.hex()}
    return tensor_bytes(joined, said), digest


def read_model(file: str) -> DctModel:
    """Read a file by its path or URL. Raises ModelError naming it where it is missing or not such a model."""
    from safetensors import SafetensorError
    from safetensors.numpy import load

    said = search_path.metadata(file)
    try:
        if said.get("format") != FORMAT:
            raise ValueError(f"format {said.get('format')!r}, expected {FORMAT!r}")
        stated = json.loads(said["architecture"])
        luma, chroma = (from_stated(Architecture, stated[prefix], f"architecture: {prefix}") for prefix in PREFIXES)
        architectures = (luma, chroma)
        calibrated = bool(stated["calibrated"])
        if stated != _stated(architectures, calibrated):
            raise ValueError("its architecture has other keys")
        if [a.chroma for a in architectures] != [0, 1]:
            raise ValueError("its networks are not for luma, then chroma")
        tensors = load(search_path.content(file, _most_bytes(architectures)))
        networks = tuple(
            read_network(a, lambda name, prefix=prefix: tensors[f"{prefix}.{name}"])
            for a, prefix in zip(architectures, PREFIXES, strict=True)
        )
        digest = digest_of([FORMAT, stated], tensors)
        if digest.hex() != said.get("digest"):
            raise ValueError("its tensors are not what its digest says")
    except ModelError:
        raise
    except (KeyError, TypeError, ValueError, RecursionError, SafetensorError) as error:
        raise ModelError(f"{file}: not a coefficient model: {reason_of(error)}") from error
    return DctModel(search_path.stem(file), (networks[0], networks[1]), digest, calibrated)


def _stated(architectures: tuple[Architecture, Architecture], calibrated: bool) -> dict[str, Any]:
    networks = {prefix: asdict(a) for prefix, a in zip(PREFIXES, architectures, strict=True)}
    return {**networks, "calibrated": int(calibrated)}


def _joined(tensors: tuple[Tensors, Tensors]) -> Tensors:
    pairs = zip(PREFIXES, tensors, strict=True)
    return {f"{prefix}.{name}": value for prefix, part in pairs for name, value in part.items()}


def _most_bytes(architectures: tuple[Architecture, Architecture]) -> int:
    """A header and the tensors."""
    tensors = [shape for a in architectures for shape in shapes(a).values()]
    return search_path.HEADER_MAX + sum(np.dtype(dtype).itemsize * int(np.prod(shape)) for dtype, shape in tensors)
