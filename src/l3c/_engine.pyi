from typing import Any

import numpy as np
from numpy.typing import NDArray

def supported_isas() -> list[str]: ...
def wave_gradient(
    widths: list[int],
    parameters: NDArray[np.float32],
    crops: NDArray[np.uint8],
    quantized: bool,
    out: NDArray[np.float32],
) -> float: ...

class WaveCoder:
    def __init__(
        self,
        widths: list[int],
        layers: list[tuple[NDArray[Any], NDArray[Any], NDArray[Any]]],
        sigmoid: NDArray[np.int32],
        exponential: NDArray[np.int32],
        mantissa: NDArray[np.int32],
        shift: NDArray[np.int32],
        start: NDArray[np.float32],
        rates: list[float],
        group: int,
        first_layer: bool,
        isa: str,
    ) -> None: ...
    @property
    def isa(self) -> str: ...
    def encode(self, tile: NDArray[np.uint8]) -> bytes: ...
    def decode(self, payload: bytes, tile: NDArray[np.uint8]) -> str: ...

def encode_cumulative(symbols: NDArray[np.int32], cdf: NDArray[Any]) -> tuple[int, bytes]: ...
def decode_cumulative(payload: bytes, symbols: NDArray[np.int32], cdf: NDArray[Any]) -> str: ...

class MixtureCoder:
    def __init__(
        self,
        sigmoid: NDArray[np.int32],
        exponential: NDArray[np.int32],
        mantissa: NDArray[np.int32],
        shift: NDArray[np.int32],
    ) -> None: ...
    def encode(
        self,
        symbols: NDArray[np.int32],
        logits: NDArray[np.int32],
        means: NDArray[np.int32],
        log_scales: NDArray[np.int32],
        levels: int,
    ) -> tuple[int, bytes]: ...
    def decode(
        self,
        payload: bytes,
        symbols: NDArray[np.int32],
        logits: NDArray[np.int32],
        means: NDArray[np.int32],
        log_scales: NDArray[np.int32],
        levels: int,
    ) -> str: ...
