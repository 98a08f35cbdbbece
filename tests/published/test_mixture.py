"""Costs are probabilities, gradients are true, samples follow the distribution."""

import math

import numpy as np
import pytest
import torch

from l3c.published.architecture import Architecture
from l3c.published.drawing import draw
from l3c.published.grid import parameter_units
from l3c.published.mixture import LogisticMixture

IMAGE = LogisticMixture.of_image(3)
LATENT = LogisticMixture.of_latent(2, 25, 3)


def some_params(mixture: LogisticMixture, spread: float, size: int = 2) -> torch.Tensor:
    generator = torch.Generator().manual_seed(7)
    params = torch.randn((1, mixture.outputs, size, size), generator=generator)
    part = mixture.channels * mixture.components
    params[:, part : 2 * part] = params[:, part : 2 * part] * spread + (mixture.low + mixture.high) / 2
    params[:, 2 * part : 3 * part] += math.log(spread / 8)
    return params


@pytest.mark.parametrize(("mixture", "spread"), [(LATENT, 0.6), (LATENT, 0.02)])
def test_probabilities_of_all_levels_sum_to_one(mixture: LogisticMixture, spread: float) -> None:
    params = some_params(mixture, spread)
    levels = torch.linspace(mixture.low, mixture.high, mixture.levels)
    total = sum(torch.exp(-mixture.nats(params, level.expand(1, mixture.channels, 2, 2))) for level in levels)
    torch.testing.assert_close(total, torch.ones(1, mixture.channels, 2, 2), rtol=1e-4, atol=1e-4)


