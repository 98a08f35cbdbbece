"""The compiled wave models, typed: coding tiles, and the gradient for training and adaptation."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from l3c import _engine
from l3c.coding.compiled import engine_tables
from l3c.errors import FormatError
from l3c.isa import chosen_isa, forced_isa
from l3c.wave.definition.architecture import Architecture
from l3c.wave.definition.deep import USUAL
from l3c.wave.definition.learning import Learning
from l3c.wave.definition.network import Network


def layers_of(architecture: Architecture) -> list[_engine.LayerSpec]:
    """All layers as the engine has them: name, outputs, and of each segment its size and whether it has an offset."""
    return list(_engine.wave_layers(architecture))


class WaveCoder:
    """A wave network, ready to code tiles. Thread-safe; releases the interpreter's lock while it works.

    learning: how the network learns while it codes; None leaves it as it is.
    """

    def __init__(self, network: Network, isa: str | None = None, *, learning: Learning | None = None) -> None:
        self._architecture = network.architecture
        self._coder = _engine.WaveCoder(
            network.architecture, list(network.layers), *engine_tables(), learning, isa or chosen_isa()
        )

    @property
    def isa(self) -> str:
        """The instruction set that codes."""
        return str(self._coder.isa)

    def encode(self, tile: NDArray[np.uint8], /, *, threads: int = 1) -> bytes:
        """tile: uint8 [height, width, channels], sides up to 65535, in the order red, green, blue, or side
        information, blue and red chroma. threads: that share its wavefronts; equal bytes for any number.
        """
        return bytes(self._coder.encode(np.ascontiguousarray(tile), threads))

    def decode(
        self, payload: bytes, height: int, width: int, /, *, side: NDArray[np.uint8] | None = None, threads: int = 1
    ) -> NDArray[np.uint8]:
        """uint8 [height, width, channels], as `encode` takes it. Raises FormatError on a damaged payload.

        side: uint8 [height, width, side_channels], for a network with side information. threads: as many as the payload
        has streams are of use.
        """
        tile = np.empty((height, width, self._architecture.channels), np.uint8)
        if side is not None:
            tile[..., : self._architecture.side_channels] = side
        wrong = self._coder.decode(payload, tile, threads)
        if wrong:
            raise FormatError(wrong)
        return tile

    def encode_deep(self, tile: NDArray[np.uint16], depth: int, /, *, usual: int = USUAL, threads: int = 1) -> bytes:
        """tile: uint16 [height, width, channels], samples of `depth` bits, 9 to 16; not for a network with side
        information. usual: 0 to 6, the steps by which predictions are usually wrong, at most, as a power of two.
        """
        return bytes(self._coder.encode_deep(np.ascontiguousarray(tile), depth, usual, threads))

    def decode_deep(
        self, payload: bytes, depth: int, height: int, width: int, /, *, threads: int = 1
    ) -> NDArray[np.uint16]:
        """uint16 [height, width, channels], as `encode_deep` takes it. Raises FormatError on a damaged payload."""
        tile = np.empty((height, width, self._architecture.channels), np.uint16)
        wrong = self._coder.decode_deep(payload, depth, tile, threads)
        if wrong:
            raise FormatError(wrong)
        return tile


def wave_gradient(
    architecture: Architecture, parameters: NDArray[np.float32], crops: NDArray[np.uint8], quantized: bool
) -> tuple[float, NDArray[np.float32]]:
    """Total cost in bits of all samples of the crops that are coded, under a float network, and its gradient.

    parameters: float32 [N]. crops: uint8 [count, height, width, channels], channels in coding order, side channels
    first, height even, width a multiple of 32, both up to 4096. quantized: round activations and outputs as the integer
    network. Sums run in the order that suits the instruction set, so that results differ in their last bits.
    """
    out = np.zeros_like(parameters)
    crops = np.ascontiguousarray(crops)
    bits = _engine.wave_gradient(architecture, parameters, crops, quantized, out, forced_isa())
    return bits, out
