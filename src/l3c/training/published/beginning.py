"""How short trainings begin: with mixtures spread over all values, instead of far from most of them."""

from __future__ import annotations

import math

import torch

from l3c.published.network import Published

COEFFICIENTS = -3.0
"""Coefficient logits: colours hardly depend on one another at first."""

CALM = 0.1
"""Factor of the last layer's weights, so that the spread decides at first; means get it times half the range."""


@torch.no_grad()
def spread_mixtures(network: Published) -> None:
    """Place components side by side over the range, each half as wide as its share of it.

    Raises InputError for a network of one's own that does not say which layer gives them.
    """
    for scale in range(network.architecture.scales):
        layer, mixture = network.last_layer(scale), network.mixture(scale)
        assert layer.bias is not None
        span, shape = mixture.high - mixture.low, (-1, mixture.channels, mixture.components)
        layer.weight.mul_(CALM)
        layer.weight.view(*shape, layer.in_channels)[1] *= span / 2 * CALM
        bias = layer.bias.zero_().view(*shape)
        bias[1] = mixture.low + span * (torch.arange(mixture.components) + 0.5) / mixture.components
        bias[2] = math.log(span / mixture.components / 2)
        if mixture.joint:
            bias[3] = COEFFICIENTS
