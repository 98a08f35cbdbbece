"""RGB Shared, RGB and L3C in a few minutes of one GPU; results in a few small files, by which another call goes on.

`scripts/train_on_gpu.sh` builds the package and calls this; docs/training.md describes both.
"""

from __future__ import annotations

import logging
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from l3c.published.float_state import float_name, read_float, write_float
from l3c.training.checkpoints import BEST, Policy, read_state
from l3c.training.config_files import config_from
from l3c.training.experiments import Experiment
from l3c.training.job.ahead import PATIENCE, PATIENCE_SHARE, compiling
from l3c.training.job.command import main_of
from l3c.training.job.job import Job, Stage, machine, one_step, options_of, seconds_of
from l3c.training.job.packs import data_settings, packed_data
from l3c.training.job.rate import matrix_rate
from l3c.training.job.results import Results, carry_over, finish
from l3c.training.processes import choose_device
from l3c.training.published.carried import holds_run, read_run, write_run
from l3c.training.published.config import Config
from l3c.training.published.speed import operations_per_pixel
from l3c.training.published.trainer import Trainer
from l3c.training.request import Request
from l3c.training.train import train

logger = logging.getLogger(__name__)

MODULE = "l3c.training.published.gpu_job"
"""By which it starts processes of its own."""

BASELINE_MINUTES = 1.0
"""Of each baseline, at most."""

BASELINE_SHARE = 0.1
"""Of each baseline, of all minutes."""

RESULTS = "results"
"""In the work folder: what the last call left, for the next one on the same machine."""

SHORT = ("interpolate", "mean_rate=30")
"""Settings of all short trainings, which docs/training.md explains."""

SHARED = Stage("rgb-shared", "rgb_shared", SHORT)
"""First, since it learns from all scales at once, and RGB begins with its predictor."""

RGB = Stage("rgb", "rgb", ("learning_rate=1e-4",))
"""Its weights are trained already: twice the rate throws them far back."""

BASELINES = (SHARED, RGB)  # before L3C, since they are small: what it has to beat
# inputs of its quantizers, which alone have gradients that vanish, stay within their levels
L3C = Stage("l3c", "l3c", (*SHORT, "range_penalty=0.1"))
STAGES = {stage.name: stage for stage in (*BASELINES, L3C)}  # by name


def float_file(stage: Stage) -> str:
    """Name of a stage's weights among the results."""
    return float_name(Path(f"{stage.name}.safetensors")).name


class PublishedResults(Results):
    """Of each stage the weights of the best validation, NAME-float.safetensors; of L3C all that it goes on from."""

    def save(self, stage: Stage, trainer: Trainer) -> None:
        """Write a stage's weights, and for L3C what another call needs to go on; log and table."""
        if trainer.iteration == 0:
            return
        begin = time.perf_counter()
        out = self.job.out
        state, iteration = best_weights(trainer)
        write_float(out / float_file(stage), trainer.config.network, state, iteration)
        if stage.name == L3C.name:
            write_run(out, stage.name, trainer.state())
        if stage.name not in self.operations:
            self.operations[stage.name] = operations_per_pixel(trainer.config.network)
        self.note(stage, trainer.experiment)
        logger.info("%s: results of iteration %d, %.1f s", stage.name, trainer.iteration, time.perf_counter() - begin)


def run(job: Job) -> None:
    """All stages that are not done yet; L3C until the minutes are over. Results are written at least every minute."""
    job.out.mkdir(parents=True, exist_ok=True)
    device = choose_device(job.device)
    results = PublishedResults(job, matrix_rate(device))
    print(machine(), flush=True)
    packs = packed_data(job)
    carry_over(job, STAGES)
    goes_on = job.previous is not None and holds_run(job.previous, L3C.name)
    stages = [] if goes_on else [stage for stage in BASELINES if not (job.out / float_file(stage)).exists()]
    with compiling(job, [*stages[1:], L3C], device, MODULE) as compiled:
        for stage in stages:
            minutes = min(BASELINE_MINUTES, BASELINE_SHARE * job.minutes)
            ready = compiled.ready(stage, min(PATIENCE, job.seconds_left))
            _train(job, ready, packs, minutes, results, restore_restart=begun_with(job, stage))
        l3c = compiled.ready(L3C, PATIENCE_SHARE * job.seconds_left)
        restore = {"restore_continue": str(_continued(job, results))} if goes_on else {}
        _train(job, l3c, packs, job.seconds_left / 60, results, **restore)
    results.write()
    finish(job, RESULTS)


def begun_with(job: Job, stage: Stage) -> str | None:
    """The weights that a baseline begins with: RGB with those of RGB Shared, where it has left any."""
    place = job.out / float_file(SHARED)
    return str(place) if stage.name == RGB.name and place.exists() else None


def _train(
    job: Job, stage: Stage, packs: dict[str, Path], minutes: float, results: PublishedResults, **restore: Any
) -> None:
    seconds = seconds_of(job, stage, minutes)
    request = _request(job, stage, packs, seconds / 60, job.work / "runs")
    train(replace(request, **restore), lambda trainer, _: results.save(stage, trainer))


def _request(job: Job, stage: Stage, packs: dict[str, Path], minutes: float, log_dir: Path, *more: str) -> Request:
    overrides = (*stage.settings, *data_settings(packs, minutes), *job.settings, *more)
    options = options_of(minutes)
    return Request(stage.model, "packed", log_dir, overrides, device=job.device, options=options)


def best_weights(trainer: Trainer) -> tuple[dict[str, torch.Tensor], int]:
    """Weights of the best validation, else the averaged ones, else the network's; and their iteration."""
    if trainer.best is not None:
        iteration, path = trainer.experiment.checkpoints.choose(BEST)
        return read_state(path)["network"], iteration
    return trainer.ema or trainer.network.state_dict(), trainer.iteration


def _continued(job: Job, results: PublishedResults) -> Path:
    """An experiment at the point where an earlier call left L3C."""
    assert job.previous is not None
    state = read_run(job.previous, L3C.name)
    experiment = Experiment(job.work / "runs" / f"l3c-call-{results.call}-{int(job.began)}")
    config = config_from(state["config"], str(job.previous))
    assert isinstance(config, Config)
    experiment.folder.mkdir(parents=True)
    experiment.write_config(config)
    experiment.checkpoints.save(state["iteration"], state, Policy(), permanent=True)
    best = results.best_before(L3C)
    if best is not None:
        weights = read_float(str(job.previous / float_file(L3C)))
        experiment.checkpoints.save_best({"network": weights.state, "bpsp": best[0], "iteration": weights.iteration})
    return experiment.folder


def compile_only(job: Job, stage: Stage) -> None:
    """One step of a stage, whose graph then is in the compiler's cache on disk."""
    request = _request(job, stage, packed_data(job), 60.0, job.work / "compiling", "iterations=1")
    train(one_step(request))


def main(arguments: list[str]) -> int:
    """As the script calls it."""
    return main_of(arguments, MODULE, __doc__ or "", STAGES, run, compile_only)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
