"""Integer networks in PyTorch: float32 that holds integers. Arrays [1, C, H, W]."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from l3c.errors import EngineError
from l3c.published.operations import NARROW_BITS, NARROW_MAX, WIDE_MAX, IntegerLayer, Layer

EXACT = ("none", "ieee")
"""Precisions of PyTorch's float32 products that keep every bit."""

BAND = 1 << 27
"""Numbers that are unfolded at a time: bounds the memory, at 512 MB."""


def check_precision(what: str, settings: Any) -> None:
    """Raise EngineError where settings make PyTorch round more than float32 does. Before 2.9 they tell of TF32 only."""
    precision = getattr(settings, "fp32_precision", None)
    if precision is None:
        precision = "tf32" if getattr(settings, "allow_tf32", False) else "none"
    if precision not in EXACT:
        raise EngineError(f"PyTorch is set to compute {what} in {precision}, which is not exact")


class TorchRuntime:
    """On a processor, by its convolutions, channels last. Raises EngineError where PyTorch may round more."""

    device = "cpu"

    def __init__(self, layers: Iterable[IntegerLayer]) -> None:
        self._layers = {layer.layer.name: self._placed(layer) for layer in layers}

    def _placed(self, layer: IntegerLayer) -> tuple[Layer, Tensor, Tensor]:
        weight, bias = layer.scaled()
        return layer.layer, self._place(weight), self._place(bias)

    def _place(self, values: NDArray[np.float32]) -> Tensor:
        placed = torch.from_numpy(values).to(self.device)
        return placed.contiguous(memory_format=torch.channels_last) if placed.ndim == 4 else placed

    def receive(self, signal: str, values: NDArray[np.int64]) -> Tensor:
        self._check_precision()
        return self._place(values.astype(np.float32)[None])

    def give(self, values: Tensor) -> NDArray[np.int32]:
        return values[0].to(dtype=torch.int32).contiguous().cpu().numpy()

    def layer(self, name: str, x: Tensor) -> Tensor:
        layer, weight, bias = self._layers[name]
        with torch.inference_mode(), torch.autocast(self.device, enabled=False):
            return self._convolve(layer, x, weight, bias).floor_().clamp_(layer.low, layer.high)

    def narrow(self, signal: str, x: Tensor) -> Tensor:
        with torch.inference_mode():
            return (x * (1 / (1 << NARROW_BITS))).add_(0.5).floor_().clamp_(-NARROW_MAX, NARROW_MAX)

    def add(self, x: Tensor, y: Tensor) -> Tensor:
        with torch.inference_mode():
            return (x + y).clamp_(-WIDE_MAX, WIDE_MAX)

    def join(self, parts: list[Tensor]) -> Tensor:
        return torch.cat(parts, 1)

    def shuffle(self, x: Tensor) -> Tensor:
        return functional.pixel_shuffle(x, 2).contiguous(memory_format=torch.channels_last)

    def clip(self, x: Tensor, low: int, high: int) -> Tensor:
        with torch.inference_mode():
            return x.clamp(low, high)

    def leak(self, x: Tensor, factor: int, shift: int) -> Tensor:
        with torch.inference_mode():
            return torch.maximum(x, (x * (factor * 2.0**-shift)).add_(0.5).floor_())

    def _convolve(self, layer: Layer, x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        reach = layer.dilation * (weight.shape[2] // 2)
        return functional.conv2d(x, weight, bias, layer.stride, reach, layer.dilation)

    def _check_precision(self) -> None:
        check_precision("convolutions", getattr(torch.backends.mkldnn, "conv", None))


class UnfoldRuntime(TorchRuntime):
    """On any device, by unfolding and matrix products: a GPU's library of convolutions may choose inexact algorithms.

    Raises EngineError where there is no such device, or TF32 is on.
    """

    def __init__(self, layers: Iterable[IntegerLayer], device: str = "cuda") -> None:
        if device == "cuda" and not torch.cuda.is_available():
            raise EngineError("PyTorch finds no CUDA device here")
        self.device = device
        super().__init__(layers)

    def _convolve(self, layer: Layer, x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        side, stride, dilation = weight.shape[2], layer.stride, layer.dilation
        reach = dilation * (side // 2)
        height, width = (-(-size // stride) for size in x.shape[2:])
        padded = functional.pad(x, [reach] * 4)
        rows = max(1, BAND // (width * weight[0].numel()))
        bands = []
        for top in range(0, height, rows):
            count = min(rows, height - top)
            band = padded[:, :, stride * top : stride * (top + count - 1) + 2 * reach + 1]
            columns = functional.unfold(band, side, dilation, 0, stride)
            bands.append((weight.flatten(1) @ columns + bias[:, None]).reshape(1, -1, count, width))
        return torch.cat(bands, 2)

    def _check_precision(self) -> None:
        check_precision("products of matrices", torch.backends.cuda.matmul)
