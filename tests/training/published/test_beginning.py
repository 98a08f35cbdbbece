"""How short trainings begin: spread mixtures, and networks that interpolate."""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional

from l3c.codec.models import find_model
from l3c.errors import InputError
from l3c.published.architecture import Architecture
from l3c.published.drawing import bits_of
from l3c.published.export import export_layers
from l3c.published.halving import half_size_of
from l3c.published.integer_model import PublishedModel
from l3c.published.models import write_model
from l3c.published.network import MEAN_COLOUR, Published, make_network
from l3c.training.published.beginning import FOLLOWING, interpolate, spread_mixtures
from l3c.training.published.config import Config, Optimizer
from l3c.training.published.coster import Coster
from l3c.training.published.guidance import distance, sketch
from l3c.training.published.optimizers import make_optimizer
from tests.checks import smooth_picture
from tests.published.own import network as own_network
from tests.published.test_network import SMALL

SIZES: dict[str, Any] = {"features": 24, "blocks": 1, "components": 3}
NETWORKS = [
    Architecture(**SIZES),
    Architecture(kind="rgb", **SIZES),
    Architecture(kind="rgb-shared", scales=1, **SIZES),
]


@pytest.fixture(autouse=True)
def same_numbers() -> Iterator[None]:
    torch.manual_seed(0)
    with torch.no_grad():
        yield


def pictures() -> Tensor:
    """Two that are smooth, and far from black and white: uint8 [2, 3, 64, 64]."""
    shown = [torch.from_numpy(smooth_picture(64, 64, 3, seed)) for seed in range(2)]
    return (torch.stack(shown).permute(0, 3, 1, 2).float() * 0.6 + 50).round().to(torch.uint8)


def bits(network: Published, images: Tensor) -> Tensor:
    """Of a sub-pixel, by scale."""
    return network.bits(network(images)).sum(0) / images.numel()


def test_spread_mixtures_cost_about_as_much_as_uniform_values() -> None:
    network = make_network(SMALL)
    images = torch.randint(0, 256, (2, 3, 16, 16)).float()
    before = float(bits(network, images)[0])
    spread_mixtures(network)
    assert float(bits(network, images)[0]) < min(before, 1.1 * math.log2(256))


@pytest.mark.parametrize("architecture", NETWORKS, ids=lambda a: a.kind)
def test_networks_that_interpolate_cost_little_before_any_training(architecture: Architecture) -> None:
    network, images = make_network(architecture), pictures()
    spread_mixtures(network)
    spread = bits(network, images)
    interpolate(network)
    assert (bits(network, images)[:-1] < 0.75 * spread[:-1]).all()


def test_auxiliary_images_are_sketches_at_first() -> None:
    network, images = make_network(NETWORKS[0]), pictures() // 4  # no detail is as large as to be clipped
    interpolate(network)
    before = network(images).before
    assert float(distance(images, before).max()) < 1e-8
    torch.testing.assert_close(before[1], sketch(images, 1), atol=1e-5, rtol=0)


@pytest.mark.parametrize("architecture", NETWORKS[1:], ids=lambda a: a.kind)
def test_means_of_baselines_are_enlarged_half_sizes(architecture: Architecture) -> None:
    network, images = make_network(architecture), pictures()
    interpolate(network)
    for scale, params in enumerate(network(images).params):
        mixture = network.mixture(scale)
        means = mixture.split(params)[1].mean(2)
        larger = functional.interpolate(half_size_of(images).float(), scale_factor=2, mode="bilinear")
        expected = larger - torch.einsum("ij,njhw->nihw", torch.tensor(FOLLOWING), larger)
        inner = (..., slice(8, -8), slice(8, -8))
        torch.testing.assert_close(means[inner], expected[inner], atol=6, rtol=0)  # other weights add a little
        images = half_size_of(images)


