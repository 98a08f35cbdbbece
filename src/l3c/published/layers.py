"""The layers that all published networks are built of.

Every convolution pads with zeros, has a bias and keeps its input's size unless it has a stride. The only activation is
the ReLU inside residual blocks; there is no normalization.
"""

from __future__ import annotations

from torch import Tensor, nn


def convolution(inputs: int, outputs: int, kernel: int = 3, *, stride: int = 1, dilation: int = 1) -> nn.Conv2d:
    """[N, inputs, H, W] -> [N, outputs, H / stride, W / stride]."""
    return nn.Conv2d(inputs, outputs, kernel, stride, padding=dilation * (kernel // 2), dilation=dilation)


class ResidualBlock(nn.Module):
    """[N, features, H, W] -> same: input + conv(ReLU(conv(input)))."""

    def __init__(self, features: int) -> None:
        super().__init__()
        self.body = nn.Sequential(convolution(features, features), nn.ReLU(), convolution(features, features))

    def forward(self, x: Tensor) -> Tensor:
        return x + self.body(x)  # type: ignore[no-any-return]


def trunk(features: int, blocks: int) -> nn.Sequential:
    """Residual blocks and a convolution; whoever uses it adds its input to its output."""
    return nn.Sequential(*(ResidualBlock(features) for _ in range(blocks)), convolution(features, features))


def upsampler(features: int) -> nn.Sequential:
    """[N, features, H, W] -> [N, features, 2 H, 2 W]: four times the channels, shuffled into space."""
    return nn.Sequential(convolution(features, 4 * features), nn.PixelShuffle(2))


def scaling(factor: float, offsets: list[float]) -> nn.Conv2d:
    """1x1 convolution that starts as factor * x + offset per channel. Its parameters are trained like any other's."""
    import torch

    layer = nn.Conv2d(len(offsets), len(offsets), 1)
    with torch.no_grad():
        layer.weight.copy_(factor * torch.eye(len(offsets))[:, :, None, None])
        layer.bias.copy_(torch.tensor(offsets))  # type: ignore[union-attr]
    return layer
