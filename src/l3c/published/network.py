"""The published networks whole: L3C, and the baselines RGB and RGB Shared.

Scales count from 0, the image. Scale s + 1 is the auxiliary image z^(s+1) of the paper, of half the height and width of
scale s; the coarsest has a uniform prior, each other is predicted from the one below. Names of attributes are those of
the released checkpoints.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import ClassVar

import torch
from torch import Tensor, nn

from l3c.errors import InputError
from l3c.published.architecture import RGB_CHANNELS, RGB_LEVELS, Architecture
from l3c.published.halving import half_size_of
from l3c.published.mixture import LogisticMixture
from l3c.published.modules import FeatureExtractor, ImageInput, Predictor, ProbabilityClassifier, ScaleInput, scaling
from l3c.published.own import find_class

MEAN_COLOUR = (0.4488, 0.4371, 0.4040)
"""Of the images the published networks were trained on, as shares of 255."""


@dataclass
class Scales:
    """A picture taken apart, finest scale first; N pictures at a time.

    values, symbols: scale s, float32 (image 0..255, auxiliary images their levels) and int64,
        [N, C_s, H / 2^s, W / 2^s].
    params: mixtures of scale s, for all but the coarsest, float32 [N, outputs, H / 2^s, W / 2^s].
    before: what entered the quantizer for scale s + 1, empty for baselines.
    """

    values: list[Tensor]
    symbols: list[Tensor]
    params: list[Tensor] = field(default_factory=list)
    before: list[Tensor] = field(default_factory=list)


class Published(nn.Module):
    """What all networks share: the order of scales, mixtures, cost. Networks of one's own are subclasses of it.

    They need `analyse`, `context`, `classify`, `mixture` and `uniform_levels`, or are subclasses of L3C or Pyramid and
    replace what differs. learned: whether auxiliary images are learned, or half-size images.
    """

    nets: nn.ModuleList
    prob_clfs: nn.ModuleList
    sub_rgb_mean: nn.Conv2d
    learned: ClassVar[bool] = True

    def __init__(self, architecture: Architecture) -> None:
        super().__init__()
        self.architecture = architecture

    def forward(self, images: Tensor, recursions: int = 0) -> Scales:
        """[N, 3, H, W], 0..255, H and W multiples of `architecture.multiple(recursions)`."""
        scales = self.analyse(images, recursions)
        scales.params = self.predict(scales.values[1:])
        return scales

    def analyse(self, images: Tensor, recursions: int = 0) -> Scales:
        """Everything but the parameters: what an encoder does first."""
        raise NotImplementedError

    def context(self, scale: int, auxiliary: Tensor, coarser: Tensor | None) -> Tensor:
        """Context of a scale, from values of the next coarser one and, where it is known, that one's context."""
        raise NotImplementedError

    def mixture(self, scale: int) -> LogisticMixture:
        """How to read the parameters of a scale."""
        raise NotImplementedError

    def classify(self, scale: int, context: Tensor) -> Tensor:
        """Parameters of a scale from its context."""
        raise NotImplementedError

    def last_layer(self, scale: int) -> nn.Conv2d:
        """The layer that gives the parameters of a scale. Raises InputError where a network does not say."""
        raise InputError(f"{type(self).__name__} does not say which layer gives mixtures: it has no last_layer")

    def predict(self, coarser: list[Tensor]) -> list[Tensor]:
        """Parameters of scales 0 .. n - 1 from values of scales 1 .. n."""
        params: list[Tensor] = []
        context = None
        for scale in reversed(range(len(coarser))):
            context = self.context(scale, coarser[scale], context)
            params.insert(0, self.classify(scale, context))
        return params

    def nats(self, scales: Scales) -> list[Tensor]:
        """Cost of each symbol of each predicted scale, float32 [N, C_s, H / 2^s, W / 2^s]."""
        pairs = zip(scales.params, scales.values, strict=False)
        return [self.mixture(scale).nats(params, values) for scale, (params, values) in enumerate(pairs)]

    def uniform_levels(self) -> int:
        """Levels of the coarsest scale."""
        raise NotImplementedError

    def bits(self, scales: Scales) -> Tensor:
        """Bits of every scale, the uniform one last, for each picture: float64 [N, scales + 1]."""
        predicted = [cost.double().sum((1, 2, 3)) / math.log(2) for cost in self.nats(scales)]
        return torch.stack([*predicted, self.uniform_bits(scales)], 1)

    def uniform_bits(self, scales: Scales) -> Tensor:
        """float64 [N]."""
        last = scales.symbols[-1]
        bits = last[0].numel() * math.log2(self.uniform_levels())
        return torch.full((len(last),), bits, dtype=torch.float64, device=last.device)


