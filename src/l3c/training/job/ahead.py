"""Graphs of later stages are compiled while a stage before them trains."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import torch

from l3c.training.job.job import Job, Stage

PATIENCE = 90.0
"""Seconds that a baseline's graph is waited for."""

PATIENCE_SHARE = 0.5
"""Of the time that is left, how long L3C's graph is waited for."""


class Compiling:
    """Processes that compile later stages' graphs into the compiler's cache, while a stage before them trains."""

    def __init__(self, running: dict[str, subprocess.Popen[bytes]]) -> None:
        self._running = running

    def ready(self, stage: Stage, seconds: float) -> Stage:
        """Wait until a stage's graph is compiled: to compile it here too would take no less.

        Returns the stage, which is not to be compiled where that failed or took longer.
        """
        process = self._running.pop(stage.name, None)
        if process is None:
            return stage
        begin = time.perf_counter()
        try:
            code: int | None = process.wait(timeout=max(1.0, seconds))
        except subprocess.TimeoutExpired:
            code = None
            process.kill()
            process.wait()
        said = "no end" if code is None else f"status {code}"
        print(f"{stage.name}: waited {time.perf_counter() - begin:.1f} s for its graph, {said}", flush=True)
        return stage if code == 0 else replace(stage, settings=(*stage.settings, "compile=false"))

    def stop(self) -> None:
        for process in self._running.values():
            process.kill()
            process.wait()


@contextmanager
def compiling(job: Job, stages: Iterable[Stage], device: torch.device, module: str) -> Iterator[Compiling]:
    """Lend the processes that compile graphs of stages; none on a processor, which has no time to spare.

    module: whose `--compile-only` compiles one.
    """
    running = {}
    if device.type == "cuda":
        command = [
            sys.executable,
            "-m",
            module,
            str(job.minutes),
            str(job.data),
            str(job.out),
        ]
        command += ["--work", str(job.work), "--device", job.device, *(f"-p{text}" for text in job.settings)]
        for stage in stages:
            with (job.work / f"compiling-{stage.name}.log").open("wb") as log:
                running[stage.name] = subprocess.Popen([*command, "--compile-only", stage.name], stdout=log, stderr=log)
    compiled = Compiling(running)
    try:
        yield compiled
    finally:
        compiled.stop()
