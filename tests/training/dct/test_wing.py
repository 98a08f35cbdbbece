"""`l3c train jpeg` and `l3c export`, on a few small files."""

import json
from pathlib import Path

import numpy as np
import pytest

from l3c.cli import main
from l3c.dct.model import read_model
from l3c.training.dct.making import Maker, drawing, libjpeg_tables
from tests.dct.examples import picture, planes_of

WIDTHS = ["trunk1=8", "trunk2=8", "hidden=8", "head=4", "components=2"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("train", "valid", "pictures"):
        (tmp_path / name).mkdir()
    for quality in (60, 95):
        picture(40, 56, quality).save(tmp_path / "train" / f"{quality}.jpg", quality=quality)
    picture(32, 40).save(tmp_path / "valid" / "v.jpg", quality=85)
    picture(30, 30).convert("L").save(tmp_path / "valid" / "gray.jpg", quality=85)
    picture(60, 60).save(tmp_path / "pictures" / "p.png")
    return tmp_path


def train(folder: Path, *more: str) -> int:
    values = [f"{name}={folder / name}" for name in ("train", "valid", "pictures")]
    values += ["made=2", "files=2", "blocks=8", "valid_blocks=16", "iterations=6", *WIDTHS]
    overrides = [part for value in values for part in ("-p", value)]
    options = ["--log-every", "2", "--validate-every", "3", "--save-every", "3", *more]
    return main(["train", "jpeg", "jpeg_files", str(folder / "logs"), *overrides, *options])


def test_a_trained_model_codes(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert train(folder) == 0
    (experiment,) = (folder / "logs").iterdir()
    logged = [json.loads(line) for line in (experiment / "log.jsonl").read_text().splitlines()]
    assert {"train/luma", "train/chroma", "val/luma", "val/chroma"} <= {key for line in logged for key in line}
    assert main(["export", str(experiment), str(folder / "small.safetensors")]) == 0
    model = read_model(str(folder / "small.safetensors"))
    assert model.calibrated
    assert model.digest.hex()[:32] in capsys.readouterr().out
    planes = planes_of(picture(16, 16), 90)
    for plane, decoded in zip(planes, model.decode(model.encode(planes), planes), strict=True):
        assert np.array_equal(plane.coefficients, decoded)


def test_integers_are_as_small_as_wanted(folder: Path) -> None:
    assert train(folder, "-p", "weight_most=12", "-p", "quantize_from=0.5") == 0
    (experiment,) = (folder / "logs").iterdir()
    assert main(["export", str(experiment), str(folder / "s.safetensors"), "--learning", "none"]) == 0
    model = read_model(str(folder / "s.safetensors"))
    assert not model.calibrated
    for network in model.networks:
        layers = [*network.trunk, network.last, *(layer for head in network.heads for layer in head)]
        assert 6 < max(int(np.abs(layer.weights.astype(np.int64)).max()) for layer in layers) <= 12


def test_other_ways_of_learning_are_refused(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert train(folder) == 0
    (experiment,) = (folder / "logs").iterdir()
    assert main(["export", str(experiment), str(folder / "s.safetensors"), "--learning", "fast"]) != 0
    assert "everyday, none" in capsys.readouterr().err


def test_a_run_goes_on_where_it_was(folder: Path) -> None:
    assert train(folder, "-p", "iterations=3") == 0
    (experiment,) = (folder / "logs").iterdir()
    assert train(folder, "--restore-continue", str(experiment)) == 0
    lines = [json.loads(line)["iteration"] for line in (experiment / "log.jsonl").read_text().splitlines()]
    assert max(lines) == 6


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["-p", "hidden=7"], "network.hidden"),
        (["-p", "blocks=0"], "blocks"),
        (["-p", "weight_most=65"], "weight_most"),
        (["-p", "train=nowhere"], "nowhere: no JPEG files"),
        (["--device", "cuda"], "processor"),
        (["--save-minutes", "1"], "iterations"),
    ],
)
def test_mistakes_are_named(folder: Path, more: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert train(folder, *more) != 0
    assert said in capsys.readouterr().err


def test_files_are_made_of_all_kinds(folder: Path) -> None:
    maker = Maker([folder / "pictures" / "p.png"], sorted((folder / "train").iterdir()), 3)
    made = list(maker.files(12))
    assert len({name for name, _ in made}) == 12
    assert all(content.startswith(b"\xff\xd8") for _, content in made)
    again = Maker([folder / "pictures" / "p.png"], sorted((folder / "train").iterdir()), 3)
    assert [content for _, content in again.files(2)] == [content for _, content in made[:2]]


def test_drawings_and_tables() -> None:
    image = drawing(np.random.default_rng(1))
    assert min(image.size) >= 300
    assert libjpeg_tables(100)[0] == [1] * 64
