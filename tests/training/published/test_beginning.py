"""Spread mixtures."""

import math

import torch

from l3c.published.network import make_network
from l3c.training.published.beginning import spread_mixtures
from tests.published.test_network import SMALL


@torch.no_grad()
def test_spread_mixtures_cost_about_as_much_as_uniform_values() -> None:
    torch.manual_seed(0)
    network = make_network(SMALL)
    images = torch.randint(0, 256, (2, 3, 16, 16)).float()
    before = float(network.bits(network(images))[:, 0].sum()) / images.numel()
    spread_mixtures(network)
    after = float(network.bits(network(images))[:, 0].sum()) / images.numel()
    assert after < min(before, 1.1 * math.log2(256))
