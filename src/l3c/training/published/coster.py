"""What a batch costs under a network, and the ways of computing it: compiled as asked for, or as it can be."""

from __future__ import annotations

import logging

import torch
from torch import Tensor, nn

from l3c.published.network import Published, Scales
from l3c.training.published.guidance import distance

logger = logging.getLogger(__name__)


class Coster(nn.Module):
    """Bits of every scale of each image; wrapped as one module, so that gradients of several processes are averaged."""

    def __init__(self, network: Published, bfloat16: bool, channels_last: bool) -> None:
        super().__init__()
        self.network, self.reduced, self.channels_last = network, bfloat16, channels_last

    def forward(
        self, images: Tensor, with_excess: bool = False, with_distance: bool = False
    ) -> tuple[Tensor, Tensor, Tensor]:
        """uint8 [N, 3, H, W] -> bits, float64 [N, scales + 1], the uniform scale last; excess and distance, [N].

        Excess and distance are 0 where they are not asked for.
        """
        scales = self.take_apart(images)
        bits = self.network.bits(scales)
        above = excess(scales) if with_excess else bits.new_zeros(len(images))
        apart = distance(images, scales.before) if with_distance else bits.new_zeros(len(images))
        return bits, above, apart

    def take_apart(self, images: Tensor) -> Scales:
        layout = torch.channels_last if self.channels_last else torch.contiguous_format
        with torch.autocast(images.device.type, torch.bfloat16, enabled=self.reduced):
            return self.network(images.float().contiguous(memory_format=layout))  # type: ignore[no-any-return]


def excess(scales: Scales) -> Tensor:
    """How far quantizers' inputs lie beyond their levels, where no gradient comes back: mean squares, float32 [N]."""
    parts = [(before.float().abs() - 1).clamp(min=0).square().mean((1, 2, 3)) for before in scales.before]
    return torch.stack(parts).sum(0) if parts else scales.values[0].new_zeros(len(scales.values[0]))
