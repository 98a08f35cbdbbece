"""The float form of a model: what is stored, how it is found, and that commands take a model's name."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from l3c.cli import main
from l3c.codec.models import describe_file
from l3c.errors import InputError, ModelError
from l3c.models.search_path import VARIABLE
from l3c.published import models
from l3c.published.dequantize import FIRST_CONVOLUTION, SECOND_CONVOLUTION, float_state_of
from l3c.published.export import export_layers
from l3c.published.float_state import find_float, listing, read_float, write_float
from l3c.published.network import make_network
from l3c.training.checkpoints import Policy, read_state
from l3c.training.config_files import config_from
from l3c.training.evaluation.costs import Settings
from l3c.training.evaluation.probabilities import cost_of
from l3c.training.experiments import Experiment, create_experiment, list_experiments
from l3c.training.published.loading import find_trained
from l3c.wave.presets import FOLDER
from tests.published.integer import ARCHITECTURES, exported, picture, plausible_state
from tests.training.pictures import losses, train_arguments, write_pictures

pytestmark = pytest.mark.usefixtures("one_thread")

A = ARCHITECTURES["l3c"]


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_pictures(tmp_path_factory.mktemp("pictures"), 3)


@pytest.fixture(scope="module")
def state() -> dict[str, torch.Tensor]:
    torch.manual_seed(3)
    return plausible_state(A)


@pytest.fixture
def experiment(state: dict[str, torch.Tensor], tmp_path: Path) -> Experiment:
    made = create_experiment(tmp_path / "runs", ["l3c"], config_from({"network": vars(A)}, "test"))
    made.checkpoints.save(7, {"network": state, "iteration": 7}, Policy(), permanent=True)
    return made


@pytest.fixture
def both(experiment: Experiment, pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Current folder with weights/tiny.safetensors and its float form, by `l3c export`."""
    monkeypatch.chdir(tmp_path)
    assert main(["export", str(experiment.folder), "weights/tiny.safetensors", "--images", str(pictures)]) == 0
    return tmp_path


def test_the_state_survives_but_for_the_lower_bits_of_large_tensors(
    state: dict[str, torch.Tensor], tmp_path: Path
) -> None:
    path = tmp_path / "tiny-float.safetensors"
    digest = write_float(path, A, state, 7, "00ff")
    found = read_float(str(path))
    assert (found.architecture, found.iteration, found.model) == (A, 7, "00ff")
    assert found.state.keys() == state.keys()
    for key, value in state.items():
        exact = value.numel() <= 1024
        assert torch.equal(found.state[key], value if exact else value.bfloat16().float())
        assert found.state[key].dtype == torch.float32
    assert torch.equal(found.state["nets.0.enc.levels"], torch.linspace(-1, 1, 25))
    assert describe_file(str(path)).digest == digest == write_float(path, A, state, 7, "00ff")
    size = sum(value.numel() * (4 if value.numel() <= 1024 else 2) for value in state.values())
    assert size < path.stat().st_size < size + 150 * len(state)


def test_it_costs_little_more_than_the_network_it_came_from(state: dict[str, torch.Tensor], tmp_path: Path) -> None:
    image = 112 + picture(48, 64) // 8
    write_float(tmp_path / "tiny-float.safetensors", A, state)
    rounded = find_trained(str(tmp_path / "tiny-float.safetensors"), tmp_path).network
    network = make_network(A).eval()
    network.load_state_dict(state)
    costs = [sum(cost_of(n, image, Settings())) for n in (network, rounded)]
    assert costs[0] == pytest.approx(costs[1], rel=0.01)


