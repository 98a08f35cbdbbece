"""The trainings of a few minutes, end to end on the processor with a tiny network; results are gone on from."""

import json
import math
import os
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from l3c.cli import main as cli
from l3c.errors import InputError, ModelError
from l3c.published.architecture import SCALES_MAX, Architecture
from l3c.published.float_state import read_float
from l3c.published.network import make_network
from l3c.training.checkpoints import BEST
from l3c.training.config_files import config_from, find_config, read_config
from l3c.training.experiments import Experiment, list_experiments
from l3c.training.job.ahead import Compiling, compiling
from l3c.training.job.job import Job
from l3c.training.job.packs import USUAL_CROP, packed_data
from l3c.training.job.results import carry_over, finish
from l3c.training.job.table import table_of
from l3c.training.published import gpu_job, step_times
from l3c.training.published.carried import FORMAT, HEADER, read_run, write_run
from l3c.training.published.config import Config
from l3c.training.published.gpu_job import BASELINES, L3C, MODULE, RGB, STAGES, begun_with, compile_only, run
from l3c.training.published.loading import load_trained
from l3c.training.published.optimizers import make_optimizer
from l3c.training.published.speed import operations_per_pixel
from l3c.training.versions import Need, main, needs, numbers
from tests.house.sources import ROOT
from tests.training.pictures import write_pictures
from tests.training.test_minutes import FakeClock

pytestmark = pytest.mark.usefixtures("one_thread")

TINY = (
    "features=16",
    "blocks=1",
    "components=3",
    "crop=16",
    "batch=4",
    "valid_crop=16",
    "valid_batch=2",
    "compile=false",
    "bfloat16=false",
)
FILES = ["l3c-float.safetensors", "l3c-state-1.safetensors", "log.jsonl", "rgb-float.safetensors",
         "rgb-shared-float.safetensors", "table.md"]  # fmt: skip


