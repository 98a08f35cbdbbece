"""The modules of the paper's networks, as its figure has them.

Feature extractor E, quantizer Q, predictor D and probability classifier, and the layers that all of them are built of.
Every convolution pads with zeros, has a bias and keeps its input's size unless it has a stride. The only activation is
the ReLU inside residual blocks; there is no normalization.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from l3c.published.architecture import DILATIONS


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
    layer = nn.Conv2d(len(offsets), len(offsets), 1)
    with torch.no_grad():
        layer.weight.copy_(factor * torch.eye(len(offsets))[:, :, None, None])
        layer.bias.copy_(torch.tensor(offsets))  # type: ignore[union-attr]
    return layer


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
