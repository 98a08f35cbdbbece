"""Wave networks in a few minutes of one GPU; results in a few small files, from which another call goes on.

`NETWORKS=wave scripts/train_on_gpu.sh` calls this; docs/training.md describes both.
"""

from __future__ import annotations

import io
import logging
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from l3c.storage.atomic import write_whole
from l3c.training.checkpoints import BEST, LATEST, read_state
from l3c.training.job.ahead import PATIENCE, PATIENCE_SHARE, compiling
from l3c.training.job.command import main_of
from l3c.training.job.job import Job, Stage, machine, one_step, options_of, seconds_of
from l3c.training.job.packs import data_settings, packed_data
from l3c.training.job.rate import BACKWARD, matrix_rate
from l3c.training.job.results import Results, carry_over, finish
from l3c.training.processes import choose_device
from l3c.training.request import Request
from l3c.training.train import train
from l3c.training.wave.export import export_wave
from l3c.training.wave.objective import parameter_count
from l3c.training.wave.start import exported
from l3c.training.wave.trainer import WaveTrainer

logger = logging.getLogger(__name__)

MODULE = "l3c.training.wave.gpu_job"
"""By which it starts processes of its own."""

DATA = "small_packed"  # the data configuration
RESULTS = "results-wave"  # in the work folder, beside those of the published networks
BEGIN = "wave-max"  # the model whose weights all stages begin with, where nothing better is there
LONGER = Stage("longer", "wave_max", ("least_gain=0.003",))
"""The package's largest network, trained for longer. Gains below 0.3 % are not worth another file of 86 kB."""

WIDE = Stage("wide", "wave_wide", ("least_gain=0.005",))
"""A network three times as large, for archives. Less than 0.5 % in its patience, and 1 % is out of reach."""

LEARNING = {LONGER.name: "archives", WIDE.name: "everyday"}
"""How the exported networks learn while they code. The layers behind the wide one's cached features have four times the
weights of `wave-max`'s, whose learning takes most of its time: only the last of them and the heads learn."""

STAGES = {stage.name: stage for stage in (LONGER, WIDE)}  # by name
LONGER_SHARE = 0.4
"""Of all minutes, at most: `wide`, whose steps take longer, has the rest."""

PATIENCE_MINUTES = 5.0
"""Within which a stage must gain, at most, or its rate falls to the end."""

RUN_PATIENCE_SHARE = 0.5
"""The same, of its minutes: in a short one the gain of the falling rate must be seen."""


class WaveResults(Results):
    """Of each stage the averaged parameters, NAME.npz, and the model to code with, NAME.safetensors."""

    def keep(self, stage: Stage, trainer: WaveTrainer) -> None:
        """Write a stage's best weights, as parameters and as a model; log and table."""
        if trainer.best is None:
            return
        begin = time.perf_counter()
        chosen = BEST if trainer.options.save else LATEST
        iteration, path = trainer.experiment.checkpoints.choose(chosen)
        target = self.job.out / f"{stage.name}.safetensors"
        export_wave(trainer.experiment, trainer.config, target, chosen, LEARNING[stage.name])
        content = io.BytesIO()
        np.savez(content, parameters=exported(read_state(path)))
        write_whole(parameters_file(self.job.out, stage), content.getvalue())
        self.operations[stage.name] = 2 * BACKWARD * parameter_count(trainer.architecture)
        self.note(stage, trainer.experiment)
        logger.info("%s: results of iteration %d, %.1f s", stage.name, iteration, time.perf_counter() - begin)


def parameters_file(folder: Path, stage: Stage) -> Path:
    return folder / f"{stage.name}.npz"


def run(job: Job) -> None:
    """Both stages, one after the other; results are written at least every minute."""
    job.out.mkdir(parents=True, exist_ok=True)
    device = choose_device(job.device)
    results = WaveResults(job, matrix_rate(device))
    print(machine(), flush=True)
    packs = packed_data(job)
    carry_over(job, STAGES)
    with compiling(job, [WIDE], device, MODULE) as compiled:
        _train(job, LONGER, packs, LONGER_SHARE * job.minutes, results)
        patience = min(PATIENCE, PATIENCE_SHARE * job.seconds_left)
        _train(job, compiled.ready(WIDE, patience), packs, job.seconds_left / 60, results)
    results.write()
    finish(job, RESULTS)


def _train(job: Job, stage: Stage, packs: dict[str, Path], minutes: float, results: WaveResults) -> None:
    seconds = seconds_of(job, stage, minutes)
    stage = replace(stage, settings=(*stage.settings, f"seed={results.call}"))  # another call sees other crops
    request = _request(job, stage, packs, seconds / 60, job.work / "runs")
    train(request, lambda trainer, _: results.keep(stage, trainer))


def _request(job: Job, stage: Stage, packs: dict[str, Path], minutes: float, log_dir: Path, *more: str) -> Request:
    patience = min(PATIENCE_MINUTES, RUN_PATIENCE_SHARE * minutes)
    overrides = (
        *stage.settings, f"patience={patience:.4f}", *data_settings(packs, minutes), *job.settings, *more
    )  # fmt: skip
    device = choose_device(job.device).type
    return Request(
        stage.model, DATA, log_dir, overrides, restore_restart=_begin(job, stage), device=device,
        options=options_of(minutes),
    )  # fmt: skip


def _begin(job: Job, stage: Stage) -> str:
    """What a stage begins with: its own parameters of an earlier call, else the best network that it can widen."""
    before = parameters_file(job.out, stage), job.out / f"{LONGER.name}.safetensors"
    return next((str(place) for place in before if place.exists()), BEGIN)


def compile_only(job: Job, stage: Stage) -> None:
    """One step of a stage, whose graph then is in the compiler's cache on disk."""
    request = _request(job, stage, packed_data(job), 60.0, job.work / "compiling", "iterations=1", "patience=null")
    train(one_step(replace(request, restore_restart=BEGIN)))


def main(arguments: list[str]) -> int:
    """As the script calls it."""
    return main_of(arguments, MODULE, __doc__ or "", STAGES, run, compile_only)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
