"""Runs whose cost rises beyond recovery go back to an earlier state."""

from pathlib import Path

import pytest
import torch
from torch import nn

from l3c.cli import main
from l3c.errors import InputError
from l3c.training.published.config import Optimizer
from l3c.training.published.mean_cost import MeanCost
from l3c.training.published.rewinding import SLOWER, Rewinder
from tests.training.pictures import train_arguments, write_pictures


def step(network: nn.Module, optimizer: torch.optim.Optimizer) -> None:
    optimizer.zero_grad()
    network(torch.ones(2, 3)).sum().backward()
    optimizer.step()


def state_of(
    network: nn.Module, optimizer: torch.optim.Optimizer, averages: dict[str, torch.Tensor]
) -> list[torch.Tensor]:
    moments = [value for state in optimizer.state.values() for value in state.values()]
    return [value.clone() for value in (*network.state_dict().values(), *moments, *averages.values())]


def test_a_lost_run_goes_back_to_the_report_before_the_last_healthy_one() -> None:
    network = nn.Linear(3, 2)
    optimizer = torch.optim.AdamW(network.parameters())
    averages = {key: value.clone() for key, value in network.state_dict().items()}
    rewinder = Rewinder(network, optimizer, 1.5)
    kept = []
    for cost in (5.5, 4.5, 4.5):
        step(network, optimizer)
        averages["bias"] += 1
        assert not rewinder.look(cost, averages)
        kept.append(state_of(network, optimizer, averages))
    step(network, optimizer)
    averages["bias"] += 1
    assert rewinder.look(100.0, averages)
    now = state_of(network, optimizer, averages)
    assert all(torch.equal(a, b) for a, b in zip(now, kept[1], strict=True))
    assert (rewinder.scale, rewinder.times) == (SLOWER, 1)
    step(network, optimizer)
    assert rewinder.look(90.0, averages)
    assert rewinder.scale == SLOWER**2
    assert Rewinder(network, optimizer, 1.5, rewinder.scale).scale == SLOWER**2
    assert all(torch.equal(a, b) for a, b in zip(state_of(network, optimizer, averages), kept[1], strict=True))


def test_costs_are_means_of_the_finite_ones() -> None:
    costs = MeanCost()
    assert costs.take() is None
    lost = [float("nan")] * 3  # the mean is that of the other steps: a lower one would make every later step seem lost
    for found, wanted in (([4.0, 6.0], 5.0), ([4.0, *lost], 4.0), (lost, None), ([4.0, float("inf")], 4.0)):
        for cost in found:
            costs.add(torch.tensor([cost - 1, 1.0]))
        mean = costs.take()
        assert mean is None if wanted is None else mean is not None and mean.tolist() == [wanted - 1, 1.0]


def test_a_training_goes_back_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    costs = iter([5.0, 4.0, 50.0, 4.0, 4.0, 4.0])
    monkeypatch.setattr(MeanCost, "take", lambda self: torch.tensor([next(costs), 0.0]))
    pictures = write_pictures(tmp_path / "pictures")
    assert main(train_arguments(pictures, tmp_path / "runs", "-p", "rewind=1.5", "-p", "iterations=6")) == 0
    assert (
        "50.00 bits per sub-pixel before iteration 3: the run goes back to an earlier state, at 0.5 of" in caplog.text
    )


@pytest.mark.parametrize("factor", [1.0, 0.5, float("nan")])
def test_factors_above_one_only(factor: float) -> None:
    with pytest.raises(InputError, match=r"optimizer\.rewind"):
        Optimizer(rewind=factor)
