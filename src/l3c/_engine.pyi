from typing import Unpack

import numpy as np
from numpy.typing import NDArray

from l3c.dct.definition.network import Network as DctNetwork
from l3c.dct.definition.plane import Plane
from l3c.jpeg.layout import ScanOfPlanes
from l3c.wave.definition.architecture import Architecture
from l3c.wave.definition.learning import Learning
from l3c.wave.definition.network import IntegerLayer

def supported_isas() -> list[str]: ...

class Segment:
    @property
    def size(self) -> int: ...
    @property
    def offset(self) -> bool: ...

class LayerSpec:
    @property
    def name(self) -> str: ...
    @property
    def outputs(self) -> int: ...
    @property
    def segments(self) -> list[Segment]: ...

def wave_layers(architecture: Architecture) -> list[LayerSpec]: ...
def wave_gradient(
    architecture: Architecture,
    parameters: NDArray[np.float32],
    crops: NDArray[np.uint8],
    quantized: bool,
    out: NDArray[np.float32],
    isa: str,
) -> float: ...
def encode_graphics(
    samples: NDArray[np.uint8], stretch: NDArray[np.int16], squash: NDArray[np.uint16], rates: NDArray[np.uint16]
) -> bytes: ...
def decode_graphics(
    payload: bytes,
    samples: NDArray[np.uint8],
    stretch: NDArray[np.int16],
    squash: NDArray[np.uint16],
    rates: NDArray[np.uint16],
) -> bool: ...
def count_repeated(samples: NDArray[np.uint8], step: int) -> int: ...
def count_runs(samples: NDArray[np.uint8], length: int) -> tuple[int, int]: ...
def find_colours(samples: NDArray[np.uint8], most: int) -> list[int]: ...
def index_colours(samples: NDArray[np.uint8], colours: NDArray[np.uint32], out: NDArray[np.uint8]) -> bool: ...
def read_jpeg_scan(data: bytes, **scan: Unpack[ScanOfPlanes]) -> bytes: ...
def write_jpeg_scan(notes: bytes, limit: int, **scan: Unpack[ScanOfPlanes]) -> tuple[bytes, str]: ...
def count_jpeg_symbols(notes: bytes, limit: int, **scan: Unpack[ScanOfPlanes]) -> tuple[bytes, str]: ...

class DctCoder:
    def __init__(
        self,
        networks: list[DctNetwork],
        logs: list[NDArray[np.uint8]],
        sigmoid: NDArray[np.int32],
        exponential: NDArray[np.int32],
        mantissa: NDArray[np.int32],
        shift: NDArray[np.int32],
        calibrated: bool,
        isa: str,
    ) -> None: ...
    @property
    def isa(self) -> str: ...
    def encode(self, planes: list[Plane]) -> bytes: ...
    def decode(self, payload: bytes, planes: list[Plane]) -> str: ...

class WaveCoder:
    def __init__(
        self,
        architecture: Architecture,
        layers: list[IntegerLayer],
        sigmoid: NDArray[np.int32],
        exponential: NDArray[np.int32],
        mantissa: NDArray[np.int32],
        shift: NDArray[np.int32],
        learning: Learning | None,
        isa: str,
    ) -> None: ...
    @property
    def isa(self) -> str: ...
    def encode(self, tile: NDArray[np.uint8], threads: int) -> bytes: ...
    def decode(self, payload: bytes, tile: NDArray[np.uint8], threads: int) -> str: ...
    def encode_deep(self, tile: NDArray[np.uint16], depth: int, usual: int, threads: int) -> bytes: ...
    def decode_deep(self, payload: bytes, depth: int, tile: NDArray[np.uint16], threads: int) -> str: ...

class SymbolEncoder:
    def __init__(
        self,
        sigmoid: NDArray[np.int32],
        exponential: NDArray[np.int32],
        mantissa: NDArray[np.int32],
        shift: NDArray[np.int32],
        isa: str,
    ) -> None: ...
    def put_mixtures(
        self, parameters: NDArray[np.int32], symbols: NDArray[np.uint8], levels: int, joint: bool
    ) -> None: ...
    def put_frequencies(self, cumulative: NDArray[np.int32], symbols: NDArray[np.int32]) -> None: ...
    def bits(self) -> float: ...
    def finish(self) -> bytes: ...

class SymbolDecoder:
    def __init__(
        self,
        payload: bytes,
        sigmoid: NDArray[np.int32],
        exponential: NDArray[np.int32],
        mantissa: NDArray[np.int32],
        shift: NDArray[np.int32],
        isa: str,
    ) -> None: ...
    def take_mixtures(self, parameters: NDArray[np.int32], out: NDArray[np.uint8], levels: int, joint: bool) -> str: ...
    def take_frequencies(self, cumulative: NDArray[np.int32], out: NDArray[np.int32]) -> str: ...
    def finish(self) -> str: ...
