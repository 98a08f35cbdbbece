"""A network with fewer units behind its cached features keeps those that count."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from l3c.errors import InputError
from l3c.training.restoring import Restore
from l3c.training.wave import narrow as module
from l3c.training.wave.narrow import main, narrowed
from l3c.training.wave.objective import gradient, initial_parameters, parameter_count
from l3c.training.wave.quantize import split
from l3c.training.wave.start import start
from l3c.wave.model_file import read_stored
from l3c.wave.presets import FOLDER
from tests.checks import COUPLED, smooth_picture
from tests.training.pictures import write_pictures

CROPS = [np.stack([smooth_picture(32, 64, 3)])]


def test_units_that_nothing_sees_are_left_out() -> None:
    """The cost is the very same without them."""
    wide = replace(COUPLED, hidden2=COUPLED.hidden2 + 8, hidden3=COUPLED.hidden3 + 4)
    parameters = initial_parameters(wide, 7)
    for layer, weights, _ in split(wide, parameters):
        if layer.name == "stage2.1":
            weights[:, 2:10] = 0
        elif layer.name.startswith("head") and layer.name.endswith(".0"):
            weights[:, 1:5] = 0
    narrow = narrowed(wide, parameters, COUPLED, CROPS)
    assert narrow.size == parameter_count(COUPLED)
    cost = gradient(wide, parameters, CROPS[0], False)[0]
    assert gradient(COUPLED, narrow, CROPS[0], False)[0] == pytest.approx(cost, rel=1e-5)


@pytest.mark.parametrize("changes", [{"hidden2": COUPLED.hidden2 + 4}, {"hidden3": COUPLED.hidden3 + 4}, {"head": 4}])
def test_only_narrower_networks_are_made(changes: dict[str, int]) -> None:
    with pytest.raises(InputError):
        narrowed(COUPLED, initial_parameters(COUPLED, 7), replace(COUPLED, **changes), CROPS)


def test_a_training_begins_with_what_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a model of the package: it still knows photographs."""
    monkeypatch.setattr(module, "BATCHES", 3)
    photographs = write_pictures(tmp_path / "photographs", 2, 140, 150)
    file, out = FOLDER / "rgb-8k.safetensors", tmp_path / "narrow.npz"
    own = read_stored(str(file)).network.architecture
    assert main([str(file), str(photographs), str(out), "--hidden2", "24", "--hidden3", "12"]) == 0
    begun = start(Restore(out, fresh=True), replace(own, hidden2=24, hidden3=12))
    cost = gradient(replace(own, hidden2=24, hidden3=12), begun, CROPS[0], False)[0]
    untrained = gradient(own, initial_parameters(own, 7), CROPS[0], False)[0]
    assert cost < untrained


@pytest.mark.parametrize(("hidden2", "said"), [("26", "multiple of 4"), ("36", "not larger")])
def test_widths_that_no_narrower_network_has_are_one_line(
    hidden2: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    photographs, out = write_pictures(tmp_path / "photographs", 1, 140, 150), tmp_path / "narrow.npz"
    model = str(FOLDER / "rgb-8k.safetensors")
    assert main([model, str(photographs), str(out), "--hidden2", hidden2, "--hidden3", "16"]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    assert said in lines[0]
    assert not out.exists()
