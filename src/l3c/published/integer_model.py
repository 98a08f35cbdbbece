"""An integer network as a model of the codec: tiles to payloads and back.

A payload is one stream: the coarsest auxiliary image under equal shares, then each finer one, and last the image, under
the mixtures that the coarser ones predict. Of the image, the padding that made its sides multiples is not coded.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from copy import copy
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from l3c.coding.arrays import uniform
from l3c.errors import FormatError, ModelError
from l3c.models.digest import digest_of
from l3c.published.architecture import RGB_CHANNELS, RGB_LEVELS, Architecture, recursions_of
from l3c.published.graph import GraphArchitecture
from l3c.published.layers_integer import Program, parameter_channels
from l3c.published.operations import IntegerLayer
from l3c.published.pictures import Padding, Pixels, half_size
from l3c.published.runtimes import make_program

if TYPE_CHECKING:  # training from sources needs no engine: it is loaded where something is coded
    from l3c.coding.compiled import SymbolDecoder, SymbolEncoder

FORMAT = "l3c-published-1"  # begins what the digest is of (6.4): no model of another kind can have the same
TILE = 512  # pixels a side: larger ones cost memory (see PIXEL_BYTES), smaller ones more borders
PIXEL_BYTES = 4096
"""Memory for each pixel of a tile: L3C's takes 3,550 with ONNX Runtime (measured)."""

LIVE_BYTES = 12
"""For each number that a graph holds for a pixel at a time: four bytes, and two copies."""

RUNTIME_BYTES = 64 << 20
"""For a runtime, whatever the tile."""

PROBE = (32, 48)
"""Height and width of the picture that known answers are for."""


def auxiliary_images(program: Program, image: Pixels) -> list[NDArray[Any]]:
    """Symbols [C, H, W] of scales 1 and coarser, of a padded image."""
    a = program.architecture
    if a.learned:
        return program.symbols(image)
    pyramid = [image]
    for _ in range(a.scales + recursions_of(a)):
        pyramid.append(half_size(pyramid[-1]))
    return [picture.transpose(2, 0, 1) for picture in pyramid[1:]]


def all_parameters(program: Program, image: Pixels) -> list[NDArray[Any]]:
    """Mixture parameters of all predicted scales of a padded image, finest first."""
    return predict(program, auxiliary_images(program, image))


def predict(program: Program, auxiliary: list[NDArray[Any]]) -> list[NDArray[Any]]:
    """Mixture parameters of scales 0 .. n - 1 from symbols of scales 1 .. n."""
    parameters: list[NDArray[Any]] = []
    context = None
    for scale in reversed(range(len(auxiliary))):
        context = program.context(scale, auxiliary[scale], context)
        parameters.insert(0, program.parameters(scale, context))
    return parameters


def network_digest(a: Architecture, layers: Iterable[IntegerLayer]) -> bytes:
    """Digest of a network's configuration and tensors."""
    return digest_of([FORMAT, a.stated()], tensors_of(layers))


def tensors_of(layers: Iterable[IntegerLayer]) -> dict[str, NDArray[Any]]:
    """Arrays as they are stored: LAYER.weight, LAYER.bias, LAYER.shift."""
    tensors: dict[str, NDArray[Any]] = {}
    for layer in layers:
        name = layer.layer.name
        tensors |= {f"{name}.weight": layer.weight, f"{name}.bias": layer.bias, f"{name}.shift": layer.shift}
    return tensors


