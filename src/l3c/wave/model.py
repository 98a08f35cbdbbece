"""A wave model as the codec sees it: a network that codes tiles and can be adapted, and its digest."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from l3c.errors import EngineError
from l3c.models.digest import digest_of
from l3c.threads import spare_threads
from l3c.wave.adaptation.apply import tune
from l3c.wave.adaptation.effort import parts
from l3c.wave.definition.architecture import Architecture
from l3c.wave.definition.deep import USUAL
from l3c.wave.definition.learning import Learning
from l3c.wave.definition.network import Network

FORMAT = "l3c-wave-1"  # begins what the digest is of (6.4): no model of another kind can have the same
USUAL_ROWS = 4  # of so many rows one tells how wrong predictions are
COARSE = 512
"""Levels. From there on predictions are usually wrong by 2 steps, below by 4. By trial."""

FINE = 24
"""Levels. Below, predictions are usually wrong by 8 steps. By trial: within 0.1 % of the best of 1 to 16."""

TILE = 1024
"""Nominal side, pixels: a network learns anew in each tile."""


def canonical_digest(
    architecture: Architecture, tensors: dict[str, NDArray[np.generic]], learning: Learning | None = None
) -> bytes:
    """SHA-256 over the configuration and all tensors in the order of their names, little-endian."""
    learns = [learning.to_dict()] if learning else []
    return digest_of([FORMAT, architecture.to_dict(), *learns], tensors)


def usual_steps(tile: NDArray[np.uint16]) -> int:
    """By how many steps predictions of a deep tile should usually be wrong, as a power of two.

    Networks were trained on bytes, so noise should be of few steps; but fine steps show small differences.
    """
    above, here = (tile[row::USUAL_ROWS][: len(tile[1::USUAL_ROWS])].astype(np.int32) for row in (0, 1))
    w, n, nw = here[:, :-1], above[:, 1:], above[:, :-1]
    errors = np.abs(here[:, 1:] - np.clip(w + n - nw, np.minimum(w, n), np.maximum(w, n)))
    if not errors.size:
        return USUAL
    magnitude = float(errors.mean())
    return 1 + (magnitude < COARSE) + (magnitude < FINE)


class WaveModel:
    """A network, its name and digest; tiles are coded by the engine. Implements codec.models.TileModel."""

    def __init__(
        self,
        name: str,
        network: Network,
        digest: bytes,
        learning: Learning | None = None,
        tile: int = TILE,
    ) -> None:
        from l3c.wave.compiled import WaveCoder

        self.name, self.network, self.digest, self.tile, self.learning = name, network, digest, tile, learning
        self.channels = len(network.architecture.coded)
        self._coder = WaveCoder(network, learning=learning)

    @property
    def isa(self) -> str:
        """The instruction set in use."""
        return self._coder.isa

    def encode(self, tile: NDArray[np.uint8], /) -> bytes:
        """Payload of a tile, uint8 [height, width, channels], side information before them, where the network has
        one.
        """
        return self._coder.encode(tile, threads=spare_threads())

    def decode(self, payload: bytes, height: int, width: int, /) -> NDArray[np.uint8]:
        """uint8 [height, width, channels]; raises FormatError on a damaged payload."""
        return self._coder.decode(payload, height, width, threads=spare_threads())

    def encode_deep(self, tile: NDArray[np.uint16], depth: int, /) -> bytes:
        """Payload of a tile, uint16 [height, width, channels], samples of `depth` bits, 9 to 16. Not of a model with
        side information.
        """
        return self._coder.encode_deep(tile, depth, usual=usual_steps(tile), threads=spare_threads())

    def decode_deep(self, payload: bytes, depth: int, height: int, width: int, /) -> NDArray[np.uint16]:
        """uint16 [height, width, channels]; raises FormatError on a damaged payload."""
        return self._coder.decode_deep(payload, depth, height, width, threads=spare_threads())

    def decode_conditional(self, payload: bytes, side: NDArray[np.uint8], /) -> NDArray[np.uint8]:
        """uint8 [height, width, channels], given side, uint8 [height, width, 1]; raises FormatError."""
        tile = self._coder.decode(payload, *side.shape[:2], side=side, threads=spare_threads())
        return np.ascontiguousarray(tile[..., self.network.architecture.side_channels :])

    def adaptations(self, samples: NDArray[np.uint8], effort: int, /) -> Iterator[bytes]:
        """Adaptations to samples, as `encode` takes them, one after another; the first ones for any effort."""
        from l3c.wave.adaptation.code import write_numbers
        from l3c.wave.adaptation.search import Search

        planned = list(parts(samples.shape[0] * samples.shape[1], effort))
        if not planned:  # as at the default effort, where preparing a search takes 2 % of the time of `wave-fast`
            return
        search = Search(self.network, samples)
        for part in planned if search.possible else ():
            search.run(*part)
            yield write_numbers(self.network.architecture, *search.rounded())

    def adapted(self, data: bytes, /) -> AdaptedWaveModel:
        """The model adapted by what a file holds. Raises FormatError."""
        return AdaptedWaveModel(self, data)


class AdaptedWaveModel(WaveModel):
    """A model adapted to an image. Implements codec.models.AdaptedModel."""

    def __init__(self, base: WaveModel, data: bytes) -> None:
        from l3c.wave.adaptation.code import read_numbers

        network = tune(base.network, read_numbers(base.network.architecture, data))
        super().__init__(base.name, network, base.digest, base.learning, base.tile)
        self.base, self.adaptation = base, data


def need_processor(name: str, device: str) -> None:
    """Raises EngineError for other devices."""
    if device == "cuda":
        raise EngineError(f"model {name!r} is computed by the processor, not by CUDA devices")
