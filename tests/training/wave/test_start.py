"""Parameters that a training begins with: of weight files and of former checkpoints, without and with the fit."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from l3c.errors import ModelError
from l3c.training.restoring import Restore
from l3c.training.wave.objective import gradient, initial_parameters
from l3c.training.wave.quantize import split
from l3c.training.wave.start import start, widened
from l3c.wave.model_file import read_stored
from l3c.wave.presets import FOLDER
from tests.checks import COUPLED, FITTED, SMALL, smooth_picture


@pytest.mark.parametrize("name", ["rgb-8k", "rgb-82k-coupled"])
def test_a_weight_file_is_a_start(name: str) -> None:
    """What its integers stand for, to be rounded to the same costs again; inputs it lacks count nothing."""
    file = FOLDER / f"{name}.safetensors"
    own = read_stored(str(file)).network.architecture
    crop = np.stack([smooth_picture(32, 64, 3)])
    costs = [
        gradient(a, start(Restore(file, fresh=True), a), crop, quantized)[0]
        for a in {own, replace(own, fitted=12)}
        for quantized in (False, True)
    ]
    assert max(costs) < 1.05 * min(costs)
    if own.fitted == 0:
        assert costs[0] == pytest.approx(costs[2], rel=1e-5)


def test_a_fitted_network_goes_on_as_a_coupled_one(tmp_path: Path) -> None:
    """Its fits are then of other things, and it predicts nearly the same."""
    parameters = initial_parameters(FITTED, 7)
    np.savez(tmp_path / "checkpoint.npz", parameters=parameters)
    crop = np.stack([smooth_picture(64, 64, 3)])
    coupled = gradient(COUPLED, start(Restore(tmp_path / "checkpoint.npz", fresh=True), COUPLED), crop, False)[0]
    assert coupled == pytest.approx(gradient(FITTED, parameters, crop, False)[0], rel=0.02)


def test_a_former_checkpoint_is_a_start(tmp_path: Path) -> None:
    parameters = initial_parameters(SMALL, 7)
    np.savez(tmp_path / "checkpoint.npz", parameters=parameters, step=3)
    restore = Restore(tmp_path / "checkpoint.npz", fresh=True)
    np.testing.assert_array_equal(start(restore, SMALL), parameters)
    crop = np.stack([smooth_picture(32, 32, 3)])
    wider = gradient(FITTED, start(restore, FITTED), crop, False)[0]
    assert wider == pytest.approx(gradient(SMALL, parameters, crop, False)[0], rel=1e-5)


@pytest.mark.parametrize("quantized", [False, True])
def test_a_wider_network_costs_the_same_and_learns_with_all_units(quantized: bool) -> None:
    """New units see their inputs, and nothing sees them yet: the weights behind them have gradients."""
    wide = replace(COUPLED, hidden1=16, cached=12, hidden2=24, hidden3=16, head=12)
    parameters, crop = initial_parameters(COUPLED, 7), np.stack([smooth_picture(32, 64, 3)])
    begun = widened(COUPLED, parameters, wide, 3)
    cost, slope = gradient(wide, begun, crop, quantized)
    assert cost == pytest.approx(gradient(COUPLED, parameters, crop, quantized)[0], rel=1e-6)
    for (layer, _, _), (_, weights, _) in zip(split(COUPLED, parameters), split(wide, slope), strict=True):
        new = weights[: layer.outputs, layer.inputs :]
        assert layer.name == "stage1.0" or np.count_nonzero(new) > 0.5 * new.size


def test_a_file_of_a_narrower_network_is_a_start() -> None:
    file = FOLDER / "rgb-8k.safetensors"
    own = read_stored(str(file)).network.architecture
    wide, crop = replace(own, hidden2=48, coupled=1, fitted=12), np.stack([smooth_picture(32, 64, 3)])
    costs = [gradient(a, start(Restore(file, fresh=True), a), crop, False)[0] for a in (own, wide)]
    assert costs[0] == pytest.approx(costs[1], rel=1e-5)
    with pytest.raises(ModelError, match="do not fit"):
        start(Restore(FOLDER / "rgb-82k-coupled.safetensors", fresh=True), wide)


def test_what_does_not_fit_is_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "other.npz", weights=np.zeros(3))
    (tmp_path / "damaged.npz").write_bytes(b"nothing of the kind")
    for file in (tmp_path / "other.npz", tmp_path / "damaged.npz"):
        with pytest.raises(ModelError, match="not a checkpoint of the wave network"):
            start(Restore(file, fresh=True), SMALL)
    with pytest.raises(ModelError, match="do not fit"):
        start(Restore(FOLDER / "gray-22k.safetensors", fresh=True), SMALL)
