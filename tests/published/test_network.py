"""Sizes of the networks, and that they work under bfloat16."""

import pytest
import torch

from l3c.errors import InputError
from l3c.published.architecture import Architecture, recursions_of
from l3c.published.network import make_network

SMALL = Architecture(features=8, blocks=1, components=3)
SMALL_RGB = Architecture(kind="rgb", features=8, blocks=1, components=3)
SMALL_SHARED = Architecture(kind="rgb-shared", scales=1, features=8, blocks=1, components=3)


def count(module: torch.nn.Module, only_trained: bool = False) -> int:
    return sum(p.numel() for p in module.parameters() if p.requires_grad or not only_trained)


def test_parameter_counts_of_l3c() -> None:
    model = make_network(Architecture())
    parts = {
        "sub_rgb_mean": 12, "heads.0": 1804, "heads.1": 36928, "heads.2": 36928, "nets.0.enc": 730590,
        "nets.2.enc": 730590, "nets.1.dec": 775872, "prob_clfs.0": 133944, "prob_clfs.1": 139734, "prob_clfs.2": 139734,
    }  # fmt: skip
    assert {name: count(model.get_submodule(name)) for name in parts} == parts
    assert (count(model), count(model, only_trained=True)) == (5_008_470, 5_008_395)
    assert sum(values.numel() for values in model.state_dict().values()) == 5_008_545


@pytest.mark.parametrize(("kind", "scales", "total"), [("rgb", 3, 2_729_076), ("rgb-shared", 1, 909_700)])
def test_parameter_counts_of_baselines(kind: str, scales: int, total: int) -> None:
    model = make_network(Architecture(kind=kind, scales=scales))
    assert count(model) == total
    assert count(model.nets[0]) == 775_744
    assert count(model.prob_clfs[0]) == 133_944


@pytest.mark.parametrize("architecture", [SMALL, SMALL_RGB, SMALL_SHARED], ids=lambda a: a.kind)
def test_bfloat16_changes_the_cost_by_little(architecture: Architecture) -> None:
    torch.manual_seed(1)
    model = make_network(architecture)
    images = torch.randint(0, 256, (2, 3, 16, 24)).float()
    exact = model.bits(model(images))
    with torch.autocast("cpu", torch.bfloat16):
        rounded = model.bits(model(images))
    assert rounded.dtype == torch.float64
    torch.testing.assert_close(rounded.sum(1), exact.sum(1), rtol=0.02, atol=0)


def test_l3c_with_three_latent_channels_keeps_their_layout() -> None:
    """The number of channels does not decide what is an image."""
    model = make_network(Architecture(features=8, blocks=1, components=2, latent_channels=3))
    scales = model(torch.zeros(1, 3, 8, 8))
    assert [params.shape[1] for params in scales.params] == [24, 18, 18]


def test_recursion_adds_scales_to_rgb_shared_alone() -> None:
    images = torch.randint(0, 256, (1, 3, 32, 32)).float()
    assert len(make_network(SMALL_SHARED)(images, 3).values) == 5
    assert len(make_network(SMALL_RGB)(images, 3).values) == 4
    assert [recursions_of(a) for a in (SMALL, SMALL_RGB, SMALL_SHARED)] == [0, 0, 3]
    assert recursions_of(SMALL_SHARED, 1) == 1


def test_impossible_architectures_are_refused() -> None:
    with pytest.raises(InputError, match="rgp"):
        Architecture(kind="rgp")
    with pytest.raises(InputError, match="positive"):
        Architecture(features=0)
    with pytest.raises(InputError, match="one scale"):
        Architecture(kind="rgb-shared")
