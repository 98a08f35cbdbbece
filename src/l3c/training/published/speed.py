"""What a training step computes, for saying how well a device is used."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from l3c.published.architecture import Architecture
from l3c.published.network import make_network
from l3c.training.job.rate import BACKWARD

SIDE = 16
"""Pixels of the image on which operations are counted, at least."""


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