@pytest.fixture(autouse=True)
def fake_time(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = FakeClock(0.12)
    for module in ("job.job", "stopping", "intervals"):
        monkeypatch.setattr(f"l3c.training.{module}.time", clock)


def configured(model: str, data: str) -> Any:
    return read_config((find_config("model", model), find_config("data", data)))


@pytest.fixture
def data(tmp_path: Path) -> Path:
    write_pictures(tmp_path / "data" / "train", 4)
    write_pictures(tmp_path / "data" / "scaled", 2, 80, 90)
    write_pictures(tmp_path / "data" / "valid", 2)
    return tmp_path / "data"


def job(data: Path, out: str, minutes: float, previous: str | None = None, work: str = "work") -> Job:
    here = data.parent
    return Job(minutes, data, here / out, here / work, 0.0, here / previous if previous else None, "cpu", TINY)


def test_a_first_call_and_one_that_goes_on(data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(job(data, "first", 0.25))
    first = tmp_path / "first"
    assert sorted(path.name for path in first.iterdir()) == FILES
    said = capsys.readouterr().out
    assert re.search(r"rgb-shared: 2 s\n.*rgb: 2 s\n.*l3c: \d+ s\n", said, re.DOTALL)
    log = [json.loads(line) for line in (first / "log.jsonl").read_text().splitlines()]
    assert [*dict.fromkeys(line["stage"] for line in log)] == ["rgb-shared", "rgb", "l3c"]
    assert {line["call"] for line in log} == {1}
    assert begun_with(job(data, "first", 0.25), RGB) == str(first / "rgb-shared-float.safetensors")
    assert begun_with(job(data, "nowhere", 0.25), RGB) is None
    reached = read_run(first, "l3c")["iteration"]
    assert reached > 5
    assert read_float(str(first / "rgb-float.safetensors")).architecture.kind == "rgb"
    assert sorted(path.name for path in (tmp_path / "work" / "results").iterdir()) == FILES

    run(job(data, "second", 0.45, "first", "other"))  # time went on: the clock is one for both
    second = tmp_path / "second"
    assert sorted(path.name for path in second.iterdir()) == FILES
    assert "rgb:" not in capsys.readouterr().out
    assert (second / "rgb-float.safetensors").read_bytes() == (first / "rgb-float.safetensors").read_bytes()
    assert read_run(second, "l3c")["iteration"] > reached
    log = [json.loads(line) for line in (second / "log.jsonl").read_text().splitlines()]
    assert {line["call"] for line in log} == {1, 2}
    costs = [line["val/bpsp"] for line in log if line["stage"] == "l3c" and "val/bpsp" in line]
    assert costs[-1] < costs[0]
    best = min(
        (line for line in log if line["stage"] == "l3c" and "val/bpsp" in line), key=lambda line: line["val/bpsp"]
    )
    assert read_float(str(second / "l3c-float.safetensors")).iteration == best["iteration"]
    assert "| l3c | 2 |" in (second / "table.md").read_text()
    model = tmp_path / "tiny.safetensors"
    assert cli(["export", str(second / "l3c-float.safetensors"), str(model), "--images", str(data / "train")]) == 0
    assert read_float(str(tmp_path / "tiny-float.safetensors")).iteration == best["iteration"]
    assert load_trained(experiment_in(tmp_path / "other" / "runs"), BEST).iteration == best["iteration"]


def experiment_in(folder: Path) -> Experiment:
    (experiment,) = list_experiments(folder)
    return experiment


def test_graphs_of_later_stages_are_compiled_beside(data: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """The process that compiles runs as on a GPU; here it has nothing to compile, and takes its one step."""
    (data.parent / "work").mkdir()
    with compiling(job(data, "out", 1), [L3C], torch.device("cuda"), MODULE) as compiled:
        assert compiled.ready(L3C, 300) is L3C
        assert compiled.ready(BASELINES[0], 1) is BASELINES[0]
    log = (data.parent / "work" / "compiling-l3c.log").read_text()
    assert "for its graph, status 0" in capfd.readouterr().out, log
    assert not list((data.parent / "work" / "compiling").rglob("*.pt"))
    for command in (["false"], ["sleep", "60"]):
        failed = Compiling({L3C.name: subprocess.Popen(command)}).ready(L3C, 0)
        assert failed.settings[-1] == "compile=false"


@pytest.mark.filterwarnings("ignore:.*torch.jit.script_method:DeprecationWarning")
def test_a_graph_that_cannot_be_compiled_is_not_taken_for_compiled(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The process beside fails, so that the stage does not try again on its own time."""
    monkeypatch.setattr(torch, "compile", lambda *_, **__: Uncompilable())
    settings = tuple("compile=true" if text == "compile=false" else text for text in TINY)
    (data.parent / "work").mkdir()
    with pytest.raises(RuntimeError, match="cannot be compiled"):
        compile_only(replace(job(data, "out", 1), settings=settings), L3C)


class Uncompilable(torch.nn.Module):
    """What PyTorch would make of a network that it cannot compile."""

    def forward(self, *_: Any) -> None:
        raise RuntimeError("cannot be compiled")


def test_only_this_call_s_data_are_trained_on(data: Path) -> None:
    first = packed_data(job(data, "out", 1))
    shutil.rmtree(data / "scaled")
    write_pictures(data / "valid", 3)
    second = packed_data(job(data, "out", 1))
    assert second["train"] == first["train"]
    assert sorted((data.parent / "work").rglob("*.pack")) == sorted(second.values())


def test_pictures_are_packed_that_crops_can_be_cut_from() -> None:
    """Crops of the wave networks are cut from pictures of twice their side."""
    crops = [configured(*pair).data.crop for pair in (("l3c", "packed"), ("wave", "small_packed"))]
    assert crops == [USUAL_CROP, USUAL_CROP // 2]


def test_results_in_the_work_folder_are_those_of_the_last_call_alone(data: Path, tmp_path: Path) -> None:
    out, results = tmp_path / "out", tmp_path / "work" / "results"
    out.mkdir()
    results.mkdir(parents=True)
    for name in ("l3c-state-1.safetensors", "l3c-state-2.safetensors"):
        (results / name).write_bytes(b"before")
    for name in ("l3c-state-1.safetensors", "l3c-float.safetensors", "log.jsonl", "table.md", "notes.txt"):
        (out / name).write_text("now")
    finish(job(data, "out", 1), "results")
    wanted = ["l3c-float.safetensors", "l3c-state-1.safetensors", "log.jsonl", "table.md"]
    assert sorted(path.name for path in results.iterdir()) == wanted
    assert {path.read_text() for path in results.iterdir()} == {"now"}


def test_results_of_other_networks_are_not_carried_over(data: Path, tmp_path: Path) -> None:
    before = tmp_path / "before"
    before.mkdir()
    for name in ("longer.npz", "longer.safetensors", "log.jsonl"):
        (before / name).write_text("")
    with pytest.raises(InputError, match="holds no results of an earlier call for l3c, rgb, rgb-shared"):
        carry_over(job(data, "out", 1, "before"), STAGES)


def test_what_is_missing_is_said(data: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no time is left of the 0\.001 minutes"):
        run(job(data, "out", 0.001))
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="holds no results"):
        run(job(data, "out", 1, "empty"))
    with pytest.raises(InputError, match="needs the folders train and valid"):
        run(job(tmp_path / "empty", "../out", 1))


def test_a_setting_that_is_no_number_and_a_folder_that_is_a_file_are_one_line(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_bytes(b"")
    here = [str(data), str(tmp_path / "out"), "--work", str(tmp_path / "work"), "--device", "cpu"]
    for arguments, code, said in [
        (["1", *here, "-p", "crop=abc"], 2, "-p crop=abc: is no number of pixels"),
        (["1", here[0], str(tmp_path / "file"), *here[2:]], 1, "File exists"),
    ]:
        assert gpu_job.main(arguments) == code
        assert said in capsys.readouterr().err


@pytest.mark.parametrize("log", ["5", "{", '{"iteration": 3}'])
def test_a_log_of_something_else_is_named(log: str, data: Path, tmp_path: Path) -> None:
    before = tmp_path / "before"
    before.mkdir()
    (before / "log.jsonl").write_text(log + "\n")
    with pytest.raises(InputError, match=r"log\.jsonl: is no log of a"):
        run(job(data, "out", 1, "before"))


def test_a_state_without_what_it_needs_is_named(tmp_path: Path) -> None:
    for metadata in ({"parts": "1", "state": "no JSON"}, {"parts": "1", "state": "{}"}, {}):
        save_file({"a": torch.zeros(1)}, tmp_path / "l3c-state-1.safetensors", {"format": FORMAT, **metadata})
        with pytest.raises(ModelError, match=r"l3c-state-1\.safetensors: "):
            read_run(tmp_path, "l3c")


def checkpoint(**network: Any) -> dict[str, Any]:
    """After one step."""
    config = config_from({"network": network, "optimizer": {"name": "adamw"}}, "here")
    assert isinstance(config, Config)
    model = make_network(config.network)
    optimizer = make_optimizer(model, config)
    for parameter in model.parameters():
        parameter.grad = torch.randn_like(parameter) if parameter.requires_grad else None
    optimizer.step()
    state = {"network": model.state_dict(), "optimizer": optimizer.state_dict()}
    return {**state, "iteration": 7, "config": config.to_dict()}


def test_a_state_divided_into_files_is_the_same(tmp_path: Path) -> None:
    state = checkpoint(features=16, blocks=1, components=2)
    limit = HEADER + 100_000
    paths = write_run(tmp_path, "l3c", state, limit)
    assert len(paths) > 2
    assert all(path.stat().st_size <= limit for path in paths)
    again = read_run(tmp_path, "l3c")
    assert all(torch.equal(again["network"][key], value) for key, value in state["network"].items())
    assert again["optimizer"]["state"].keys() == state["optimizer"]["state"].keys()
    for place, moments in state["optimizer"]["state"].items():
        for part, value in moments.items():
            torch.testing.assert_close(again["optimizer"]["state"][place][part], value, rtol=2**-8, atol=0)
    write_run(tmp_path, "l3c", state)
    assert [path.name for path in tmp_path.iterdir()] == ["l3c-state-1.safetensors"]


def test_parts_of_different_saves_are_refused(tmp_path: Path) -> None:
    state = checkpoint(features=16, blocks=1, components=2)
    paths = write_run(tmp_path, "l3c", state, HEADER + 100_000)
    first = paths[0].read_bytes()
    write_run(tmp_path, "l3c", state, HEADER + 100_000)
    paths[0].write_bytes(first)
    with pytest.raises(ModelError, match="not one whole state"):
        read_run(tmp_path, "l3c")
    paths[0].write_bytes(first[:1000])
    with pytest.raises(ModelError, match=r"l3c-state-1.*damaged"):
        read_run(tmp_path, "l3c")
    paths[0].unlink()
    with pytest.raises(ModelError, match="not one whole state"):
        read_run(tmp_path, "l3c")


def test_results_of_the_published_sizes_fit(tmp_path: Path) -> None:
    """Eight files of 16 MiB, 60 MB together, and 200 kB of them for log and table."""
    from l3c.published.float_state import write_float

    paths = write_run(tmp_path, "l3c", checkpoint())
    assert len(paths) <= 3
    for kind in ("l3c", "rgb", "rgb-shared"):
        a = Architecture(kind, scales=1 if kind == "rgb-shared" else 3)
        write_float(tmp_path / f"{kind}.safetensors", a, make_network(a).state_dict())
    sizes = [path.stat().st_size for path in tmp_path.iterdir()]
    assert len(sizes) <= 6
    assert max(sizes) <= 16 << 20
    assert sum(sizes) <= 60_000_000 - 200_000
    with safe_open(paths[0], "pt") as file:
        assert file.metadata()["parts"] == str(len(paths))


def test_operations_of_a_step_are_those_of_the_convolutions() -> None:
    """0.68 million multiplications a pixel in L3C's forward pass, as measured on the original."""
    assert operations_per_pixel(Architecture()) == pytest.approx(6 * 0.684e6, rel=0.01)
    assert operations_per_pixel(Architecture("rgb-shared", 1)) < operations_per_pixel(Architecture("rgb"))
    many = [operations_per_pixel(Architecture(kind, SCALES_MAX, 8, 1)) for kind in ("l3c", "rgb")]
    assert all(math.isfinite(operations) for operations in many)


def test_the_table_tells_speed_share_and_costs() -> None:
    common = {"stage": "l3c", "call": 1}
    lines = [
        {**common, "iteration": 50, "speed/pixels": 2e7, "time/minutes": 0.5},
        {**common, "iteration": 99, "val/bpsp": 4.0, "val/train_bpsp": 3.75, "val/gap": 0.25, "time/minutes": 1.0},
    ]
    text = table_of(lines, {"l3c": 4e6}, 8e14, "a card")
    assert "| l3c | 1 | 99 | 1.0 | 20,000,000 | 10.0% | 4.0000 | 4.0000 | 0.2500 |" in text
    assert "| l3c | 1 | 1.0 | 99 | 4.0000 | 3.7500 | 0.2500 |" in text
    assert "a card" in table_of(lines, {}, None, "a card")


def test_steps_are_timed(capsys: pytest.CaptureFixture[str]) -> None:
    settings = [f"-p{text}" for text in TINY if not text.startswith(("compile", "bfloat16"))]
    assert step_times.main(["--device", "cpu", "--steps", "1", "--only", "1", "--only", "5", *settings]) == 0
    rows = capsys.readouterr().out.splitlines()[2:]
    assert [row.split(" | ")[0] for row in rows] == [
        "| float32, waiting after each step",
        "| the same, with both penalties",
    ]
    assert all(float(row.split(" | ")[1].replace(",", "")) > 0 for row in rows)


def test_versions_that_are_too_old_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    assert numbers("2.11.0+cu130") == (2, 11, 0)
    assert not Need("torch", (2, 11), "2.11.0a0").problem
    assert Need("torch", (2, 11), "2.9.1+cpu").problem == "torch 2.9.1+cpu is too old; 2.11 or newer is needed"
    assert Need("nanobind", (3, 0), "").problem == "nanobind is missing; 3.0 or newer is needed"
    names = [need.name for need in needs()]
    assert {"Python", "torch", "nanobind", "scikit-build-core", "CMake"} < set(names)
    said: list[str] = []
    monkeypatch.setattr("l3c.training.versions.version", lambda name: "0.1")
    assert main(["--train"], said.append) == 1
    assert "l3c: torch 0.1 is too old; 2.11 or newer is needed" in said


def test_what_is_asked_for_is_what_the_sources_ask_for() -> None:
    project = (ROOT / "pyproject.toml").read_text()
    assert 'requires = ["scikit-build-core>=1.0", "nanobind>=3.0"]' in project
    assert "cmake_minimum_required(VERSION 3.24)" in (ROOT / "CMakeLists.txt").read_text()


def test_the_script_says_what_it_needs_and_passes_it_on(data: Path, tmp_path: Path) -> None:
    script = [str(ROOT / "scripts" / "train_on_gpu.sh")]
    usage = subprocess.run(script, capture_output=True, text=True)
    assert usage.returncode == 2
    assert "MINUTES DATA OUT [PREVIOUS]" in usage.stderr
    environment = {
        **os.environ,
        "PYTHON": sys.executable,
        "BUILD": "no",
        "WORK": str(tmp_path / "work"),
        "OPTIONS": "-p crop=16",
    }
    command = [*script, "0.0001", str(data), str(tmp_path / "out")]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert "torch " in done.stdout
    assert "no time is left" in done.stderr
    assert done.returncode == 2


def test_stages_are_those_of_the_paper() -> None:
    assert [stage.name for stage in (*BASELINES, L3C)] == ["rgb-shared", "rgb", "l3c"]
