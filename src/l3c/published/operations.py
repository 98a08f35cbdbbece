"""The parts of integer networks: layers, operations that a backend computes, and the ranges of signals.

Activations are integers of a step that each channel of each signal has. A layer's sum |w| |x| + |b| stays below
2^24, so float32 adds it without error in any order; floor(sum 2^-n + 0.5) is its output, clipped to its signal's range.
Signals: `wide` ones (sums of residual blocks) are narrowed, by 2^-6, before a layer reads them; the others are not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

NARROW_BITS = 6  # a wide signal of 16 bits less 6 has 9 bits and a sign
NARROW_MAX = 511
"""Of signals that layers read. 3 x 3 x 64 weights of a mean magnitude of 57 then stay below SUM_MAX."""

WIDE_MAX = (NARROW_MAX + 1 << NARROW_BITS) - 1
"""2^15 - 1, so that wide signals fit int16; narrowed, rounding apart, they give NARROW_MAX."""

INPUT_MAX = 2047
"""Of the image's three channels: few, so that more bits of each leave the sums small."""

PARAMETER_MAX = 1 << 20
"""Of a mixture's parameters: 2^14 symbols or 2^16 nats, far beyond any use (see coding.symbols.LIMIT)."""

SUM_MAX = 1 << 24
"""Binary32 has 24 bits: all integers up to 2^24 are exact, so sums below it are, in any order."""


@dataclass(frozen=True)
class Layer:
    """A convolution by its place: from which signal to which. read_max: greatest |x|; low, high: range of outputs.

    shape: of its weights, [outputs, inputs, k, k].
    """

    name: str
    source: str
    target: str
    read_max: int
    low: int
    high: int
    shape: tuple[int, int, int, int]
    stride: int = 1
    dilation: int = 1


@dataclass(frozen=True)
class IntegerLayer:
    """weight: integers, int8 or int16 [outputs, inputs, k, k]. bias: int32 [outputs]. shift: uint8 [outputs]."""

    layer: Layer
    weight: NDArray[Any]
    bias: NDArray[np.int32]
    shift: NDArray[np.uint8]

    def bound(self) -> NDArray[np.int64]:
        """Sum |w| max |x| + |bias| + rounding, int64 [outputs]: must stay below 2^24."""
        weights = np.abs(self.weight.astype(np.int64)).sum((1, 2, 3))
        half = (1 << self.shift.astype(np.int64)) >> 1
        bound: NDArray[np.int64] = weights * self.layer.read_max + np.abs(self.bias.astype(np.int64)) + half
        return bound

    def scaled(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Weight, and bias with a half to round by, times 2^-shift, float32: floor and clip are to follow."""
        scale = np.ldexp(np.float32(1), -self.shift.astype(np.int32))
        weight, bias = self.weight.astype(np.float32), self.bias.astype(np.float32)
        return weight * scale[:, None, None, None], bias * scale + np.float32(0.5)


class Operations(Protocol):
    """The operations that a network needs of a backend, whose arrays are its own."""

    def layer(self, name: str, x: Any) -> Any: ...

    def narrow(self, signal: str, x: Any) -> Any: ...

    def add(self, x: Any, y: Any) -> Any:
        """Clipped to the range of wide signals."""
        ...

    def join(self, parts: list[Any]) -> Any: ...

    def shuffle(self, x: Any) -> Any: ...

    def clip(self, x: Any, low: int, high: int) -> Any: ...

    def leak(self, x: Any, factor: int, shift: int) -> Any:
        """The larger of x and floor(factor x 2^-shift + 1/2)."""
        ...


class Backend(Operations, Protocol):
    """What a program needs beside that."""

    def receive(self, signal: str, values: NDArray[np.int64]) -> Any:
        """Take integers [C, H, W] of a signal."""
        ...

    def give(self, values: Any) -> NDArray[np.int32]:
        """Return integers int32 [C, H, W]."""
        ...
