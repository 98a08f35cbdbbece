"""The feature extractor E^(s) of the paper, and the convolution in front of it."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from l3c.published.layers import convolution, scaling, trunk
from l3c.published.quantizer import Quantizer


class ScaleInput(nn.Module):
    """What leads into a feature extractor (E_in in the paper): one 3x3 convolution to `features` channels."""

    def __init__(self, inputs: int, features: int) -> None:
        super().__init__()
        self.head = convolution(inputs, features)

    def forward(self, x: Tensor) -> Tensor:
        """[N, inputs, H, W] -> [N, features, H, W]."""
        return self.head(x)  # type: ignore[no-any-return]


class ImageInput(nn.Module):
    """The same for the image, with a division by 128 before it."""

    def __init__(self, channels: int, features: int) -> None:
        super().__init__()
        self.head = nn.Sequential(scaling(1 / 128, [-0.0] * channels), ScaleInput(channels, features))

    def forward(self, x: Tensor) -> Tensor:
        """[N, channels, H, W] minus the mean colour -> [N, features, H, W]."""
        return self.head(x)  # type: ignore[no-any-return]


class FeatureExtractor(nn.Module):
    """E^(s) and Q: halves the resolution, and gives features to the next scale and an auxiliary image z^(s)."""

    def __init__(self, features: int, blocks: int, channels: int, levels: int, sigma: float) -> None:
        super().__init__()
        self.levels = nn.Parameter(torch.linspace(-1, 1, levels), requires_grad=False)
        self.down = convolution(features, features, 5, stride=2)
        self.body = trunk(features, blocks)
        self.to_q = nn.Sequential(convolution(features, channels, 1))
        self.q = Quantizer(self.levels, sigma)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """[N, F, 2 H, 2 W] -> features [N, F, H, W], and [N, C, H, W] each: before Q, values and symbols of z."""
        down = self.down(x)
        features = self.body(down) + down
        with torch.autocast(x.device.type, enabled=False):
            before = self.to_q(features.float())
            values, symbols = self.q(before)
        return features, before, values, symbols
