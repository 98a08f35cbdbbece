"""What `l3c train` says at its end, and how many processes it may start."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from l3c.cli import main
from l3c.training import options
from l3c.training.experiments import list_experiments
from l3c.training.options import Options
from l3c.training.published.trainer import Trainer
from l3c.wave.presets import LEARNING
from tests.training.pictures import train_arguments, write_pictures
from tests.training.wave.test_trainer import SMALL_WIDTHS

WIDTHS = [text for key, value in SMALL_WIDTHS.items() for text in ("-p", f"{key}={value}")]

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_pictures(tmp_path_factory.mktemp("pictures"), 2, 70, 80)


@pytest.mark.parametrize("model", ["debug", "wave"])
def test_a_finished_run_is_printed_as_json(
    model: str, pictures: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    more = ["-p", "iterations=1", *(["-p", "crop=32", *WIDTHS] if model == "wave" else [])]
    assert main(train_arguments(pictures, tmp_path, *more, "--json", model=model)) == 0
    (experiment,) = list_experiments(tmp_path)
    record = json.loads(capsys.readouterr().out)
    assert record == {"experiment": str(experiment.folder), "iterations": list(experiment.checkpoints.all())}
    assert 1 in record["iterations"]


@pytest.mark.parametrize("cores", [1, 2, 64])
def test_no_more_processes_than_cores_unless_asked_for(cores: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(options, "thread_count", lambda _: cores)
    assert Options().workers == min(8, cores)
    assert options.most_workers() == max(8, 4 * cores)


@pytest.mark.parametrize("count", ["-3", "99999", "many", "1.5"])
def test_processes_that_cannot_be_are_refused(
    count: str, pictures: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as exit_:
        main(train_arguments(pictures, tmp_path, f"-W{count}"))
    assert exit_.value.code == 2
    assert f"'{count}' is not from 0 to {options.most_workers()}" in capsys.readouterr().err
    assert not list_experiments(tmp_path)


def test_where_a_bug_ended_a_run_is_kept_beside_it(
    pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object) -> None:
        raise KeyError("weights")

    monkeypatch.setattr(Trainer, "_validate", fail)
    assert main(train_arguments(pictures, tmp_path)) == 1
    assert capsys.readouterr().err.splitlines()[-1].endswith("unforeseen KeyError: 'weights' (L3C_DEBUG=1 shows where)")
    (experiment,) = list_experiments(tmp_path)
    assert (experiment.folder / "error.txt").read_text().startswith("Traceback")


def test_the_help_of_export_names_every_way_to_learn(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["export", "--help"])
    shown = capsys.readouterr().out
    assert all(name in shown for name in LEARNING)
