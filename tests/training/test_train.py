"""Training end to end: it learns, is restored in every way, survives being killed, and several processes are one."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from l3c.cli import main
from l3c.published.network import Scales
from l3c.training.checkpoints import read_state
from l3c.training.experiments import Experiment, list_experiments
from l3c.training.published.coster import excess
from tests.training.pictures import losses, read_log, train_arguments, write_pictures

pytestmark = pytest.mark.usefixtures("one_thread")

ROOT = Path(__file__).parents[2]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "OMP_NUM_THREADS": "1"}


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_pictures(tmp_path_factory.mktemp("pictures"))


def only_experiment(log_dir: Path) -> Experiment:
    (experiment,) = list_experiments(log_dir)
    return experiment


@pytest.fixture(scope="module")
def uninterrupted(pictures: Path, tmp_path_factory: pytest.TempPathFactory) -> Experiment:
    log_dir = tmp_path_factory.mktemp("uninterrupted")
    assert main(train_arguments(pictures, log_dir, "-p", "iterations=40")) == 0
    return only_experiment(log_dir)


def test_a_run_learns_and_leaves_its_records(uninterrupted: Experiment) -> None:
    log = read_log(uninterrupted.folder)
    values = losses(uninterrupted.folder)
    assert np.mean([values[i] for i in range(31, 41)]) < 0.8 * np.mean([values[i] for i in range(1, 6)])
    assert [entry["iteration"] for entry in log if "val/bpsp" in entry] == [10, 20, 30, 40]
    assert {"train/lr", "grads/all/total", "speed/pixels", "train/costs/scale_3_bpsp"} <= log[9].keys()
    assert list(uninterrupted.checkpoints.all()) == [0, 30, 35, 40]
    assert uninterrupted.config().data.crop == 16
    assert any(uninterrupted.folder.glob("events.out.tfevents*"))


def test_tensorboard_has_the_pictures(uninterrupted: Experiment) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    board = EventAccumulator(str(uninterrupted.folder))
    board.Reload()
    tags = board.Tags()
    assert {"train/input", "train/bn/0", "val/bn/2", "val/dmll/0/c0", "val/dmll/2/c4"} <= set(tags["images"])
    assert {"train/bpsp", "val/bpsp", "train/lr", "train/costs/scale_0_bpsp"} <= set(tags["scalars"])
    assert {"train/histo/enc_0_after_1x1", "train/histo_out/3"} <= set(tags["histograms"])


DIE_IN_A_LINE = """
import json, os, signal, sys
from l3c.cli import main
from l3c.training.monitor import Monitor

whole = Monitor.scalars

def scalars(self, iteration, values):
    if iteration == 13:
        with self._log.open("a") as file:
            file.write(json.dumps({"iteration": iteration, **values})[:-9])
        os.kill(os.getpid(), signal.SIGKILL)
    whole(self, iteration, values)