def test_probabilities_of_blue_sum_to_one_whatever_red_and_green_are() -> None:
    params = some_params(IMAGE, 60.0)
    values = torch.tensor([200.0, 3.0, 0.0])[None, :, None, None].repeat(256, 1, 2, 2)
    values[:, 2] = torch.arange(256.0)[:, None, None]
    total = torch.exp(-IMAGE.nats(params.expand(256, -1, -1, -1), values))[:, 2].sum(0)
    torch.testing.assert_close(total, torch.ones(2, 2), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(("mixture", "spread"), [(IMAGE, 60.0), (LATENT, 0.6)])
def test_gradients_agree_with_finite_differences(mixture: LogisticMixture, spread: float) -> None:
    params = some_params(mixture, spread).requires_grad_()
    levels = torch.linspace(mixture.low, mixture.high, mixture.levels)
    values = levels[torch.tensor([0, mixture.levels - 1, mixture.levels // 2, 5])].reshape(1, 1, 2, 2)
    values = values.repeat(1, mixture.channels, 1, 1)
    torch.autograd.backward(mixture.nats(params, values).double().sum())
    with torch.no_grad():
        for at in range(0, params.numel(), 3):
            step = torch.zeros_like(params).flatten().index_fill(0, torch.tensor(at), 1e-2).reshape(params.shape)
            ahead, behind = (mixture.nats(params + s * step, values).double().sum() for s in (1, -1))
            assert float(params.grad.flatten()[at]) == pytest.approx(float(ahead - behind) / 2e-2, rel=0.02, abs=2e-3)  # type: ignore[union-attr]


def test_gradients_reach_the_targets_of_a_latent() -> None:
    values = torch.full((1, 2, 2, 2), 0.25, requires_grad=True)
    torch.autograd.backward(LATENT.nats(some_params(LATENT, 0.6), values).sum())
    assert float(values.grad.abs().min()) > 0  # type: ignore[union-attr]


def test_far_off_values_are_finite_and_still_pull() -> None:
    params = torch.zeros(1, IMAGE.outputs, 1, 1)
    params[:, 18:27] = -7.0  # log scales
    params[:, 27:] = -100.0  # coefficients: none
    params.requires_grad_()
    cost = IMAGE.nats(params, torch.full((1, 3, 1, 1), 180.0)).sum()
    torch.autograd.backward(cost)
    assert float(cost.detach()) == pytest.approx(-3 * math.log(1e-12), rel=1e-4)
    assert torch.isfinite(params.grad).all()  # type: ignore[arg-type]
    assert float(params.grad[0, 9:18].abs().sum()) > 1  # type: ignore[index]


@pytest.mark.parametrize("log_scale", [-100.0, -3.0, 6.9, 20.0, 100.0])
def test_any_scale_has_finite_costs_and_gradients(log_scale: float) -> None:
    params = torch.zeros(1, IMAGE.outputs, 1, 1)
    params[:, 18:27] = log_scale
    params.requires_grad_()
    for value in (0.0, 100.0, 255.0):
        cost = IMAGE.nats(params, torch.full((1, 3, 1, 1), value)).sum()
        (gradient,) = torch.autograd.grad(cost, params)
        assert bool(torch.isfinite(cost))
        assert bool(torch.isfinite(gradient).all())


def test_cost_is_float32_under_bfloat16_autocast() -> None:
    params, values = some_params(IMAGE, 60.0), torch.full((1, 3, 2, 2), 77.0)
    with torch.autocast("cpu", torch.bfloat16):
        torch.testing.assert_close(IMAGE.nats(params, values), IMAGE.nats(params, values))
        assert IMAGE.nats(params.bfloat16(), values).dtype == torch.float32


def test_cost_in_pieces_is_the_cost(monkeypatch: pytest.MonkeyPatch) -> None:
    params, values = some_params(IMAGE, 60.0, 9), torch.full((1, 3, 9, 9), 77.0)
    whole = IMAGE.nats(params, values)
    monkeypatch.setattr("l3c.published.mixture.PIECE", 20)
    with torch.no_grad():
        torch.testing.assert_close(IMAGE.nats(params, values), whole)


@pytest.mark.parametrize(("mixture", "spread"), [(IMAGE, 60.0), (LATENT, 0.6)])
def test_samples_have_the_distribution_that_is_costed(mixture: LogisticMixture, spread: float) -> None:
    """The mean cost of rounded samples is their entropy, which another draw has too."""
    params = some_params(mixture, spread, 1).expand(-1, -1, 100, 200)
    costs = []
    for seed in (1, 2):
        drawn = mixture.sample(params, torch.Generator().manual_seed(seed)).clamp(mixture.low, mixture.high)
        levels = torch.round((drawn - mixture.low) / mixture.step) * mixture.step + mixture.low
        costs.append(mixture.nats(params, levels).mean((0, 2, 3)))
    torch.testing.assert_close(costs[0], costs[1], rtol=0.02, atol=0.02)
    assert float(costs[0].max()) < math.log(mixture.levels) * 1.05


def test_sampling_is_repeatable() -> None:
    params = some_params(IMAGE, 60.0)
    first, again = (IMAGE.sample(params, torch.Generator().manual_seed(3)) for _ in range(2))
    assert torch.equal(first, again)


def joint_chroma() -> torch.Tensor:
    """Every component of green and blue means 100, by its own coefficient or by its own mean; red is 100."""
    logits = [[0.0, -50, -50], [-50.0, 0, 0], [-50.0, 0, 0]]
    means = [[100.0, 0, 0], [0.0, 0, 100], [0.0, 0, 100]]
    scales = [[-3.0] * 3] * 3
    coefficients = [[-90.0, 90, -90], [-90.0, -90, -90], [-90.0, 90, -90]]
    return torch.tensor([logits, means, scales, coefficients]).reshape(1, -1, 1, 1).expand(-1, -1, 40, 50)


def test_coefficients_are_those_of_the_component_that_they_move() -> None:
    drawn = IMAGE.sample(joint_chroma(), torch.Generator().manual_seed(1))
    assert float((drawn - 100).abs().max()) < 1


def test_integers_draw_the_same_way() -> None:
    a = Architecture(kind="rgb", components=3)
    units, offsets = (torch.from_numpy(values)[:, None, None] for values in parameter_units(a, 0, IMAGE.outputs))
    whole = torch.round(joint_chroma()[0] / units + offsets).int().numpy()
    drawn = draw(a, 0, whole, np.random.default_rng(1))
    assert abs(drawn - 100).max() <= 1
