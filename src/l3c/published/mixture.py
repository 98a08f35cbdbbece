"""Mixtures of discretized logistics: cost and sampling.

A parameter map [N, P * C * K, H, W] is read as [N, P, C, K, H, W], with P = logits, means, log scales and, for an
image only, coefficients. Weights are a softmax of the logits per channel. Coefficients c pass the logistic function and
shift means by channels already known: mean_G += c0 R; mean_B += c1 R + c2 G.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

LOG_SCALE_MIN = -7.0  # as published
LOG_MASS_MIN = math.log(1e-12)
"""A component's mass inside the range counts as at least 1e-12, as published; the gradient ignores that."""

EDGE = 0.001
"""A value this near to an end of the range is that end."""

NARROW = 1e-3
"""Below this, log(1 - exp(-w)) = log w - w / 2 to the precision of float32."""

UNIFORM_MIN = 1e-5
"""Uniform numbers for sampling lie in [1e-5, 1 - 1e-5]."""

PIECE = 1 << 16
"""Positions costed at a time where no gradient is needed: bounds the memory."""


@dataclass(frozen=True)
class LogisticMixture:
    """Mixtures over `levels` equidistant values from `low` to `high`, for each of `channels`.

    joint: whether channels depend on earlier ones through coefficients (images), or not at all (auxiliary images).
    """

    channels: int
    components: int
    levels: int
    low: float
    high: float
    joint: bool

    @classmethod
    def of_image(cls, components: int) -> LogisticMixture:
        return cls(3, components, 256, 0.0, 255.0, joint=True)

    @classmethod
    def of_latent(cls, channels: int, levels: int, components: int) -> LogisticMixture:
        return cls(channels, components, levels, -1.0, 1.0, joint=False)

    @property
    def outputs(self) -> int:
        """Channels of a parameter map."""
        return (4 if self.joint else 3) * self.channels * self.components

    @property
    def step(self) -> float:
        """Distance of two neighbouring values: the width of a bin."""
        return (self.high - self.low) / (self.levels - 1)

    def split(self, params: Tensor) -> list[Tensor]:
        """[N, outputs, H, W] -> float32 [N, C, K, H, W] each: logits, means, log scales, coefficient logits."""
        n, _, height, width = params.shape
        maps = params.float().reshape(n, -1, self.channels, self.components, height, width)
        logits, means, log_scales, *coefficients = maps.unbind(1)
        return [logits, means, log_scales.clamp(min=LOG_SCALE_MIN), *coefficients]

    def nats(self, params: Tensor, values: Tensor) -> Tensor:
        """Cost of values [N, C, H, W], which lie in [low, high], in nats: float32 [N, C, H, W]."""
        with torch.autocast(params.device.type, enabled=False):
            if torch.is_grad_enabled():
                return self._nats(params, values.float())
            rows = max(1, PIECE // (params.shape[0] * params.shape[3]))
            pieces = zip(torch.split(params, rows, 2), torch.split(values.float(), rows, 2), strict=True)
            return torch.cat([self._nats(*piece) for piece in pieces], 2)

    def _nats(self, params: Tensor, values: Tensor) -> Tensor:
        logits, means, log_scales, *coefficients = self.split(params)
        if self.joint:
            means = means + self._shifts(torch.sigmoid(coefficients[0]), values)
        log_masses = self._log_masses(values.unsqueeze(2), means, log_scales)
        return -torch.logsumexp(torch.log_softmax(logits, 2) + log_masses, 2)

    @staticmethod
    def _shifts(coefficients: Tensor, values: Tensor) -> Tensor:
        """Give what known channels add to the means, [N, 3, K, H, W]."""
        red, green, _ = values.unsqueeze(2).unbind(1)
        of_green, of_blue = coefficients[:, 0] * red, coefficients[:, 1] * red + coefficients[:, 2] * green
        return torch.stack([torch.zeros_like(of_green), of_green, of_blue], 1)

    def _log_masses(self, values: Tensor, means: Tensor, log_scales: Tensor) -> Tensor:
        """Log of the mass each component [N, C, K, H, W] gives to the bins of values [N, C, 1, H, W].

        Inside, log(s(a) - s(b)) = log s(a) + log s(-b) + log(1 - exp(b - a)), s the logistic function: no difference of
        nearly equal numbers, no underflow. The ends of the range take their whole tails.
        """
        half = self.step / 2 * torch.exp(-log_scales)
        centred = (values - means) * torch.exp(-log_scales)
        below, above = functional.logsigmoid(centred + half), functional.logsigmoid(half - centred)
        inside = _at_least(below + above + self._log_width(log_scales), LOG_MASS_MIN)
        highest = torch.where(values > self.high - EDGE, above, inside)
        return torch.where(values < self.low + EDGE, below, highest)

    def _log_width(self, log_scales: Tensor) -> Tensor:
        """log(1 - exp(-w)), w the width of a bin in scales; finite for every scale."""
        log_width = math.log(self.step) - log_scales
        width = torch.exp(log_width)
        wide = width > NARROW
        return torch.where(wide, torch.log(-torch.expm1(-width.clamp(min=NARROW))), log_width - width / 2)

    def sample(self, params: Tensor, generator: torch.Generator | None = None) -> Tensor:
        """float32 [N, C, H, W], not rounded. Images are clamped, channel by channel; auxiliary images are not."""
        logits, means, log_scales, *coefficients = self.split(params)
        picked = torch.argmax(logits - torch.log(-torch.log(_uniform(logits, generator))), 2, keepdim=True)
        means, log_scales = means.gather(2, picked).squeeze(2), log_scales.gather(2, picked).squeeze(2)
        uniform = _uniform(means, generator)
        offsets = torch.exp(log_scales) * (torch.log(uniform) - torch.log1p(-uniform))
        if not self.joint:
            return means + offsets
        owners = picked[:, [1, 2, 2]]  # a coefficient belongs to the component of the colour that it moves
        factors = torch.sigmoid(coefficients[0]).gather(2, owners).squeeze(2)
        return self._follow(means + offsets, factors)

    def _follow(self, samples: Tensor, factors: Tensor) -> Tensor:
        """Add to green and blue what red and green, clamped to the range, contribute."""
        red = samples[:, 0].clamp(self.low, self.high)
        green = (samples[:, 1] + factors[:, 0] * red).clamp(self.low, self.high)
        blue = (samples[:, 2] + factors[:, 1] * red + factors[:, 2] * green).clamp(self.low, self.high)
        return torch.stack([red, green, blue], 1)


def _at_least(x: Tensor, minimum: float) -> Tensor:
    """Return the larger of x and minimum, with the gradient of x: what is far off is still pulled."""
    return torch.where(x < minimum, minimum + (x - x.detach()), x)


def _uniform(like: Tensor, generator: torch.Generator | None) -> Tensor:
    numbers = torch.rand(like.shape, generator=generator, dtype=torch.float32, device=like.device)
    return UNIFORM_MIN + (1 - 2 * UNIFORM_MIN) * numbers
