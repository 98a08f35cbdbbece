"""A real scheduler and two worker processes on loopback, one of which is killed while it works."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from l3c.bulk.jobs import Outcome
from l3c.bulk.run import RunSummary, convert_folder
from l3c.bulk.transfer import Transfer
from l3c.cli import main
from l3c.convert.operations import Encoding
from l3c.errors import InputError
from tests.bulk.folders import make_tree, pixels_of, tree

pytest.importorskip("distributed")
pytestmark = pytest.mark.filterwarnings("ignore")

DASK = [sys.executable, "-m", "distributed.cli.dask_"]


def start(role: str, *arguments: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-W", "ignore", "-m", f"distributed.cli.dask_{role}", "--no-dashboard", *arguments]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """Address of a scheduler, and its two workers."""
    folder = tmp_path_factory.mktemp("dask")
    file = folder / "scheduler.json"
    workers = ["--scheduler-file", str(file), "--nthreads", "1", "--no-nanny", "--local-directory", str(folder)]
    scheduler = start("scheduler", "--host", "127.0.0.1", "--port", "0", "--scheduler-file", str(file))
    processes = [start("worker", *workers) for _ in range(2)]
    try:
        deadline = time.monotonic() + 30
        while not file.exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        yield json.loads(file.read_text())["address"], processes
    finally:
        for process in [*processes, scheduler]:
            process.kill()
            process.wait()


def test_nothing_is_lost_with_a_worker(cluster: tuple[str, list[subprocess.Popen[bytes]]], tmp_path: Path) -> None:
    address, workers = cluster
    pictures = make_tree(tmp_path / "in", 24, 96)
    on_outcome: list[str] = []
    errors: list[str] = []

    def kill_one(outcome: Outcome, summary: RunSummary) -> None:
        on_outcome.append(outcome.source)
        errors.extend([outcome.error] if outcome.error else [])
        if len(on_outcome) == 4:
            workers[0].kill()

    task = Transfer(Encoding(), str(tmp_path / "in"), str(tmp_path / "out"), delete=True)
    summary = convert_folder(task, kill_one, None, address)
    assert errors == []
    assert (summary.exit_code, len(on_outcome), set(on_outcome)) == (0, 24, set(pictures))
    assert tree(tmp_path / "in") == set()
    assert tree(tmp_path / "out") == {f"{name}.l3c" for name in pictures}
    for name, pixels in pictures.items():
        np.testing.assert_array_equal(pixels_of(tmp_path / "out" / f"{name}.l3c"), pixels)


def test_the_command_line_takes_a_cluster(
    cluster: tuple[str, list[subprocess.Popen[bytes]]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    make_tree(tmp_path / "in", 2)
    assert main(["encode", "in", "-o", "out", "--cluster", cluster[0], "-q"]) == 0
    assert main(["verify", "out", "--cluster", cluster[0], "-q"]) == 0
    assert os.environ.get("L3C_FSSPEC") is None
    assert len(tree(tmp_path / "out")) == 2


def test_a_scheduler_that_is_not_there_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT", "1s")
    make_tree(tmp_path / "in", 1)
    task = Transfer(Encoding(), str(tmp_path / "in"), str(tmp_path / "out"))
    with pytest.raises(InputError, match="no scheduler answers there"):
        convert_folder(task, lambda *_: None, None, "tcp://127.0.0.1:9?timeout")
