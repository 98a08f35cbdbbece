"""What a training step computes, and what a device could: for saying how well it is used."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from l3c.published.architecture import Architecture
from l3c.published.network import make_network

SIDE = 16
"""Pixels of the image on which operations are counted, at least."""

BACKWARD = 3
"""A step computes three times what the network does: its output, the gradient of its input, that of its weights."""

MATRIX = 8192
"""Side of the products by which a device's rate is measured: large enough to fill any GPU."""

REPEATS = 10
"""Products that are timed, after as many to warm up."""


def operations_per_pixel(architecture: Architecture) -> float:
    """Floating-point operations of a training step for each pixel of the images, convolutions alone."""
    counted = 0

    def count(layer: nn.Module, _: Any, output: Tensor) -> None:
        nonlocal counted
        assert isinstance(layer, nn.Conv2d)
        counted += output.numel() * layer.weight[0].numel()

    with torch.random.fork_rng(devices=[]), torch.no_grad():
        network = make_network(architecture)
        for layer in network.modules():
            if isinstance(layer, nn.Conv2d):
                layer.register_forward_hook(count)
        side = max(SIDE, 2 * architecture.multiple())
        network(torch.zeros(1, 3, side, side))
    return 2 * BACKWARD * counted / (side * side)


def matrix_rate(device: torch.device) -> float | None:
    """Operations a second of large bfloat16 matrix products on a GPU, on random numbers; None on a processor."""
    if device.type != "cuda":
        return None
    a, b = (torch.randn(MATRIX, MATRIX, device=device, dtype=torch.bfloat16) for _ in range(2))
    begin, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))  # type: ignore[no-untyped-call]
    for _ in range(REPEATS):
        a @ b
    begin.record()
    for _ in range(REPEATS):
        a @ b
    end.record()
    torch.cuda.synchronize(device)
    return REPEATS * 2 * MATRIX**3 / float(begin.elapsed_time(end) / 1000)
