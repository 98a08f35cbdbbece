"""The wave network with `l3c train`: it learns, goes on exactly, starts from what there is, and becomes a model."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from l3c.cli import main
from l3c.training.checkpoints import read_state
from l3c.training.config_files import CONFIGS
from l3c.training.experiments import Experiment, list_experiments
from l3c.training.wave.objective import initial_parameters
from l3c.wave.files import read_model
from l3c.wave.presets import FOLDER, LEARNING
from tests.checks import SMALL, encode_tiled, smooth_picture
from tests.training.pictures import read_log, write_pictures
from tests.training.test_minutes import FakeClock

SMALL_WIDTHS = {"hidden1": 8, "cached": 8, "hidden2": 16, "hidden3": 12, "head": 8, "components": 3}
EVERY = ["--log-every", "10", "--validate-every", "20", "--save-every", "10"]


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_pictures(tmp_path_factory.mktemp("pictures"), 2, 70, 80)


@pytest.fixture(scope="module")
def arguments(pictures: Path) -> Callable[..., list[str]]:
    """For `l3c train`: the small network, batches of two crops of 32 pixels; more options behind the log folder."""

    def make(log_dir: Path, *more: str, **settings: object) -> list[str]:
        settings = {"train": pictures, "valid": pictures, "crop": 32, "warm_up": 5, **SMALL_WIDTHS, **settings}
        overrides = [text for key, value in settings.items() for text in ("-p", f"{key}={value}")]
        files = [str(CONFIGS / "model/wave.yaml"), str(CONFIGS / "data/small_crops.yaml")]
        return ["train", *files, str(log_dir), *overrides, *EVERY, *more]

    return make


def only_experiment(log_dir: Path) -> Experiment:
    (experiment,) = list_experiments(log_dir)
    return experiment


@pytest.fixture(scope="module")
def whole(arguments: Callable[..., list[str]], tmp_path_factory: pytest.TempPathFactory) -> Experiment:
    """Forty iterations, the last ten of them on the integers' grid."""
    log_dir = tmp_path_factory.mktemp("whole")
    assert main(arguments(log_dir, pixels=40 * 2048)) == 0
    return only_experiment(log_dir)


def parameters_of(experiment: Experiment) -> np.ndarray:
    found: np.ndarray = read_state(experiment.checkpoints.choose()[1])["parameters"].numpy()
    return found


def test_a_run_learns_and_leaves_its_records(whole: Experiment) -> None:
    costs = [entry for entry in read_log(whole.folder) if "train/bpsp" in entry]
    assert [(entry["iteration"], entry["pixels"]) for entry in costs] == [(i, i * 2048) for i in (10, 20, 30, 40)]
    assert [entry["quantized"] for entry in costs] == [0, 0, 1, 1]
    assert costs[2]["train/bpsp"] < costs[0]["train/bpsp"]
    assert costs[0]["speed/pixels"] > 0
    assert [entry["iteration"] for entry in read_log(whole.folder) if "val/bpsp" in entry] == [20, 40]
    assert list(whole.checkpoints.all()) == [0, 20, 30, 40]
    assert any(whole.folder.glob("events.out.tfevents*"))


def test_a_run_that_was_cut_ends_with_the_same_parameters(
    whole: Experiment, arguments: Callable[..., list[str]], tmp_path: Path
) -> None:
    """As if it had been killed after its save at iteration 20."""
    assert main(arguments(tmp_path, pixels=40 * 2048)) == 0
    cut = only_experiment(tmp_path)
    for iteration, path in cut.checkpoints.all().items():
        if iteration > 20:
            path.unlink()
    assert main(arguments(tmp_path, "--restore-continue", cut.name, pixels=40 * 2048)) == 0
    np.testing.assert_array_equal(parameters_of(cut), parameters_of(whole))
    logs = [[entry.get("train/bpsp") for entry in read_log(e.folder)] for e in (cut, whole)]
    assert logs[0] == logs[1]


def test_going_on_for_longer_and_restarting(
    whole: Experiment, arguments: Callable[..., list[str]], tmp_path: Path
) -> None:
    assert main(arguments(tmp_path / "a", "--restore", str(whole.folder), iterations=50)) == 0
    assert list(only_experiment(tmp_path / "a").checkpoints.all()) == [50]
    assert main(arguments(tmp_path / "b", "--restore-restart", str(whole.folder), iterations=10)) == 0
    first = [read_log(folder)[0] for folder in (only_experiment(tmp_path / "b").folder, whole.folder)]
    assert first[0]["iteration"] == 10
    assert first[0]["train/bpsp"] < first[1]["train/bpsp"]


