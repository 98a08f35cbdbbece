"""The tutorial: a network of one's own is trained, evaluated, sampled and exported, and codes alike everywhere."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from l3c.cli import main
from l3c.errors import InputError
from l3c.models.cache import Loaded
from l3c.published import models
from l3c.published.architecture import Architecture
from l3c.published.network import make_network
from l3c.published.own import find_class
from l3c.published.runtimes import VARIABLE
from l3c.training.experiments import list_experiments
from tests.house.sources import ROOT
from tests.training.pictures import read_log, write_pictures

EXAMPLES = ROOT / "examples"
STEPS = ("iterations=40", "minutes=null", "schedule=half_cosine", "warm_up=4")
"""Instead of the tutorial's minute: what comes out depends on no clock."""


@pytest.mark.usefixtures("one_thread")
def test_the_tutorial(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    for file in ("own_network.py", "own_network.yaml"):
        shutil.copy(EXAMPLES / file, tmp_path)
    monkeypatch.chdir(tmp_path)
    write_pictures(tmp_path / "photographs", 4, 64, 64)
    settings = ["train=photographs", "valid=photographs", "crop=32", "batch=4", "valid_batch=2", "valid_batches=2"]
    overrides = [text for setting in (*settings, *STEPS) for text in ("-p", setting)]
    quick = ["-W", "0", "--device", "cpu", "--log-every", "10", "--validate-every", "40"]
    assert main(["train", "own_network.yaml", "folder", "runs", *overrides, *quick]) == 0
    costs = [
        entry["train/bpsp"] for entry in read_log(list_experiments(Path("runs"))[0].folder) if "train/bpsp" in entry
    ]
    assert costs[-1] < costs[0]
    name = list_experiments(Path("runs"))[0].name.split(" ")[0]
    assert main(["eval", name, "photographs", "--log-dir", "runs", "--device", "cpu", "--json", "eval.json", "-q"]) == 0
    (cost,) = json.loads(Path("eval.json").read_text())
    assert main(["sample", name, "photographs", "samples", "--log-dir", "runs", "--device", "cpu", "-m", "1"]) == 0
    assert main(["export", name, "weights/mine.safetensors", "--log-dir", "runs", "--fine-tune", "2"]) == 0
    sizes = set()
    for runtime in ("numpy", "torch", "onnx"):
        monkeypatch.setenv(VARIABLE, runtime)
        monkeypatch.setattr(models, "_loaded", Loaded())
        assert main(["eval", "mine", "photographs", "-q", "--write", runtime, "--json", "files.json"]) == 0
        (files,) = json.loads(Path("files.json").read_text())
        assert files["bpsp"] < 1.05 * cost["bpsp"] + 8 * 180 / (64 * 64 * 3)
        sizes.add(tuple(path.read_bytes() for path in sorted(Path(runtime).glob("*.l3c"))))
    assert len(sizes) == 1
    monkeypatch.setenv(VARIABLE, "definition")
    assert main(["decode", "-q", "onnx/0.png.l3c", "0.png"]) == 0
    assert np.array_equal(np.asarray(Image.open("0.png")), np.asarray(Image.open("photographs/0.png")))
    capsys.readouterr()
    assert main(["models", "weights/mine.safetensors"]) == 0
    assert capsys.readouterr().out.split()[:2] == ["mine", "RGB"]


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("no_such_package.own:Network", "no_such_package.own cannot be imported: ModuleNotFoundError"),
        ("l3c.published.network:Nothing", "module l3c.published.network has no Nothing"),
        ("l3c.published.network:Scales", "is no subclass of l3c.published.network.Published"),
        ("broken_network:Network", "broken_network cannot be imported: ZeroDivisionError: division by zero"),
    ],
)
def test_what_is_no_network_is_named(kind: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "broken_network.py").write_text("1 / 0\n")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=message):
        make_network(Architecture(kind=kind))


@pytest.mark.parametrize("kind", ["l4c", "graph", "os", "a b:c", "package:", ":Class", "__import__('os'):x"])
def test_kinds_that_are_none_are_refused(kind: str) -> None:
    with pytest.raises(InputError, match=r"is none of l3c, rgb, rgb-shared, nor package\.module:Class"):
        Architecture(kind=kind)


def test_the_published_networks_are_found_as_classes() -> None:
    assert find_class("l3c.published.network:Pyramid").__name__ == "Pyramid"
    assert not Architecture(kind="l3c.published.network:Pyramid").learned
    assert Architecture(kind="l3c.published.network:L3C").learned
