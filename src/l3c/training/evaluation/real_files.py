"""Pictures really coded: bytes beside theory, seconds of each part. No PyTorch but the model's own."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar
from zlib import crc32

import numpy as np

from l3c import api
from l3c.codec.coded import Coded
from l3c.codec.encode import assemble
from l3c.codec.models import TileModel
from l3c.coding.compiled import SymbolEncoder
from l3c.container.constants import RGB
from l3c.container.structure import ImageHeader
from l3c.container.tiling import tiles_of
from l3c.errors import L3CError
from l3c.published.integer_model import PublishedModel
from l3c.published.layers_integer import Program
from l3c.threads import in_order
from l3c.training.picture_files import Pixels

STAGES = ("network", "coder", "encode", "decode")
"""Network and coder (mixtures and rANS) are parts of encode."""

T = TypeVar("T")
Floats = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True)
class RealFile:
    """A picture as a file whose every tile is the model's.

    seconds: of each stage. theory, actual: bytes of each scale, the image first, under the model's integer frequencies
    and in the payloads. For a model without scales these are empty, and network and coder are timed together.
    """

    data: bytes
    subpixels: int
    seconds: dict[str, float]
    theory: tuple[float, ...] = ()
    actual: tuple[float, ...] = ()


class Watched(Program):
    """A program that counts the seconds spent in it."""

    def __init__(self, program: Program) -> None:
        self.architecture, self._program, self.seconds = program.architecture, program, 0.0

    def symbols(self, image: Pixels) -> list[Any]:
        return self._timed(lambda: self._program.symbols(image))

    def context(self, scale: int, coarser_symbols: Any, coarser: Any) -> Any:
        return self._timed(lambda: self._program.context(scale, coarser_symbols, coarser))

    def parameters(self, scale: int, context: Any) -> Any:
        return self._timed(lambda: self._program.parameters(scale, context))

    def _timed(self, work: Callable[[], T]) -> T:
        begin = time.perf_counter()
        try:
            return work()
        finally:
            self.seconds += time.perf_counter() - begin


class Scales:
    """Adds up each scale's bytes over tiles, in theory and in the payload.

    seconds: spent on counting.
    """

    def __init__(self) -> None:
        self.theory: Floats = np.zeros(0)
        self.actual: Floats = np.zeros(0)
        self.seconds = 0.0

    def payload(self, tile: Pixels, model: PublishedModel) -> bytes:
        """Code a tile, and count it."""
        sums = [(0.0, 0)]

        def add(encoder: SymbolEncoder) -> None:
            begin = time.perf_counter()
            sums.append((encoder.bits / 8, len(encoder.finish())))
            self.seconds += time.perf_counter() - begin

        payload = model.code(tile, add).finish()
        theory, actual = np.diff(np.array(sums), axis=0)[::-1].T
        self.theory, self.actual = _sum(self.theory, theory), _sum(self.actual, actual)
        return payload


def _sum(so_far: Floats, more: Floats) -> Floats:
    return so_far + more if so_far.size else more


def tiles_in(image: Pixels, model: TileModel) -> list[Pixels]:
    """The tiles that a model codes an image by."""
    boxes = [box for _, box in tiles_of(_header(image), model.tile)]
    return [np.ascontiguousarray(image[box.top : box.bottom, box.left : box.right]) for box in boxes]


def model_file(image: Pixels, model: TileModel, threads: int | None = None) -> bytes:
    """A file of uint8 [H, W, 3] that the model alone makes: no history, no tile coded otherwise where that is less."""
    tiles = tiles_in(image, model)
    coded = list(in_order(lambda tile: _coded(tile, model, model.encode(tile)), tiles, threads))
    return _assembled(image, model, coded)


def make_file(image: Pixels, model: TileModel, device: str = "auto") -> RealFile:
    """Encode and decode uint8 [H, W, 3], one tile after another. Raises L3CError where pixels come back changed."""
    begin = time.perf_counter()
    coded = [_coded(tile, model, model.encode(tile)) for tile in tiles_in(image, model)]
    data = _assembled(image, model, coded)
    encode = time.perf_counter() - begin
    return RealFile(data, image.size, {"encode": encode, "decode": _decoding(data, image, device)})


def make_published_file(image: Pixels, model: PublishedModel, device: str = "auto") -> RealFile:
    """The same, with all that such a model tells."""
    watched, scales = Watched(model.program), Scales()
    seen = model.over(watched)
    begin = time.perf_counter()
    coded = [_coded(tile, model, scales.payload(tile, seen)) for tile in tiles_in(image, model)]
    data = _assembled(image, model, coded)
    encode = time.perf_counter() - begin - scales.seconds
    seconds = {"network": watched.seconds, "coder": encode - watched.seconds, "encode": encode}
    seconds["decode"] = _decoding(data, image, device)
    return RealFile(data, image.size, seconds, tuple(scales.theory.tolist()), tuple(scales.actual.tolist()))


def _coded(tile: Pixels, model: TileModel, payload: bytes) -> Coded:
    return Coded(model, payload, crc32(tile.tobytes()))


def _assembled(image: Pixels, model: TileModel, coded: list[Coded]) -> bytes:
    return bytes(assemble(_header(image), model.tile, coded, {}, None))


def _decoding(data: bytes, image: Pixels, device: str) -> float:
    """Seconds."""
    begin = time.perf_counter()
    back = api.decode(data, threads=1, device=device)
    seconds = time.perf_counter() - begin
    if not np.array_equal(back, image):
        raise L3CError("the file does not give the picture back")
    return seconds


def _header(image: Pixels) -> ImageHeader:
    return ImageHeader(RGB, image.shape[0], image.shape[1], 8)
