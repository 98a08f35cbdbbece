"""The compiled engine, typed.

`L3C_ISA` in the environment forces an instruction set: `portable`, `avx2`, `avx512vnni` or `neondot`. Where the machine
lacks it, that is an error, never another one silently. All give the same bytes and the same pixels.
"""

from __future__ import annotations

import os

import numpy as np
from numpy.typing import NDArray

from l3c import _engine
from l3c.coding.tables import exponential_table, inverse_scale_tables, sigmoid_table
from l3c.errors import EngineError, FormatError
from l3c.wave.architecture import Architecture
from l3c.wave.learning import Learning
from l3c.wave.network import Network

ISA_VARIABLE = "L3C_ISA"


def supported_isas() -> list[str]:
    """Instruction sets that this build and this processor have, fastest first."""
    return list(_engine.supported_isas())


def chosen_isa() -> str:
    """The instruction set in use: what L3C_ISA asks for, or the fastest. Raises EngineError where it is missing."""
    supported = supported_isas()
    wanted = os.environ.get(ISA_VARIABLE) or supported[0]
    if wanted not in supported:
        raise EngineError(f"{ISA_VARIABLE}={wanted}: not available on this machine, which has {', '.join(supported)}")
    return wanted


def forced_isa() -> str:
    """The instruction set that L3C_ISA asks for; empty where it does not. Raises EngineError where it is missing."""
    return chosen_isa() if os.environ.get(ISA_VARIABLE) else ""


def layers_of(architecture: Architecture) -> list[tuple[int, list[tuple[int, bool]]]]:
    """All layers as the engine has them: outputs, and inputs of each segment, with whether they carry an offset."""
    return list(_engine.wave_layers(architecture))


def _packed_sigmoid() -> NDArray[np.int32]:
    table = sigmoid_table()
    return (table[:-1] << 11) | np.diff(table)


class WaveCoder:
    """A wave network, ready to code tiles. Thread-safe; releases the interpreter's lock while it works.

    learning: how the network learns while it codes; None leaves it as it is.
    """

    def __init__(self, network: Network, isa: str | None = None, *, learning: Learning | None = None) -> None:
        layers = [(layer.weights, layer.bias, layer.shift) for layer in network.layers]
        tables = (_packed_sigmoid(), exponential_table(), *inverse_scale_tables())
        self._architecture = network.architecture
        self._coder = _engine.WaveCoder(network.architecture, layers, *tables, learning, isa or chosen_isa())

    @property
    def isa(self) -> str:
        """The instruction set that codes."""
        return str(self._coder.isa)

    def encode(self, tile: NDArray[np.uint8], /) -> bytes:
        """tile: uint8 [height, width, channels], sides up to 65535, in the order red, green, blue, or guide, blue and
        red chroma.
        """
        return bytes(self._coder.encode(np.ascontiguousarray(tile)))

    def decode(
        self, payload: bytes, height: int, width: int, /, *, guide: NDArray[np.uint8] | None = None
    ) -> NDArray[np.uint8]:
        """uint8 [height, width, channels], as `encode` takes it. Raises FormatError on a damaged payload.

        guide: uint8 [height, width, guides], for a network that has one.
        """
        tile = np.empty((height, width, self._architecture.channels), np.uint8)
        if guide is not None:
            tile[..., : self._architecture.guides] = guide
        wrong = self._coder.decode(payload, tile)
        if wrong:
            raise FormatError(wrong)
        return tile


def wave_gradient(
    architecture: Architecture, parameters: NDArray[np.float32], crops: NDArray[np.uint8], quantized: bool
) -> tuple[float, NDArray[np.float32]]:
    """Total cost in bits of all samples of the crops that are coded, under a float network, and its gradient.

    parameters: float32 [N]. crops: uint8 [count, height, width, channels], channels in coding order, guides first,
    height even, width a multiple of 32, both up to 4096. quantized: round activations and outputs as the integer
    network. Sums run in the order that suits the instruction set, so that results differ in their last bits.
    """
    out = np.zeros_like(parameters)
    crops = np.ascontiguousarray(crops)
    bits = _engine.wave_gradient(architecture, parameters, crops, quantized, out, forced_isa())
    return bits, out
