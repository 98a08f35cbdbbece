"""How a run with loading processes ends: by a signal to all of them, or to one that cannot be heard."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from l3c.training.checkpoints import read_state
from l3c.training.experiments import Experiment, list_experiments
from tests.training.pictures import losses, train_arguments, write_pictures
from tests.training.test_train import ENVIRONMENT

Running = tuple[subprocess.Popen[bytes], Experiment]

pytestmark = pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="needs Linux's list of children")


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    """A training in a process group of its own, with a process that loads pictures, past its first saves."""
    arguments = train_arguments(write_pictures(tmp_path / "pictures"), tmp_path / "runs", "-W", "1")
    command = [sys.executable, "-m", "l3c", *arguments]
    process = subprocess.Popen(command, env=ENVIRONMENT, stdout=subprocess.DEVNULL, start_new_session=True)
    try:
        while not (found := list_experiments(tmp_path / "runs")) or 10 not in found[0].checkpoints.all():
            assert process.poll() is None
            time.sleep(0.02)
        yield process, found[0]
    finally:
        process.kill()
        process.wait()


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_to_all_processes_ends_a_run_that_is_saved(running: Running, number: signal.Signals) -> None:
    process, experiment = running
    (worker,) = children(process.pid)
    os.killpg(process.pid, number)
    assert process.wait(30) == 0
    iteration, path = experiment.checkpoints.choose()
    assert iteration == max(losses(experiment.folder))
    assert read_state(path)["iteration"] == iteration
    assert not Path(f"/proc/{worker}").exists()


def test_loading_processes_end_with_a_run_that_is_killed(running: Running) -> None:
    process, _ = running
    (worker,) = children(process.pid)
    process.kill()
    process.wait()
    deadline = time.monotonic() + 30
    while alive(worker) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not alive(worker)


def alive(pid: int) -> bool:
    """Not even a zombie, for which nobody may be there to wait."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False
