"""Integer networks: bounds, round trips, sizes."""

import numpy as np
import pytest
import torch

from l3c.cli import export
from l3c.errors import FormatError, ModelError
from l3c.published import grid
from l3c.published.export import export_layers
from l3c.published.integer_model import PublishedModel, known_answer
from l3c.published.operations import SUM_MAX
from l3c.published.runtimes import make_program
from tests.published.integer import ARCHITECTURES, exported, model, picture, plausible_state

KINDS = list(ARCHITECTURES)
SIZES = [(i // 70 + 1, i % 70 + 1) for i in range(0, 4900, 200)]


@pytest.mark.parametrize("kind", KINDS)
def test_every_sum_is_bounded(kind: str) -> None:
    assert all(layer.bound().max() < SUM_MAX for layer in exported(kind))


@pytest.mark.parametrize("kind", KINDS)
def test_sizes_round_trip(kind: str) -> None:
    for height, width in SIZES:
        image = picture(height, width)
        assert (model(kind).decode(model(kind).encode(image), height, width) == image).all()


@pytest.mark.parametrize("kind", KINDS)
def test_payloads_are_near_theory(kind: str) -> None:
    image = picture(160, 160)
    encoder = model(kind).code(image)
    assert len(encoder.finish()) <= encoder.bits / 8 * 1.005


@pytest.mark.parametrize("kind", KINDS)
def test_weights_of_predictors_take_8_bits_where_asked_for(kind: str) -> None:
    """Half the file, and mixtures that are nearly the same."""
    a, image = ARCHITECTURES[kind], picture(64, 64)
    torch.manual_seed(0)  # as of `exported`
    small = export_layers(a, plausible_state(a), [picture(40, 48), picture(33, 20, 1)], bits=8)
    names = [set(layer.layer.name.split(".")) for layer in small]
    of_predictors = [
        layer for layer, parts in zip(small, names, strict=True) if {"dec", "atrous"} & parts and "head" not in parts
    ]
    assert of_predictors
    assert all(layer.weight.dtype == np.int8 for layer in of_predictors)
    assert all(layer.bound().max() < SUM_MAX for layer in small)
    answer = known_answer(make_program("definition", a, small))
    bits = PublishedModel(kind, a, small, answer, "torch").code(image).bits
    assert bits == pytest.approx(model(kind).code(image).bits, rel=0.02)


def test_the_command_knows_how_many_bits_weights_may_have() -> None:
    assert export.WEIGHT_BITS == grid.WEIGHT_BITS


def test_damage_is_an_error() -> None:
    payload = model("l3c").encode(picture(20, 20))
    with pytest.raises(FormatError):
        model("l3c").decode(payload[:-2], 20, 20)


def test_tensors_that_export_would_lose_are_named() -> None:
    a = ARCHITECTURES["l3c"]
    state = plausible_state(a)
    extra = {"nets.0.enc.more.weight": torch.zeros(1), "nets.0.enc.more.bias": torch.zeros(1)}
    with pytest.raises(ModelError, match=r"does not have nets\.0\.enc\.more\.bias, nets\.0\.enc\.more\.weight: export"):
        export_layers(a, {**state, **extra}, [picture(16, 16)])
    del state["nets.2.dec.head.bias"]
    with pytest.raises(ModelError, match=r"has no nets\.2\.dec\.head\.bias"):
        export_layers(a, state, [picture(16, 16)])


def test_other_levels_than_integers_have_are_named() -> None:
    a = ARCHITECTURES["l3c"]
    state = plausible_state(a)
    state["nets.1.enc.levels"] = state["nets.1.enc.levels"] * 1.01
    with pytest.raises(ModelError, match=r"nets\.1\.enc\.levels: not 25 levels"):
        export_layers(a, state, [picture(16, 16)])