def test_export_writes_both_forms(
    experiment: Experiment, pictures: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    integers, floats = tmp_path / "tiny.safetensors", tmp_path / "tiny-float.safetensors"
    export = ["export", str(experiment.folder), str(integers), "--images", str(pictures)]
    assert main([*export, "--integers-only"]) == 0
    assert not floats.exists()
    capsys.readouterr()
    assert main(export) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith(f"{integers}: iteration 7, digest ")
    assert lines[1] == f"{floats}: its float form, digest {describe_file(str(floats)).digest[:32]}"
    assert read_float(str(floats)).model == models.read_stored(str(integers)).digest


def test_a_name_finds_the_form_beside_the_integers(
    both: Path, state: dict[str, torch.Tensor], monkeypatch: pytest.MonkeyPatch
) -> None:
    beside = "weights/tiny-float.safetensors"
    for name in ("tiny", "weights/tiny", "weights/tiny.safetensors", "tiny-float", beside):
        assert find_float(name) == beside, name
    write_float(both / "other" / "tiny-float.safetensors", A, state)
    monkeypatch.setenv(VARIABLE, str(both / "other"))
    assert find_float("tiny") == beside
    assert [row[0] for row in listing()] == ["tiny-float", "tiny-float"]
    Path("weights/tiny.safetensors").unlink()
    assert find_float("tiny") == str(both / "other" / "tiny-float.safetensors")
    assert find_float("tinier") is find_float("wave") is find_float("weights/absent.safetensors") is None


def test_sampling_takes_the_name_of_a_model(both: Path, pictures: Path) -> None:
    common = ["--device", "cpu", "-m", "1", "--log-dir", "none"]
    assert main(["sample", "tiny", str(pictures), "samples", *common]) == 0
    assert (both / "samples" / "tiny" / "contact_sheet.png").is_file()
    assert main(["sample", "./weights/tiny.safetensors", str(pictures), "samples", *common]) == 2  # exists already


def test_evaluation_takes_the_name_of_a_model_scale_by_scale(
    both: Path, pictures: Path, experiment: Experiment, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = [str(pictures), "--device", "cpu", "--json", "r.json"]
    results = []
    for subject in (["tiny", "--float"], [str(experiment.folder)]):
        assert main(["eval", subject[0], *arguments, *subject[1:]]) == 0
        results += json.loads(Path("r.json").read_text())
    assert results[0]["experiment"] == "tiny, float"
    assert results[0]["iteration"] == 7
    np.testing.assert_allclose(results[0]["scales"], results[1]["scales"], rtol=0.02)
    assert len(results[0]["scales"]) == 4
    assert main(["eval", "wave", *arguments, "--float"]) == ModelError.exit_code
    assert "wave: is a wave model, which has no float form" in capsys.readouterr().err
    assert main(["eval", "tiny", *arguments, "--float", "--history"]) == InputError.exit_code


def test_a_training_begins_with_a_model_by_name(both: Path, pictures: Path) -> None:
    sizes = ["-p", "features=8", "-p", "blocks=1", "-p", "iterations=1"]
    more = [*sizes, "-p", "learning_rate=0", "--restore-restart", "tiny"]
    assert main(train_arguments(pictures, both / "new", *more)) == 0
    (run,) = list_experiments(both / "new")
    assert list(losses(run.folder)) == [1]
    begun, stored = read_state(run.checkpoints.all()[0]), read_float("weights/tiny-float.safetensors")
    assert all(torch.equal(begun["network"][key], value) for key, value in stored.state.items())


@pytest.mark.parametrize("option", ["--restore", "--restore-continue"])
def test_a_run_cannot_go_on_from_a_model(option: str, both: Path, pictures: Path) -> None:
    assert main(train_arguments(pictures, both / "new", option, "tiny")) == InputError.exit_code


def test_integers_alone_are_turned_back(
    both: Path, pictures: Path, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    common = [str(pictures), "--device", "cpu", "--json", "r.json", "-q", "--float"]
    results = []
    for _ in range(2):
        assert main(["eval", "tiny", *common]) == 0
        results += json.loads(Path("r.json").read_text())
        Path("weights/tiny-float.safetensors").unlink(missing_ok=True)
    assert "tiny.safetensors: its float form is not here; the weights are those of its integers" in caplog.text
    assert [result["iteration"] for result in results] == [7, None]
    np.testing.assert_allclose(results[0]["scales"], results[1]["scales"], rtol=0.02)
    for name in ("tiny", "weights/tiny.safetensors"):
        assert find_float(name) == "weights/tiny.safetensors"
    assert main(["sample", "tiny", str(pictures), "samples", "--device", "cpu", "-m", "1"]) == 0
    sizes = ["-p", "features=8", "-p", "blocks=1", "-p", "iterations=1"]
    assert main(train_arguments(pictures, both / "new", *sizes, "--restore-restart", "tiny")) == 0
    assert main(["sample", "tiniest", str(pictures), "samples", "--log-dir", "none"]) == InputError.exit_code
    capsys.readouterr()
    assert main(["sample", "wave", str(pictures), "samples", "--log-dir", "none"]) == ModelError.exit_code


@pytest.mark.parametrize("kind", ARCHITECTURES)
def test_integers_turned_back_cost_what_their_network_does(kind: str) -> None:
    a = ARCHITECTURES[kind]
    state = float_state_of(a, exported(kind))
    image = 112 + picture(64, 80) // 8
    networks = [make_network(a).eval() for _ in range(2)]
    torch.manual_seed(0)
    networks[0].load_state_dict(plausible_state(a))
    networks[1].load_state_dict(state)
    costs = [cost_of(network, image, Settings()) for network in networks]
    np.testing.assert_allclose(costs[0], costs[1], rtol=0.02)
    for block in (key.removesuffix(FIRST_CONVOLUTION) for key in state if key.endswith(FIRST_CONVOLUTION)):
        written = state[block + FIRST_CONVOLUTION].flatten(1).norm(dim=1)
        read = state[block + SECOND_CONVOLUTION].transpose(0, 1).flatten(1).norm(dim=1)
        torch.testing.assert_close(written, read, rtol=1e-3, atol=1e-6)
    again = export_layers(a, state, [picture(40, 48), picture(33, 20, 1)])
    assert [layer.weight.shape for layer in again] == [layer.weight.shape for layer in exported(kind)]


def test_damage_is_named(both: Path, tmp_path: Path) -> None:
    path = Path("weights/tiny-float.safetensors")
    whole = path.read_bytes()
    for damaged in (whole[:-3] + b"abc", whole[:-5], whole.replace(b'"blocks', b'"blokcs'), b"", whole[:40]):
        path.write_bytes(damaged)
        assert describe_file(str(path)).problem.startswith(str(path))
        with pytest.raises(ModelError, match=r"tiny-float\.safetensors"):
            read_float(str(path))
    with pytest.raises(ModelError, match="expected 'l3c-published-float-1'"):
        read_float(str(FOLDER / "gray-22k.safetensors"))
    with pytest.raises(InputError, match=r"lin\.bias has values that are not finite"):
        write_float(path, A, {"prob_clfs.0.atrous.lin.bias": torch.tensor([torch.nan])})
