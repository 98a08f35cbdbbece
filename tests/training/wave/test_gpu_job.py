"""Minutes of a GPU for the wave networks, end to end on the processor with few and small crops."""

import json
from pathlib import Path

import numpy as np
import pytest

from l3c.cli import main
from l3c.training.experiments import list_experiments
from l3c.training.job.job import Job
from l3c.training.wave import gpu_job
from l3c.training.wave.gpu_job import LONGER, WIDE, run
from l3c.training.wave.objective import parameter_count
from l3c.wave.definition.architecture import Architecture
from l3c.wave.files import read_model
from l3c.wave.presets import LEARNING
from tests.training.pictures import write_pictures
from tests.training.test_minutes import FakeClock

pytestmark = pytest.mark.usefixtures("one_thread")

TINY = ("crop=32", "batch=2", "valid_batch=2", "compile=false", "bfloat16=false", "warm_up=2")
FILES = ["log.jsonl", "longer.npz", "longer.safetensors", "table.md", "wide.npz", "wide.safetensors"]


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> FakeClock:
    """Fake time."""
    clock = FakeClock(0.12)
    for module in ("job.job", "stopping", "intervals"):
        monkeypatch.setattr(f"l3c.training.{module}.time", clock)
    return clock


@pytest.fixture
def data(tmp_path: Path) -> Path:
    write_pictures(tmp_path / "data" / "train", 3, 70, 80)
    write_pictures(tmp_path / "data" / "valid", 2, 40, 70)
    return tmp_path / "data"


def test_two_calls_and_a_picture_coded_with_what_they_left(
    data: Path, tmp_path: Path, clock: FakeClock, capsys: pytest.CaptureFixture[str]
) -> None:
    work = tmp_path / "work"
    run(Job(0.12, data, tmp_path / "first", work, 0.0, None, "cpu", TINY))
    first = tmp_path / "first"
    assert sorted(path.name for path in first.iterdir()) == FILES
    assert sum(path.stat().st_size for path in first.iterdir()) < 4 << 20
    log = [json.loads(line) for line in (first / "log.jsonl").read_text().splitlines()]
    assert [*dict.fromkeys(line["stage"] for line in log)] == [LONGER.name, WIDE.name]
    trained = {line["stage"] for line in log if line.get("pixels", 0) > 0}
    assert trained == {LONGER.name, WIDE.name}, "each stage has taken steps"
    best = {s.name: min(line["val/bpsp"] for line in log if line["stage"] == s.name) for s in (LONGER, WIDE)}
    begun = next(line["val/bpsp"] for line in log if line["stage"] == WIDE.name)
    assert begun == pytest.approx(best[LONGER.name], rel=0.01), "the wider network begins where the other ended"
    assert f"| {WIDE.name} | 1 |" in capsys.readouterr().out

    experiment = list_experiments(work / "runs")[-1]
    target, picture = tmp_path / "wide.safetensors", next((data / "valid").iterdir())
    assert main(["export", str(experiment.folder), str(target), "-i", "best"]) == 0
    model = read_model(str(target))
    assert model.digest == read_model(str(first / "wide.safetensors")).digest
    assert model.learning == LEARNING["everyday"]
    assert read_model(str(first / "longer.safetensors")).learning == LEARNING["archives"]
    assert main(["encode", "-q", "-m", str(target), str(picture), str(tmp_path / "coded.l3c")]) == 0
    assert main(["decode", "-q", str(tmp_path / "coded.l3c"), str(tmp_path / "back.png")]) == 0

    run(Job(0.12, data, tmp_path / "second", tmp_path / "other", clock.now, first, "cpu", TINY))
    second = tmp_path / "second"
    assert sorted(path.name for path in second.iterdir()) == FILES
    log = [json.loads(line) for line in (second / "log.jsonl").read_text().splitlines()]
    assert {line["call"] for line in log} == {1, 2}
    with np.load(second / "wide.npz") as stored:
        assert stored["parameters"].size == parameter_count(WIDE_ARCHITECTURE)


WIDE_ARCHITECTURE = Architecture(3, 192, 64, 320, 128, 64, 5, 12, 1)  # of wave_wide


def test_a_graph_is_compiled_by_one_step_that_leaves_nothing(data: Path) -> None:
    """What a process beside the first stage does; here there is nothing to compile."""
    job = Job(1, data, data.parent / "out", data.parent / "work", 0.0, None, "cpu", TINY)
    gpu_job.compile_only(job, WIDE)
    assert not list((data.parent / "work" / "compiling").rglob("*.pt"))
    assert gpu_job.main(["0.0001", str(data), str(data.parent / "out"), "--work", str(data.parent / "work")]) == 2
