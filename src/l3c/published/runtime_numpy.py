"""Integer networks in NumPy: the definition in int64, and float32, which must equal it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from l3c.published.operations import NARROW_BITS, NARROW_MAX, WIDE_MAX, IntegerLayer


class _Arrays:
    """What both NumPy runtimes share; arrays [C, H, W]."""

    dtype: Any

    def __init__(self, layers: Iterable[IntegerLayer]) -> None:
        self._layers = {layer.layer.name: layer for layer in layers}

    def receive(self, signal: str, values: NDArray[np.int64]) -> NDArray[Any]:
        converted: NDArray[Any] = values.astype(self.dtype)
        return converted

    def give(self, values: NDArray[Any]) -> NDArray[np.int32]:
        whole: NDArray[np.int32] = values.astype(np.int32)
        return whole

    def layer(self, name: str, x: NDArray[Any]) -> NDArray[Any]:
        layer = self._layers[name]
        sums = self._sums(layer, x)
        shifted = self._shifted(sums, layer.shift[:, None, None])
        return shifted.clip(layer.layer.low, layer.layer.high)

    def narrow(self, signal: str, x: NDArray[Any]) -> NDArray[Any]:
        return self._shifted(x, np.uint8(NARROW_BITS)).clip(-NARROW_MAX, NARROW_MAX)

    def add(self, x: NDArray[Any], y: NDArray[Any]) -> NDArray[Any]:
        total: NDArray[Any] = (x + y).clip(-WIDE_MAX, WIDE_MAX)
        return total

    def join(self, parts: list[NDArray[Any]]) -> NDArray[Any]:
        return np.concatenate(parts)

    def shuffle(self, x: NDArray[Any]) -> NDArray[Any]:
        """[4 C, H, W] -> [C, 2 H, 2 W]: channel 4 c + 2 i + j to (2 y + i, 2 x + j)."""
        channels, height, width = x.shape
        cells = x.reshape(channels // 4, 2, 2, height, width).transpose(0, 3, 1, 4, 2)
        return cells.reshape(channels // 4, 2 * height, 2 * width)

    def clip(self, x: NDArray[Any], low: int, high: int) -> NDArray[Any]:
        return x.clip(low, high)

    def leak(self, x: NDArray[Any], factor: int, shift: int) -> NDArray[Any]:
        larger: NDArray[Any] = np.maximum(x, self._shifted(x * self.dtype(factor), np.uint8(shift)))
        return larger

    def _sums(self, layer: IntegerLayer, x: NDArray[Any]) -> NDArray[Any]:
        """Convolve, one kernel position at a time, zeros around: [outputs, ceil(H / stride), ceil(W / stride)]."""
        stride, dilation, side = layer.layer.stride, layer.layer.dilation, layer.weight.shape[2]
        height, width = (-(-size // stride) for size in x.shape[1:])
        reach = dilation * (side // 2)
        padded = np.pad(x, ((0, 0), (reach, reach), (reach, reach)))
        total = np.zeros((len(layer.bias), height * width), self.dtype) + layer.bias[:, None].astype(self.dtype)
        for i in range(side):
            for j in range(side):
                rows = slice(i * dilation, i * dilation + stride * (height - 1) + 1, stride)
                columns = slice(j * dilation, j * dilation + stride * (width - 1) + 1, stride)
                total += layer.weight[:, :, i, j].astype(self.dtype) @ padded[:, rows, columns].reshape(len(x), -1)
        shuffled: NDArray[Any] = total.reshape(-1, height, width)
        return shuffled

    def _shifted(self, x: NDArray[Any], shift: Any) -> NDArray[Any]:
        raise NotImplementedError


class Definition(_Arrays):
    """Definition: int64 throughout."""

    dtype = np.int64

    def _shifted(self, x: NDArray[Any], shift: Any) -> NDArray[Any]:
        """floor(x / 2^shift + 1/2)."""
        n = np.int64(shift)
        return x + ((1 << n) >> 1) >> n


class NumPyRuntime(_Arrays):
    """float32 matrix products."""

    dtype = np.float32

    def _shifted(self, x: NDArray[Any], shift: Any) -> NDArray[Any]:
        shifted: NDArray[Any] = np.floor(x * np.ldexp(np.float32(1), -shift.astype(np.int32)) + np.float32(0.5))
        return shifted