class L3C(Published):
    """L3C: S feature extractors, each followed by a quantizer, and S predictors (figure 2 of the paper)."""

    def __init__(self, architecture: Architecture) -> None:
        super().__init__(architecture)
        a = architecture
        self.sub_rgb_mean = minus_mean_colour()
        inputs = (ScaleInput(a.features, a.features) for _ in range(a.scales - 1))
        self.heads = nn.ModuleList([ImageInput(RGB_CHANNELS, a.features), *inputs])
        self.nets = nn.ModuleList(_Scale(a) for _ in range(a.scales))
        self.prob_clfs = nn.ModuleList(
            ProbabilityClassifier(a.features, self.mixture(scale).outputs) for scale in range(a.scales)
        )

    def analyse(self, images: Tensor, recursions: int = 0) -> Scales:
        scales = Scales([images.float()], [images.long()])
        features = _in_float32(self.sub_rgb_mean, images)
        for head, net in zip(self.heads, self.nets, strict=True):
            features, before, values, symbols = net.enc(head(features))  # type: ignore[operator]
            scales.before.append(before)
            scales.values.append(values)
            scales.symbols.append(symbols)
        return scales

    def context(self, scale: int, auxiliary: Tensor, coarser: Tensor | None) -> Tensor:
        return self.nets[scale].dec(auxiliary, coarser)  # type: ignore[no-any-return, operator]

    def mixture(self, scale: int) -> LogisticMixture:
        a = self.architecture
        if scale == 0:
            return LogisticMixture.of_image(a.components)
        return LogisticMixture.of_latent(a.latent_channels, a.latent_levels, a.components)

    def classify(self, scale: int, context: Tensor) -> Tensor:
        return self.prob_clfs[scale](context)  # type: ignore[no-any-return]

    def last_layer(self, scale: int) -> nn.Conv2d:
        return self.prob_clfs[scale].atrous.lin  # type: ignore[return-value, union-attr]

    def uniform_levels(self) -> int:
        return self.architecture.latent_levels


class Pyramid(Published):
    """RGB and RGB Shared: auxiliary images are half-size images; only predictors are learned.

    RGB has a predictor for each scale, which reads the context of the coarser one. RGB Shared has one for all scales,
    which reads none.
    """

    learned = False

    def __init__(self, architecture: Architecture) -> None:
        super().__init__(architecture)
        a = architecture
        self.sub_rgb_mean = minus_mean_colour().requires_grad_(False)
        self.nets = nn.ModuleList(_PyramidScale(a) for _ in range(a.scales))
        outputs = self.mixture(0).outputs
        self.prob_clfs = nn.ModuleList(ProbabilityClassifier(a.features, outputs) for _ in range(a.scales))

    @property
    def _shared(self) -> bool:
        return self.architecture.kind == "rgb-shared"

    def analyse(self, images: Tensor, recursions: int = 0) -> Scales:
        pyramid = [images]
        for _ in range(self.architecture.scales + (recursions if self._shared else 0)):
            pyramid.append(half_size_of(pyramid[-1]))
        return Scales([level.float() for level in pyramid], [level.long() for level in pyramid])

    def context(self, scale: int, auxiliary: Tensor, coarser: Tensor | None) -> Tensor:
        centred = _in_float32(self.sub_rgb_mean, auxiliary)
        if self._shared:
            return self.nets[0].dec(centred)  # type: ignore[no-any-return, operator]
        return self.nets[scale].dec(centred, coarser)  # type: ignore[no-any-return, operator]

    def mixture(self, scale: int) -> LogisticMixture:
        return LogisticMixture.of_image(self.architecture.components)

    def classify(self, scale: int, context: Tensor) -> Tensor:
        return self.prob_clfs[0 if self._shared else scale](context)  # type: ignore[no-any-return]

    def last_layer(self, scale: int) -> nn.Conv2d:
        return self.prob_clfs[0 if self._shared else scale].atrous.lin  # type: ignore[return-value, union-attr]

    def uniform_levels(self) -> int:
        return RGB_LEVELS


class _Scale(nn.Module):
    """One scale of L3C: extractor and predictor."""

    def __init__(self, a: Architecture) -> None:
        super().__init__()
        self.enc = FeatureExtractor(a.features, a.blocks, a.latent_channels, a.latent_levels, a.sigma)
        self.dec = Predictor(a.latent_channels, a.features, a.blocks)


class _PyramidScale(nn.Module):
    """One scale of a baseline: a predictor."""

    def __init__(self, a: Architecture) -> None:
        super().__init__()
        self.dec = Predictor(RGB_CHANNELS, a.features, a.blocks)


def minus_mean_colour() -> nn.Conv2d:
    """Take the mean colour off an image, [N, 3, H, W] -> same."""
    return scaling(1.0, [-255 * share for share in MEAN_COLOUR])


def make_network(architecture: Architecture) -> Published:
    """Build an untrained network, initialized from PyTorch's random numbers.

    Raises InputError where `architecture.kind` names a class that is not there.
    """
    if architecture.own:
        return find_class(architecture.kind)(architecture)
    return L3C(architecture) if architecture.learned else Pyramid(architecture)


def _in_float32(layer: nn.Module, x: Tensor) -> Tensor:
    with torch.autocast(x.device.type, enabled=False):
        return layer(x.float())  # type: ignore[no-any-return]
