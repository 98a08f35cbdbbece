"""A network of one's own, small enough to be trained in a minute: see docs/tutorials/own-network.md.

Unlike L3C it has dense blocks in the place of residual ones, leaky ReLU, contexts of the coarser scale that are joined
instead of added, and a classifier without dilation.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from l3c.published.architecture import Architecture
from l3c.published.mixture import LogisticMixture
from l3c.published.modules import Quantizer
from l3c.published.network import Published, Scales


class DenseBlock(nn.Module):
    """[N, F, H, W] -> same: each convolution sees what all before it gave."""

    def __init__(self, features: int) -> None:
        super().__init__()
        half = features // 2
        self.first = nn.Conv2d(features, half, 3, padding=1)
        self.second = nn.Conv2d(features + half, half, 3, padding=1)
        self.last = nn.Conv2d(features + 2 * half, features, 1)
        self.activation = nn.LeakyReLU(0.125)

    def forward(self, x: Tensor) -> Tensor:
        first = self.activation(self.first(x))
        second = self.activation(self.second(torch.cat([x, first], 1)))
        return self.last(torch.cat([x, first, second], 1))  # type: ignore[no-any-return]


class Extractor(nn.Module):
    """Halves an image or features: [N, inputs, 2 H, 2 W] -> features [N, F, H, W], symbols and values [N, C, H, W]."""

    def __init__(self, inputs: int, a: Architecture) -> None:
        super().__init__()
        self.down = nn.Conv2d(inputs, a.features, 5, stride=2, padding=2)
        self.block = DenseBlock(a.features)
        self.to_latent = nn.Conv2d(a.features, a.latent_channels, 1)
        levels = nn.Parameter(torch.linspace(-1, 1, a.latent_levels), requires_grad=False)
        self.quantizer = Quantizer(levels, a.sigma)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        features = torch.relu(self.block(self.down(x)))
        before = self.to_latent(features)
        values, symbols = self.quantizer(before)
        return features, before, values, symbols


class Predictor(nn.Module):
    """[N, C, H, W] and the coarser context [N, F, H, W] -> context [N, F, 2 H, 2 W]."""

    def __init__(self, a: Architecture, coarsest: bool) -> None:
        super().__init__()
        self.enter = nn.Conv2d(a.latent_channels, a.features, 3, padding=1)
        self.block = DenseBlock(a.features if coarsest else 2 * a.features)
        self.up = nn.Conv2d(self.block.last.out_channels, 4 * a.features, 3, padding=1)
        self.shuffle = nn.PixelShuffle(2)

    def forward(self, latent: Tensor, coarser: Tensor | None) -> Tensor:
        x = self.enter(latent)
        if coarser is not None:
            x = torch.cat([x, coarser], 1)
        return self.shuffle(self.up(x + 0.5 * self.block(x)))  # type: ignore[no-any-return]


class DenseNetwork(Published):
    """Auxiliary images as L3C has them, by other layers."""

    def __init__(self, architecture: Architecture) -> None:
        super().__init__(architecture)
        a = architecture
        self.extractors = nn.ModuleList(Extractor(a.features if s else 3, a) for s in range(a.scales))
        self.predictors = nn.ModuleList(Predictor(a, s == a.scales - 1) for s in range(a.scales))
        self.classifiers = nn.ModuleList(
            nn.Sequential(
                nn.Conv2d(a.features, 2 * a.features, 3, padding=1),
                nn.ReLU(),
                nn.Conv2d(2 * a.features, self.mixture(s).outputs, 1),
            )
            for s in range(a.scales)
        )

    def analyse(self, images: Tensor, recursions: int = 0) -> Scales:
        """Auxiliary images, finest first, of [N, 3, H, W], 0..255."""
        scales = Scales([images.float()], [images.long()])
        x = images.float() / 127.5 - 1
        for extractor in self.extractors:
            x, before, values, symbols = extractor(x)
            scales.before.append(before)
            scales.values.append(values)
            scales.symbols.append(symbols)
        return scales

    def context(self, scale: int, auxiliary: Tensor, coarser: Tensor | None) -> Tensor:
        """What is known of a scale, from the next coarser auxiliary image and its context."""
        return self.predictors[scale](auxiliary, coarser)  # type: ignore[no-any-return]

    def classify(self, scale: int, context: Tensor) -> Tensor:
        """Parameters of a scale's mixtures."""
        return self.classifiers[scale](context)  # type: ignore[no-any-return]

    def last_layer(self, scale: int) -> nn.Conv2d:
        """What `-p spread` begins with."""
        return self.classifiers[scale][-1]  # type: ignore[index, no-any-return]

    def mixture(self, scale: int) -> LogisticMixture:
        """The published ones: of colours 0..255 with K components, of auxiliary images with C channels of L levels."""
        a = self.architecture
        if scale == 0:
            return LogisticMixture.of_image(a.components)
        return LogisticMixture.of_latent(a.latent_channels, a.latent_levels, a.components)

    def uniform_levels(self) -> int:
        """Levels of the coarsest auxiliary image."""
        return self.architecture.latent_levels