def test_minutes_end_a_run_which_is_saved(
    arguments: Callable[..., list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("l3c.training.stopping.time", FakeClock(0.03))
    assert main(arguments(tmp_path, minutes=0.01)) == 0
    iteration, _ = only_experiment(tmp_path).checkpoints.choose()
    assert 0 < iteration <= 20  # of 0.6 seconds, of which every iteration takes one look at the clock or more


@pytest.mark.parametrize("learning", LEARNING)
def test_an_exported_network_learns_as_was_said(learning: str, whole: Experiment, tmp_path: Path) -> None:
    target = tmp_path / "mine.safetensors"
    assert main(["export", str(whole.folder), str(target), "--learning", learning]) == 0
    assert read_model(str(target)).learning == LEARNING[learning]
    assert main(["models", str(target)]) == 0


def test_commands_code_with_an_exported_experiment(
    whole: Experiment, pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["export", str(whole.folder), "weights/mine.safetensors"]) == 0
    assert read_model("weights/mine.safetensors").learning == LEARNING["everyday"]
    (picture, *_) = sorted(pictures.iterdir())
    for model in ("mine", "./weights/mine.safetensors"):
        assert main(["eval", model, str(pictures), "-m", "1", "--json", "eval.json", "-q"]) == 0
        assert main(["eval", model, str(pictures), "-m", "1", "-q", "--write", f"{len(model)}"]) == 0
        assert main(["encode", "-q", "-f", "-m", model, str(picture), "coded.l3c"]) == 0
        assert main(["decode", "-q", "-f", "coded.l3c", "back.png"]) == 0
        np.testing.assert_array_equal(np.asarray(Image.open("back.png")), np.asarray(Image.open(picture)))


def test_an_exported_experiment_codes_pictures(whole: Experiment, tmp_path: Path) -> None:
    target = tmp_path / "weights" / "mine.safetensors"
    assert main(["export", str(whole.folder), str(target)]) == 0
    model, picture = read_model(str(target)), smooth_picture(40, 50, 3)
    assert encode_tiled(picture, model)
    np.testing.assert_array_equal(model.decode(model.encode(picture), 40, 50), picture)


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (["export", "{}", "out.safetensors", "--fine-tune", "3"], "for the published networks"),
        (["export", "{}", "out.safetensors", "--learning", "slow"], "there is everyday, light, fast, archives, none"),
        (["eval", "{}", "pictures"], "l3c export"),
        (["sample", "{}", "pictures", "out"], "l3c export"),
    ],
)
def test_what_a_wave_experiment_cannot_do_is_said(
    whole: Experiment, pictures: Path, command: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    named = {"{}": str(whole.folder), "pictures": str(pictures)}
    assert main([named.get(word, word) for word in command]) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    ("more", "settings", "said"),
    [
        (["--device", "cuda"], {}, "finds no CUDA device"),
        (["--no-strict", "--restore-restart", "{}"], {}, "or none"),
        ([], {"schedule": "clock"}, "clock needs run.minutes"),
        (["-p", "quantise_from=1"], {}, "did you mean run.quantize_from"),
        (["--restore", "{}"], {"hidden2": 20}, "another network"),
        (["--restore-restart", "{}"], {"hidden2": 12}, "do not fit"),
        (["--restore-continue", str(FOLDER / "rgb-8k.safetensors")], {}, "is no experiment"),
    ],
)
def test_mistakes_are_explained(
    more: list[str],
    settings: dict[str, object],
    said: str,
    whole: Experiment,
    arguments: Callable[..., list[str]],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    given = [str(whole.folder) if word == "{}" else word for word in more]
    assert main(arguments(tmp_path, *given, iterations=1, **settings)) in (2, 4)
    assert said in capsys.readouterr().err


def test_a_file_of_weights_is_a_start(arguments: Callable[..., list[str]], tmp_path: Path) -> None:
    np.savez(tmp_path / "checkpoint.npz", parameters=initial_parameters(SMALL, 7))
    restart = ["--restore-restart", str(tmp_path / "checkpoint.npz")]
    assert main(arguments(tmp_path / "runs", *restart, iterations=1, learning_rate=0, final_rate=0)) == 0
    np.testing.assert_array_equal(parameters_of(only_experiment(tmp_path / "runs")), initial_parameters(SMALL, 7))


def test_a_gradient_that_is_not_finite_ends_the_run(
    arguments: Callable[..., list[str]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Its cost is finite: nothing else would tell."""

    def broken(_: object, parameters: np.ndarray, *__: object) -> tuple[float, np.ndarray]:
        return 1.0, np.full_like(parameters, np.nan)

    monkeypatch.setattr("l3c.training.wave.backends.gradient", broken)
    assert main(arguments(tmp_path, pixels=2048)) == 1
    assert "the gradient is not finite at iteration 1" in capsys.readouterr().err


def test_pytorch_trains_as_the_engine_does(
    whole: Experiment, arguments: Callable[..., list[str]], tmp_path: Path
) -> None:
    """The same crops, costs that are alike, and a run that goes on as if it had not been cut."""
    assert main(arguments(tmp_path, pixels=40 * 2048, backend="torch")) == 0
    twin = only_experiment(tmp_path)
    costs = [[entry["train/bpsp"] for entry in read_log(e.folder) if "train/bpsp" in entry] for e in (whole, twin)]
    assert costs[1][0] == pytest.approx(costs[0][0], rel=1e-3)
    assert costs[1] == pytest.approx(costs[0], rel=0.03)
    ended = parameters_of(twin)
    for iteration, path in twin.checkpoints.all().items():
        if iteration > 20:
            path.unlink()
    assert main(arguments(tmp_path, "--restore-continue", twin.name, pixels=40 * 2048, backend="torch")) == 0
    np.testing.assert_allclose(parameters_of(twin), ended, atol=1e-4)


@pytest.mark.parametrize("backend", ["engine", "torch"])
def test_a_run_by_the_clock_from_packed_pictures(
    backend: str,
    pictures: Path,
    arguments: Callable[..., list[str]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its averages are what is validated, kept as the best and exported; without gain it ends early, its rate at 0."""
    clock = FakeClock(0.05)
    for module in ("stopping", "intervals"):
        monkeypatch.setattr(f"l3c.training.{module}.time", clock)
    packed = str(tmp_path / "a.pack")
    assert main(["prepare", "pack", str(pictures), "-o", packed, "--min-size", "64", "-q"]) == 0
    by_clock = {"schedule": "clock", "minutes": 5, "patience": 0.2, "least_gain": 0.99}
    more = ["--validate-minutes", "0.05", "--save-minutes", "0.05"]
    settings = {"train": packed, "valid": packed, "ema_decay": 0.9, "backend": backend, **by_clock}
    assert main(arguments(tmp_path, *more, **settings)) == 0
    experiment = only_experiment(tmp_path)
    validations = [entry for entry in read_log(experiment.folder) if "val/bpsp" in entry]
    assert validations[0]["iteration"] == 0
    assert validations[-1]["time/minutes"] < 1
    rates = [entry["train/lr"] for entry in read_log(experiment.folder) if "train/lr" in entry]
    assert rates[-1] < 0.5 * max(rates)
    state = read_state(experiment.checkpoints.choose()[1])
    assert not np.array_equal(state["average"], state["parameters"])
    best = experiment.checkpoints.best()
    assert best
    assert best[0] == pytest.approx(min(entry["val/bpsp"] for entry in validations))
    target = tmp_path / "mine.safetensors"
    assert main(["export", str(experiment.folder), str(target), "-i", "best"]) == 0
    restart = ["--restore-restart", str(experiment.folder)]
    assert main(arguments(tmp_path / "more", *restart, iterations=1, learning_rate=0, final_rate=0)) == 0
    np.testing.assert_array_equal(parameters_of(only_experiment(tmp_path / "more")), state["average"])


def test_a_gradient_of_pytorch_that_is_not_finite_ends_the_run_at_its_report(
    arguments: Callable[..., list[str]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def broken(_: object, parameters: torch.Tensor, *__: object) -> tuple[torch.Tensor, torch.Tensor]:
        return torch.tensor(1.0), torch.full_like(parameters, torch.nan)

    monkeypatch.setattr("l3c.training.wave.backends.TorchBackend.gradient", broken)
    assert main(arguments(tmp_path, backend="torch")) == 1
    assert "the sum of the parameters is not finite at iteration 10" in capsys.readouterr().err
