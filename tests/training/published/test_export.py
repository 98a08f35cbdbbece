"""The whole way through the commands: train, evaluate, sample, export, encode, decode."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from l3c.cli import main
from l3c.training.checkpoints import Policy
from l3c.training.config_files import config_from
from l3c.training.experiments import create_experiment, list_experiments
from tests.house.test_imports import loaded_by
from tests.published.integer import ARCHITECTURES, picture, plausible_state
from tests.training.pictures import train_arguments, write_pictures

SETTINGS = {
    "l3c": ["-p", "channels_last"],
    "rgb": ["-p", "kind=rgb"],
    "rgb-shared": ["-p", "kind=rgb-shared", "-p", "scales=1"],
}


def pale_pictures(folder: Path, count: int, height: int = 60, width: int = 50) -> Path:
    """Pictures that an untrained network codes in fewer bytes than they have."""
    folder.mkdir()
    for seed in range(count):
        Image.fromarray(112 + picture(height, width, seed) // 8).save(folder / f"{seed}.png")
    return folder


@pytest.mark.parametrize("kind", SETTINGS)
def test_from_pictures_to_files(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    pictures = write_pictures(tmp_path / "pictures", 4, 48, 48)
    settings = ["-p", "iterations=30", "-p", "spread", *SETTINGS[kind]]
    assert main(train_arguments(pictures, tmp_path / "runs", *settings)) == 0
    name = list_experiments(tmp_path / "runs")[0].name.split(" ")[0]
    common = ["--log-dir", "runs", "--device", "cpu", "-m", "2"]
    assert main(["eval", name, "pictures", *common, "--json", "eval.json", "-q"]) == 0
    assert main(["sample", name, "pictures", "samples", *common]) == 0
    assert main(["export", name, f"weights/mine-{kind}.safetensors", "--log-dir", "runs"]) == 0
    assert main(["eval", f"mine-{kind}", "pictures", *common[2:], "--json", "files.json", "-q", "--write", "out"]) == 0
    (cost,), (size,) = (json.loads(Path(file).read_text()) for file in ("eval.json", "files.json"))
    assert 0 < size["bpsp"] < 1.05 * cost["bpsp"] + 8 * 180 / (48 * 48 * 3)
    assert main(["decode", "-q", "out/0.png.l3c", "0.png"]) == 0
    assert main(["encode", "-q", "-m", f"mine-{kind}", "pictures/1.png", "1.l3c"]) == 0
    assert main(["info", "1.l3c"]) == 0
    assert f"mine-{kind}" in capsys.readouterr().out
    assert main(["decode", "-q", "1.l3c", "back.png"]) == 0
    assert np.array_equal(np.asarray(Image.open("back.png")), np.asarray(Image.open("pictures/1.png")))


def test_fine_tuning_writes_another_network(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    images = write_pictures(tmp_path / "images", 3, 140, 140)
    experiment = untrained("rgb-shared", tmp_path / "runs")
    arguments = ["export", experiment, str(tmp_path / "plain.safetensors"), "--images", str(images)]
    assert main(arguments) == 0
    arguments[2] = str(tmp_path / "tuned.safetensors")
    assert main([*arguments, "--fine-tune", "2", "--learning-rate", "1e-3"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in lines[2:4]] == ["fine-tuning 1", "fine-tuning 2"]
    assert lines[0].split()[-1] != lines[4].split()[-1]


def untrained(kind: str, runs: Path) -> str:
    """Folder of an experiment whose weights are made up."""
    a = ARCHITECTURES[kind]
    experiment = create_experiment(runs, [kind], config_from({"network": vars(a)}, "test"))
    experiment.checkpoints.save(5, {"network": plausible_state(a), "iteration": 5}, Policy(), permanent=True)
    return str(experiment.folder)


@pytest.mark.parametrize("kind", ARCHITECTURES)
def test_files_are_near_theory(kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    images, out = pale_pictures(tmp_path / "images", 2, 176, 112), tmp_path / "out"
    experiment = untrained(kind, tmp_path / "runs")
    arguments = ["eval", experiment, str(images), "--write", str(out), "--compare-theory", "--device", "cpu"]
    assert main([*arguments, "--report", str(tmp_path / "times.json")]) == 2
    assert "name a folder with --images" in capsys.readouterr().err
    arguments += ["--images", str(images), "--report", str(tmp_path / "times.json")]
    assert main(arguments) == 0
    lines = capsys.readouterr().out.splitlines()
    rows = [line.split() for line in lines if line.startswith("  whole file")]
    assert len(rows) == 2
    for number, (_, _, loss, theory, size, excess) in enumerate(rows):
        assert int(size.replace(",", "")) == (out / f"{number}.png.l3c").stat().st_size
        assert 0 < float(excess.strip("%")) < 0.5
        assert abs(int(loss.replace(",", "")) / int(theory.replace(",", "")) - 1) < 0.03
    times = json.loads((tmp_path / "times.json").read_text())
    assert list(times["seconds"]) == ["network", "coder", "encode", "decode"]
    assert times["pictures"] == 1
    assert times["seconds"]["encode"] == pytest.approx(times["seconds"]["network"] + times["seconds"]["coder"])
    assert main(arguments) == 2
    assert "exists already" in capsys.readouterr().err


def test_files_of_several_models_have_folders_of_their_own(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    images = pale_pictures(tmp_path / "images", 1)
    arguments = ["eval", "wave,wave-fast", str(images), "--write", str(tmp_path / "out"), "-n", "A,B"]
    assert main(arguments) == 0
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"wave images_1", "wave-fast images_1"}
    out = capsys.readouterr().out
    assert "A (wave)" in out
    assert "; encode " in out


def test_models_need_no_training_packages(tmp_path: Path) -> None:
    images = pale_pictures(tmp_path / "images", 1)
    arguments = ["eval", "wave-fast", str(images), "--csv", str(tmp_path / "r.csv")]
    assert not {"torch", "yaml"} & loaded_by(f"from l3c.cli import main; assert main({arguments}) == 0")
    assert len((tmp_path / "r.csv").read_text().splitlines()) == 2


@pytest.mark.parametrize("options", [["--compare-theory"], ["--write", "out", "--recursive", "1"]])
def test_what_does_not_go_together_is_refused(options: list[str], tmp_path: Path) -> None:
    images = pale_pictures(tmp_path / "images", 1)
    assert main(["eval", "wave-fast", str(images), *options]) == 2


def test_the_target_must_be_a_model_file(tmp_path: Path) -> None:
    assert main(["export", "x", str(tmp_path / "out.bin")]) == 2
