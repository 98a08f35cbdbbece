"""The predictor D^(s) of the paper."""

from __future__ import annotations

from torch import Tensor, nn

from l3c.published.layers import convolution, trunk, upsampler


class Predictor(nn.Module):
    """D^(s): from an auxiliary image, and what the coarser predictor knew, to the context f^(s), twice as large."""

    def __init__(self, inputs: int, features: int, blocks: int) -> None:
        super().__init__()
        self.head = convolution(inputs, features, 1)
        self.body = trunk(features, blocks)
        self.tail = upsampler(features)

    def forward(self, auxiliary: Tensor, coarser: Tensor | None = None) -> Tensor:
        """[N, inputs, H, W] and a coarser context [N, F, H, W] or None -> context [N, F, 2 H, 2 W]."""
        hidden = self.head(auxiliary)
        if coarser is not None:
            hidden = hidden + coarser
        return self.tail(self.body(hidden) + hidden)  # type: ignore[no-any-return]
