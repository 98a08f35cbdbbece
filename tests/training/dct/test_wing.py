"""`l3c train jpeg` and `l3c export`, on a few small files."""

import json
import os
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from l3c.cli import main
from l3c.dct.model import read_model
from l3c.dct.presets import FOLDER, PRESETS
from l3c.training import picture_files
from l3c.training.checkpoints import read_state, save_state
from l3c.training.dct.making import Maker, drawing, libjpeg_tables
from l3c.training.request import Request
from l3c.training.train import train as start
from tests.dct.examples import picture, planes_of

MODEL = FOLDER / PRESETS["jpeg-fast"].file
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


def settings_in(folder: Path) -> list[str]:
    values = [f"{name}={folder / name}" for name in ("train", "valid", "pictures")]
    return [*values, "made=2", "files=2", "blocks=8", "valid_blocks=16", "iterations=6", *WIDTHS]


def train(folder: Path, *more: str) -> int:
    overrides = [part for value in settings_in(folder) for part in ("-p", value)]
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
        (["--restore-restart", "jpeg"], "no experiment"),
        (["--restore-restart", str(MODEL)], "is a file of weights; such networks begin with an experiment"),
        (["--restore", str(MODEL)], "is no experiment that could go on\n"),
    ],
)
def test_mistakes_are_named(folder: Path, more: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert train(folder, *more) != 0
    assert said in capsys.readouterr().err


def gray(folder: Path, name: str) -> None:
    for path in (folder / name).iterdir():
        with Image.open(path) as image:
            copy = image.convert("L")
        copy.save(path)


def test_gray_files_alone_are_refused(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Chroma is trained too; a run must not look for it for ever."""
    gray(folder, "train")
    assert train(folder, "-p", "made=0") == 2
    assert f"{folder / 'train'}: all its JPEG files are gray" in capsys.readouterr().err


def test_chroma_of_made_files_is_enough(folder: Path) -> None:
    gray(folder, "train")
    gray(folder, "valid")
    assert train(folder, "-p", "real=1") == 0


@pytest.mark.parametrize("name", ["train", "valid"])
def test_folders_without_a_file_that_comes_back_are_named(
    name: str, folder: Path, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    for path in (folder / name).iterdir():
        path.write_bytes(path.read_bytes()[:30])
    (folder / name / "folder.jpg").mkdir()
    assert train(folder, "-p", "made=0", "-p", f"cache={folder / 'cache'}") == 2
    assert f"{folder / name}: no JPEG file of 1 or 3 components comes back" in capsys.readouterr().err
    assert f"skipped {folder / name}" in caplog.text
    assert not list((folder / "cache").glob(f"{name}-*/*"))


def copy_of(folder: Path, name: str) -> Path:
    """The same files elsewhere, and one more."""
    other = folder / "others"
    other.mkdir()
    for path in (folder / name).iterdir():
        (other / path.name).write_bytes(path.read_bytes())
    picture(24, 24).save(other / "more.jpg")
    return other


def cached(cache: Path) -> dict[str, int]:
    """Folders of the cache that have an index, and how many files each has."""
    return {path.parent.name: len(json.loads(path.read_text())["files"]) for path in cache.glob("*/index.json")}


def test_a_cache_knows_files_that_have_changed(folder: Path) -> None:
    """What others put there stays, and so do the coefficients of another folder's files."""
    cache = folder / "cache"
    settings = ["-p", f"cache={cache}", "-p", "iterations=1"]
    assert train(folder, *settings) == 0
    first = cached(cache)
    assert sorted(first.values()) == [2, 2, 2]
    assert train(folder, *settings, "-p", f"train={copy_of(folder, 'train')}") == 0
    both = cached(cache)
    assert first.items() <= both.items()
    assert sorted(count for name, count in both.items() if name.startswith("train")) == [2, 3]
    (ours,) = (name for name in first if name.startswith("train"))
    (cache / ours / "notes.txt").write_text("mine")
    (cache / "train-others").mkdir()
    os.utime(folder / "train" / "60.jpg", ns=(1, 1))
    assert train(folder, *settings) == 0
    after = cached(cache)
    assert ours not in after
    assert len(after) == len(both)
    assert [path.name for path in (cache / ours).iterdir()] == ["notes.txt"]
    assert (cache / "train-others").is_dir()


def test_settings_are_those_of_the_configuration(folder: Path) -> None:
    """The moments are the checkpoint's: they count the iterations of each network before and after."""
    assert train(folder, "-p", "iterations=3", "-p", "weight_decay=0.5") == 0
    (experiment,) = (folder / "logs").iterdir()
    assert train(folder, "--restore-continue", str(experiment), "-p", "weight_decay=0.25") == 0
    optimizers = read_state(max((experiment / "checkpoints").glob("*.pt")))["optimizers"]
    assert [group["weight_decay"] for saved in optimizers for group in saved["param_groups"]] == [0.25] * 2
    assert [{int(part["step"]) for part in saved["state"].values()} for saved in optimizers] == [{4}, {2}]


@pytest.mark.parametrize("board", [True, False])
def test_tensorboard_is_written_for_where_wanted(board: bool, folder: Path) -> None:
    request = Request("jpeg", "jpeg_files", folder / "logs", tuple(settings_in(folder)), options={"board": board})
    experiment = start(request)
    assert any(experiment.folder.glob("events.out.*")) == board


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("averages", None, "is a checkpoint of another network"),
        ("averages", [{}], "is a checkpoint of another network"),
        ("averages", [{"x": torch.zeros(1)}] * 2, "do not fit this network"),
        ("networks", None, "is a checkpoint of another network"),
        ("optimizers", None, "its optimizers are those of other networks"),
        ("optimizers", [{"state": {0: {"exp_avg": torch.zeros(1), "exp_avg_sq": torch.zeros(1)}}}] * 2, "optimizers"),
    ],
)
def test_checkpoints_of_other_networks_are_named(
    key: str, value: object, said: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert train(folder, "-p", "iterations=1") == 0
    (experiment,) = (folder / "logs").iterdir()
    path = max((experiment / "checkpoints").glob("*.pt"))
    state = read_state(path)
    state[key] = value
    save_state(path, {name: part for name, part in state.items() if part is not None})
    assert train(folder, "--restore", str(experiment)) == 4
    error = capsys.readouterr().err
    assert f"{path}: " in error
    assert said in error
    if key == "averages":
        assert main(["export", str(experiment), str(folder / "s.safetensors")]) == 4
        assert f"{path}: " in capsys.readouterr().err


def test_pictures_that_cannot_be_read_are_named_and_skipped(
    folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Damaged ones and large ones, with loss and without."""
    monkeypatch.setattr(picture_files, "PIXELS_MAX", 60 * 60)
    places = {name: folder / name for name in ("cut.png", "large.png", "cut.jpg", "no.jpg", "large.jpg")}
    for name, path in places.items():
        picture(70 if "large" in name else 50, 60).save(path)
        if "cut" in name:
            path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    places["no.jpg"].write_bytes(b"no picture")
    whole = {
        suffix: next((folder / name).glob(f"*{suffix}")) for suffix, name in ((".png", "pictures"), (".jpg", "train"))
    }
    of = {suffix: [whole[suffix], *(path for path in places.values() if path.suffix == suffix)] for suffix in whole}
    made = list(Maker(of[".png"], of[".jpg"], 3).files(60))
    assert len(made) == 60
    for path in places.values():
        assert f"skipped {path}" in caplog.text


def test_pictures_of_a_single_pixel_are_taken(folder: Path) -> None:
    picture(1, 1).save(folder / "one.png")
    assert len(list(Maker([folder / "one.png"], [], 5).files(80))) == 80


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