def known_answer(program: Program) -> str:
    """SHA-256 of everything that a network says of a made-up picture."""
    height, width = PROBE
    places = np.arange(height * width * RGB_CHANNELS, dtype=np.int64).reshape(height, width, RGB_CHANNELS)
    picture = (places * places * 7 // 64 + places * 5 & 255).astype(np.uint8)
    auxiliary = _probe_images(program, picture)
    hasher = hashlib.sha256()
    for values in [*auxiliary, *predict(program, auxiliary)]:
        hasher.update(np.ascontiguousarray(values, "<i4").tobytes())
    return hasher.hexdigest()


def _probe_images(program: Program, picture: Pixels) -> list[NDArray[Any]]:
    """Learned images, or every second pixel: no library's interpolation enters a known answer."""
    a = program.architecture
    if a.learned:
        return program.symbols(picture)
    steps = [1 << s for s in range(1, a.scales + recursions_of(a) + 1)]
    return [picture[::step, ::step].transpose(2, 0, 1) for step in steps]


def _ignore(encoder: SymbolEncoder) -> None:
    """Do nothing."""


class PublishedModel:
    """Implements codec.models.TileModel. Thread-safe. Raises ModelError where the runtime fails the known answer."""

    channels = RGB_CHANNELS

    def __init__(
        self, name: str, a: Architecture, layers: list[IntegerLayer], answer: str, runtime: str, tile: int = TILE
    ) -> None:
        self.name, self.architecture, self.layers, self.tile, self.runtime = name, a, layers, tile, runtime
        self.digest = network_digest(a, layers)
        self.program = make_program(runtime, a, layers)
        if known_answer(self.program) != answer:
            raise ModelError(f"{name}: runtime {runtime!r} fails the model's known answer, and is refused")

    def over(self, program: Program) -> PublishedModel:
        """The same model, computed by another program."""
        other = copy(self)
        other.program = program
        return other

    def encode(self, tile: NDArray[np.uint8], /) -> bytes:
        """Payload of a tile, uint8 [height, width, 3]."""
        return self.code(tile).finish()

    def code(self, tile: NDArray[np.uint8], on_scale: Callable[[SymbolEncoder], None] = _ignore) -> SymbolEncoder:
        """Everything that a payload holds, coded but not finished; its `bits` are the cost in theory.

        on_scale: called after each scale, the coarsest first.
        """
        from l3c.coding.compiled import SymbolEncoder

        padding = self._padding(*tile.shape[:2])
        auxiliary = auxiliary_images(self.program, padding.add(tile))
        encoder = SymbolEncoder()
        coarsest = auxiliary[-1]
        encoder.put(coarsest.ravel(), uniform(self._levels(len(auxiliary))))
        on_scale(encoder)
        symbols = [tile.transpose(2, 0, 1), *auxiliary]
        context = None
        for scale in reversed(range(len(auxiliary))):
            context = self.program.context(scale, auxiliary[scale], context)
            parameters = self._parameters(scale, context, padding)
            flat = symbols[scale].reshape(len(symbols[scale]), -1)
            encoder.put_mixtures(flat, parameters, self._levels(scale), joint=self._joint(scale))
            on_scale(encoder)
        return encoder

    def decode(self, payload: bytes, height: int, width: int, /) -> NDArray[np.uint8]:
        """uint8 [height, width, 3]; raises FormatError on a damaged payload."""
        from l3c.coding.compiled import SymbolDecoder

        padding = self._padding(height, width)
        sides = (padding.top + height + padding.bottom, padding.left + width + padding.right)
        decoder = SymbolDecoder(payload)
        symbols, context = self._coarsest(decoder, sides), None
        for scale in reversed(range(self._scales)):
            context = self.program.context(scale, symbols, context)
            parameters = self._parameters(scale, context, padding)
            channels = parameter_channels(self.architecture, scale)
            flat = decoder.take_mixtures(parameters, channels, self._levels(scale), joint=self._joint(scale))
            size = (sides[0] >> scale, sides[1] >> scale) if scale else (height, width)
            symbols = flat.reshape(channels, *size)
        decoder.finish()
        return np.ascontiguousarray(symbols.transpose(1, 2, 0))

    @property
    def _scales(self) -> int:
        """How many are predicted."""
        return self.architecture.scales + recursions_of(self.architecture)

    def memory_needed(self, height: int, width: int, /) -> int:
        """Bytes, at most, that a tile takes: features, mixtures, and what runtimes allocate beside them."""
        live = self.architecture.live if isinstance(self.architecture, GraphArchitecture) else 0
        return int((PIXEL_BYTES + LIVE_BYTES * live) * height * width) + RUNTIME_BYTES

    def _padding(self, height: int, width: int) -> Padding:
        return Padding.to_multiple(height, width, 1 << self._scales)

    def _levels(self, scale: int) -> int:
        return self.architecture.latent_levels if self.architecture.learned and scale else RGB_LEVELS

    def _joint(self, scale: int) -> bool:
        return not self.architecture.learned or scale == 0

    def _coarsest(self, decoder: SymbolDecoder, sides: tuple[int, int]) -> NDArray[Any]:
        shape = (parameter_channels(self.architecture, self._scales), *(side >> self._scales for side in sides))
        levels = self._levels(self._scales)
        symbols = decoder.take(int(np.prod(shape)), uniform(levels)).reshape(shape)
        if symbols.max() >= levels:
            raise FormatError("payload holds a symbol that does not exist")
        return symbols

    def _parameters(self, scale: int, context: Any, padding: Padding) -> NDArray[np.int32]:
        """Mixture parameters [outputs, N] of what is coded of a scale."""
        parameters: NDArray[np.int32] = self.program.parameters(scale, context)
        if scale == 0:
            height, width = parameters.shape[1:]
            parameters = parameters[:, padding.top : height - padding.bottom, padding.left : width - padding.right]
        return np.ascontiguousarray(parameters).reshape(len(parameters), -1)