def test_a_single_colour_is_foretold() -> None:
    """Of the mean colour a baseline's input is 0, so that nothing but biases can give it."""
    network = make_network(NETWORKS[1])
    interpolate(network)
    images = (255 * torch.tensor(MEAN_COLOUR))[:, None, None].expand(1, 3, 32, 32).round()
    assert float(bits(network, images)[0]) < 3.5


def test_what_cannot_interpolate_is_refused() -> None:
    with pytest.raises(InputError, match=r"knows the published networks, not .*run\.spread"):
        interpolate(own_network("everything"))
    with pytest.raises(InputError, match="needs 15 features"):
        interpolate(make_network(SMALL))
    with pytest.raises(InputError, match="3 latent channels"):
        interpolate(make_network(Architecture(latent_channels=2, **SIZES)))


def test_weights_of_means_take_longer_steps() -> None:
    moved = []
    for factor in (1.0, 20.0):
        torch.manual_seed(1)
        network = make_network(NETWORKS[0])
        interpolate(network)
        optimizer = make_optimizer(network, Config(NETWORKS[0], Optimizer("adamw", mean_rate=factor)))
        before = {name: value.clone() for name, value in network.named_parameters()}
        for _ in range(2):
            optimizer.zero_grad()
            with torch.enable_grad():
                bits(network, pictures())[:-1].sum().backward()  # type: ignore[no-untyped-call]
            for group in optimizer.param_groups:
                group["lr"] = 1e-5
            optimizer.step()
        moved.append({name: value - before[name] for name, value in network.named_parameters()})
    slow, quick = moved
    rows = slice(9, 18)  # of 3 colours, 3 components each, behind the logits
    name = "prob_clfs.0.atrous.lin.weight"
    torch.testing.assert_close(quick[name][rows], 20 * slow[name][rows], rtol=0.2, atol=2e-4)
    for name, steps in slow.items():
        others = torch.ones(len(steps), dtype=torch.bool)
        if name.startswith("prob_clfs.0.atrous.lin"):
            others[rows] = False
        assert float((quick[name] - steps)[others].abs().max()) < 3e-5


@pytest.mark.parametrize("factor", [0.0, -1.0, math.inf])
def test_a_factor_of_the_rate_is_above_0(factor: float) -> None:
    with pytest.raises(InputError, match="mean_rate"):
        Optimizer(mean_rate=factor)


@pytest.mark.parametrize("architecture", NETWORKS, ids=lambda a: a.kind)
@pytest.mark.parametrize("loudness", [1.0, 30.0])
def test_networks_that_interpolate_can_be_exported(architecture: Architecture, loudness: float) -> None:
    """Of flat pictures details are much fainter than what they are made of: their steps have to leave room."""
    network = make_network(architecture)
    interpolate(network)
    first: Any = network.nets[0]
    if architecture.learned:
        first.enc.down.weight[3:5] *= loudness
    flat = np.full((32, 32, 3), 90, np.uint8)
    assert export_layers(architecture, network.state_dict(), [flat])


def test_an_interpolation_costs_as_integers_what_it_costs_as_floats(tmp_path: Path) -> None:
    """With 8-bit weights in predictors and classifiers, costs differ by 0.8 %: few large weights among small ones."""
    torch.manual_seed(3)
    network = make_network(Architecture(**SIZES))
    interpolate(network)
    with torch.no_grad():
        for name, weight in network.named_parameters():
            if weight.dim() == 4 and (".dec." in name or ".atrous.atrous." in name):
                weight.add_(0.003 * torch.randn_like(weight))
    picture = smooth_picture(64, 64, 3)
    file = tmp_path / "network.safetensors"
    write_model(file, network.architecture, export_layers(network.architecture, network.state_dict(), [picture]))
    model = find_model(str(file), 3)
    assert isinstance(model, PublishedModel)
    with torch.inference_mode():
        costs = Coster(network, False, False)(torch.from_numpy(picture).permute(2, 0, 1)[None])[0]
    assert sum(bits_of(model, picture)) == pytest.approx(float(costs.sum()), rel=0.003)
