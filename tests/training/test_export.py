"""From an experiment folder to a coded file, through the commands."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from l3c.cli import main
from l3c.training.checkpoints import Policy
from l3c.training.config import Config, config_from
from l3c.training.experiments import create_experiment
from tests.published.integer import ARCHITECTURES, picture, plausible_state


@pytest.mark.parametrize("kind", list(ARCHITECTURES))
def test_export_encode_decode(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    a = ARCHITECTURES[kind]
    config: Config = config_from({"network": vars(a)}, "test")
    experiment = create_experiment(tmp_path / "runs", [kind], config)
    experiment.checkpoints.save(5, {"network": plausible_state(a), "iteration": 5}, Policy(), keep=True)
    images = tmp_path / "images"
    images.mkdir()
    for seed in range(3):
        Image.fromarray(picture(60, 50, seed)).save(images / f"{seed}.png")
    monkeypatch.chdir(tmp_path)
    arguments = ["export", str(experiment.folder), f"weights/mine-{kind}.safetensors"]
    assert main(arguments) == 2
    assert main([*arguments, "--images", str(images)]) == 0
    assert main(["models"]) == 0
    assert f"mine-{kind}" in capsys.readouterr().out
    pale = 112 + picture(45, 61) // 8
    Image.fromarray(pale).save("pale.png")
    assert main(["encode", "-q", "-m", f"mine-{kind}", "pale.png", "pale.l3c"]) == 0
    assert main(["decode", "-q", "pale.l3c", "back.png"]) == 0
    assert np.array_equal(np.asarray(Image.open("back.png")), pale)


def test_the_target_must_be_a_model_file(tmp_path: Path) -> None:
    assert main(["export", "x", str(tmp_path / "out.bin")]) == 2
