"""The probability classifier of the paper: the last box, which turns a context into parameters of mixtures."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from l3c.published.layers import convolution

DILATIONS = (1, 2, 4)


class Atrous(nn.Module):
    """Three dilated convolutions side by side, joined by a 1x1 convolution. No activation."""

    def __init__(self, features: int, outputs: int) -> None:
        super().__init__()
        self.atrous = nn.ModuleList(convolution(features, features, dilation=d) for d in DILATIONS)
        self.lin = convolution(len(DILATIONS) * features, outputs, 1)

    def forward(self, context: Tensor) -> Tensor:
        """[N, F, H, W] -> float32 [N, outputs, H, W], since bfloat16 cannot tell a mean of 200 from 200.5."""
        seen = torch.cat([layer(context) for layer in self.atrous], 1)
        with torch.autocast(context.device.type, enabled=False):
            return self.lin(seen.float())  # type: ignore[no-any-return]


class ProbabilityClassifier(nn.Module):
    """Parameters of the mixtures p(x | f^(s)) at every position, as `LogisticMixture` reads them."""

    def __init__(self, features: int, outputs: int) -> None:
        super().__init__()
        self.atrous = Atrous(features, outputs)

    def forward(self, context: Tensor) -> Tensor:
        """[N, F, H, W] -> float32 [N, outputs, H, W]."""
        return self.atrous(context)  # type: ignore[no-any-return]