Monitor.scalars = scalars
sys.exit(main(sys.argv[1:]))
"""
"""Training that is killed while it writes a report, three iterations after a checkpoint: by itself, since another
process might be too late for that.
"""


def test_a_killed_run_continues_on_the_same_curve(uninterrupted: Experiment, pictures: Path, tmp_path: Path) -> None:
    arguments = train_arguments(pictures, tmp_path, "-p", "iterations=40")
    command = [sys.executable, "-c", DIE_IN_A_LINE, *arguments]
    done = subprocess.run(command, env=ENVIRONMENT, stdout=subprocess.DEVNULL, timeout=120)
    assert done.returncode == -signal.SIGKILL
    cut = only_experiment(tmp_path)
    assert cut.checkpoints.choose()[0] == 10
    assert not (cut.folder / "log.jsonl").read_text().endswith("\n")
    assert main([*arguments, "--restore-continue", cut.name]) == 0
    expected, got = losses(uninterrupted.folder), losses(only_experiment(tmp_path).folder)
    assert list(got) == list(range(1, 41))
    np.testing.assert_allclose([got[i] for i in got], [expected[i] for i in got], rtol=1e-3)


def test_restoring_in_a_new_folder_and_as_pretrained(uninterrupted: Experiment, pictures: Path, tmp_path: Path) -> None:
    source = str(uninterrupted.folder)
    assert main(train_arguments(pictures, tmp_path, "-p", "iterations=32", "--restore", source, "-i", "33")) == 0
    experiment = only_experiment(tmp_path)
    expected, got = losses(uninterrupted.folder), losses(experiment.folder)
    assert got == pytest.approx({i: expected[i] for i in (31, 32)}, rel=1e-3)
    assert main(train_arguments(pictures, tmp_path / "b", "-p", "iterations=1", "--restore-restart", source)) == 0
    first = losses(only_experiment(tmp_path / "b").folder)
    assert list(first) == [1]
    assert first[1] < 0.9 * expected[1]


def test_another_network_is_refused_unless_asked_for(
    uninterrupted: Experiment,
    pictures: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    other = train_arguments(pictures, tmp_path, "-p", "iterations=1", "-p", "components=2")
    assert main([*other, "--restore-restart", str(uninterrupted.folder)]) == 4
    assert "do not fit this network" in capsys.readouterr().err
    assert main([*other, "--restore-restart", str(uninterrupted.folder), "--no-strict"]) == 0
    assert "prob_clfs.0.atrous.lin.bias" in caplog.text
    assert "heads.0.head.1.head.bias" not in caplog.text
    assert main([*other, "--restore-continue", str(uninterrupted.folder)]) == 2


@pytest.mark.parametrize("model", ["rgb", "rgb_shared"])
def test_baselines_train_too(model: str, pictures: Path, tmp_path: Path) -> None:
    sizes = ["-p", "features=8", "-p", "blocks=1", "-p", "components=3", "-p", "learning_rate=1e-3"]
    assert main(train_arguments(pictures, tmp_path, "-p", "iterations=20", *sizes, model=model)) == 0
    values = losses(only_experiment(tmp_path).folder)
    assert np.mean([values[i] for i in range(16, 21)]) < np.mean([values[i] for i in range(1, 4)])


def test_modern_settings(pictures: Path, tmp_path: Path) -> None:
    settings = ["bfloat16", "ema_decay=0.5", "clip_norm=1", "optimizer.name=adamw", "schedule=half_cosine", "warm_up=3"]
    settings += ["latent_warm_up=6", "range_penalty=0.1", "guidance=5", "spread"]
    overrides = [text for setting in [*settings, "iterations=12", "channels_last"] for text in ("-p", setting)]
    assert main(train_arguments(pictures, tmp_path, *overrides)) == 0
    experiment = only_experiment(tmp_path)
    state = read_state(experiment.checkpoints.choose()[1])
    assert state["ema"].keys() == state["network"].keys()
    rates = [entry["train/lr"] for entry in read_log(experiment.folder) if "train/lr" in entry]
    assert rates[0] < rates[2] > rates[-1]


def test_debug_is_one_iteration_beside_the_log_folder(pictures: Path, tmp_path: Path) -> None:
    assert main(train_arguments(pictures, tmp_path / "runs", "--debug")) == 0
    assert not (tmp_path / "runs").exists()
    log = read_log(only_experiment(tmp_path / "runs_TMP").folder)
    assert [("train/loss" in entry, "val/bpsp" in entry) for entry in log] == [(True, False), (False, True)]


ON_LOOPBACK = ["--rdzv-backend=c10d", "--rdzv-endpoint=127.0.0.1:0", "--local-addr=127.0.0.1", "--nnodes=1"]
LOOPBACK = next((name for _, name in socket.if_nameindex() if name.startswith("lo")), "lo")
"""Whatever the machine's own name leads to."""


TRAIN_AND_LOOK = """
import pathlib, sys, time
from l3c.cli import main

def threads_of_gloo():
    names = []
    for path in pathlib.Path("/proc/self/task").glob("*/comm"):
        try:
            names.append(path.read_text().strip())
        except OSError:
            pass
    return [name for name in names if "gloo" in name]

status = main(sys.argv[1:])
end = time.monotonic() + 5  # a thread that was joined stays listed for a moment
while threads_of_gloo() and time.monotonic() < end:
    time.sleep(0.01)
sys.exit(status or ", ".join(threads_of_gloo()) or 0)
"""
"""A thread of Gloo that drops a tensor while Python shuts down aborts the process, so all must have ended."""


def test_two_processes_do_what_one_does(uninterrupted: Experiment, pictures: Path, tmp_path: Path) -> None:
    arguments = train_arguments(pictures, tmp_path, "-p", "iterations=20")
    script = tmp_path / "train_and_look.py"
    script.write_text(TRAIN_AND_LOOK)
    torchrun = [sys.executable, "-m", "torch.distributed.run", *ON_LOOPBACK, "--nproc-per-node=2", str(script)]
    environment = {**ENVIRONMENT, "GLOO_SOCKET_IFNAME": LOOPBACK}
    result = subprocess.run([*torchrun, *arguments], env=environment, capture_output=True, text=True, timeout=120)
    assert result.returncode == 0, result.stderr
    expected, got = losses(uninterrupted.folder), losses(only_experiment(tmp_path).folder)
    np.testing.assert_allclose([got[i] for i in range(1, 21)], [expected[i] for i in range(1, 21)], rtol=1e-3)


def test_an_unknown_configuration_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "l4c", "folder", str(tmp_path)]) == 2
    assert "l4c: no such file" in capsys.readouterr().err


def test_what_lies_beyond_the_levels_is_penalized() -> None:
    before = [torch.tensor([[[[0.5, -1.0]]], [[[3.0, -1.0]]]]), torch.tensor([[[[2.0]]], [[[-1.5]]]])]
    scales = Scales([torch.zeros(2, 3, 2, 4)], [], before=before)
    assert excess(scales).tolist() == [1.0, 2.25]
    assert excess(Scales([torch.zeros(2, 3, 2, 4)], [])).tolist() == [0.0, 0.0]
