"""The quantizer Q of the paper: values to the nearest of L levels, with the gradient of a soft assignment."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class Quantizer(nn.Module):
    """levels: float32 [L], part of the state but not trained. sigma: softness of the gradient, fixed."""

    def __init__(self, levels: nn.Parameter, sigma: float) -> None:
        super().__init__()
        self.levels = levels
        self.sigma = sigma

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Quantize [N, C, H, W] -> (values, symbols), float32 and int64 [N, C, H, W].

        A symbol is the index of the nearest level (the first on a tie), a value that level itself. The values' gradient
        is that of sum_l level_l softmax_l(-sigma (x - level_l)^2).
        """
        distances = (x.float().unsqueeze(-1) - self.levels) ** 2  # [N, C, H, W, L]
        symbols = distances.argmin(-1)
        values = self.dequantize(symbols)
        if not torch.is_grad_enabled():
            return values, symbols
        soft = (torch.softmax(-self.sigma * distances, -1) * self.levels).sum(-1)
        return values + (soft - soft.detach()), symbols

    def dequantize(self, symbols: Tensor) -> Tensor:
        """int64 [...] -> float32 [...]: looked up in the one table that encoder and decoder share."""
        return self.levels[symbols]
