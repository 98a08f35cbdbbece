"""Checkpoints are written whole, and what is wrong with one is said with its name."""

from __future__ import annotations

import errno
import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import torch

from l3c.cli import main
from l3c.errors import ModelError
from l3c.training import checkpoints
from l3c.training.checkpoints import BEST_NAME, read_state, save_state
from l3c.training.experiments import Experiment, list_experiments
from tests.training.pictures import train_arguments, write_pictures


class Full(io.BytesIO):
    """A file on a disk that is full after some bytes."""

    def write(self, data: Any) -> int:
        if self.tell() + len(data) > 1000:
            raise OSError(errno.ENOSPC, "No space left on device")
        return super().write(data)


def test_a_full_disk_is_said_with_the_file_s_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    @contextmanager
    def full(_: Path) -> Iterator[Full]:
        yield Full()

    monkeypatch.setattr(checkpoints, "whole_file", full)
    with pytest.raises(OSError, match="No space left on device") as caught:
        save_state(tmp_path / "a.pt", {"network": {"a": torch.zeros(5000)}})
    assert caught.value.errno == errno.ENOSPC
    assert caught.value.filename == str(tmp_path / "a.pt")


def test_damage_is_named(tmp_path: Path) -> None:
    place = Experiment(tmp_path).checkpoints
    place.folder.mkdir(parents=True)
    path = place.folder / BEST_NAME
    states: list[dict[str, Any]] = [
        {"network": {}},
        {"bpsp": "low", "iteration": 1},
        {"bpsp": [1], "iteration": 1},
    ]
    for state in states:
        save_state(path, state)
        with pytest.raises(ModelError, match=rf"{BEST_NAME}: does not say what its validation cost"):
            place.best()
    torch.save({"network": path}, path)
    with pytest.raises(ModelError, match=r"holding more than tensors$"):  # and no word of how to run it
        read_state(path)


@pytest.mark.usefixtures("one_thread")
@pytest.mark.parametrize(
    "damage",
    [
        {"network": [1, 2]},
        {"network": {"a": "text"}},
        {"optimizer": {"state": [], "param_groups": [{"params": [0]}]}},
        {"optimizer": {"state": {0: {"square_avg": 1}}, "param_groups": 5}},
    ],
)
def test_a_run_says_what_it_cannot_go_on_from(damage: dict[str, Any], tmp_path: Path) -> None:
    """Of a damaged optimizer it says so, and begins that anew."""
    pictures = write_pictures(tmp_path / "pictures")
    assert main(train_arguments(pictures, tmp_path / "runs", "-p", "iterations=2")) == 0
    [experiment] = list_experiments(tmp_path / "runs")
    _, path = experiment.checkpoints.choose()
    save_state(path, {**read_state(path), **damage})
    (experiment.checkpoints.folder / f".l3c.{'0' * 32}.partial").write_bytes(b"left behind")
    more = ["-p", "iterations=3", "--restore-continue", str(experiment.folder)]
    assert main(train_arguments(pictures, tmp_path / "runs", *more)) == (4 if "network" in damage else 0)
    assert not list(experiment.checkpoints.folder.glob(".l3c.*"))
