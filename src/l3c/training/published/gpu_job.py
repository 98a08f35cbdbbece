"""RGB Shared, RGB and L3C in a few minutes of one GPU; results in a few small files, by which another call goes on.

`scripts/train_on_gpu.sh` builds the package and calls this; docs/training.md describes both.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import logging
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import torch

from l3c.errors import InputError, L3CError
from l3c.published.float_state import float_name, read_float, write_float
from l3c.storage.atomic import write_whole
from l3c.training.checkpoints import BEST, Policy, read_state
from l3c.training.config_files import config_from
from l3c.training.experiments import LOG, Experiment
from l3c.training.packed import SUFFIX, Reduction, Source, pack
from l3c.training.processes import choose_device
from l3c.training.published.carried import holds_run, read_run, write_run
from l3c.training.published.config import Config
from l3c.training.published.job_table import Line, table_of
from l3c.training.published.speed import matrix_rate, operations_per_pixel
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

RESERVE = 15.0
"""Seconds at the end for the last validation and results, at most."""

RESERVE_SHARE = 0.05
"""The same, of the whole time."""

LOG_EVERY = 100
"""Iterations between two lines of the log, a few seconds on a GPU."""

LEAST_SECONDS = 0.2
"""Less for a stage is refused: nothing would be learned."""

PATIENCE = 90.0
"""Seconds that a baseline's graph is waited for."""

PATIENCE_SHARE = 0.5
"""Of the time that is left, how long L3C's graph is waited for."""

PLAIN = "train"
"""Folder of the data: pictures as they are."""

SCALED = "scaled"
"""Folder of the data: pictures to be reduced."""

VALID = "valid"
"""Folder of the data: pictures for validation."""

REDUCTION = Reduction(0.25, 0.6)
"""Factors for pictures out of JPEG files: at less than 0.6 nothing is left of the grid of 8 x 8 pixels."""

RESULTS = "results"
"""In the work folder: what the last call left, for the next one on the same machine."""

TABLE = "table.md"
"""In the folder of results."""

RESULT = re.compile(r"(.+?)(?:-float\.safetensors|-state-\d+\.safetensors|\.safetensors|\.npz)")
"""A stage's files, after its name."""


@dataclass(frozen=True)
class Stage:
    """One training: its name in results, its configuration, and settings beside those of `packed`."""

    name: str
    model: str
    settings: tuple[str, ...] = ()

    @property
    def float_file(self) -> str:
        return float_name(Path(f"{self.name}.safetensors")).name


SHORT = ("interpolate", "mean_rate=30")
"""Settings of all short trainings, which docs/training.md explains."""

# first, since they are small: what L3C has to beat
BASELINES = (Stage("rgb-shared", "rgb_shared", SHORT), Stage("rgb", "rgb", SHORT))
# inputs of its quantizers, which alone have gradients that vanish, stay within their levels
L3C = Stage("l3c", "l3c", (*SHORT, "range_penalty=0.1"))
STAGES = {stage.name: stage for stage in (*BASELINES, L3C)}  # by name


@dataclass(frozen=True)
class Job:
    """What is asked for. began: when the minutes began, seconds of `time.time`; building the package is in them.

    previous: a folder with an earlier call's results, or None. work: for packed files and checkpoints. settings: of all
    stages, `key=value`.
    """

    minutes: float
    data: Path
    out: Path
    work: Path
    began: float = field(default_factory=time.time)
    previous: Path | None = None
    device: str = "auto"
    settings: tuple[str, ...] = ()

    @property
    def seconds_left(self) -> float:
        """Until the last validation has to begin."""
        whole = 60 * self.minutes
        return self.began + whole - min(RESERVE, RESERVE_SHARE * whole) - time.time()


class Results:
    """What is left in the folder of results: earlier lines of the log, then those of this call's stages.

    operations: of a training step for each pixel, by stage.
    """

    def __init__(self, job: Job, rate: float | None) -> None:
        self.job, self._rate = job, rate
        self._earlier = _lines(job.previous / LOG) if job.previous else []
        self.call = 1 + max((line.get("call", 0) for line in self._earlier), default=0)
        self._now: dict[str, list[Line]] = {}
        self.operations: dict[str, float] = {}

    def save(self, stage: Stage, trainer: Trainer) -> None:
        """Write a stage's weights, and for L3C what another call needs to go on; log and table."""
        if trainer.iteration == 0:
            return
        begin = time.perf_counter()
        out = self.job.out
        state, iteration = best_weights(trainer)
        write_float(out / stage.float_file, trainer.config.network, state, iteration)
        if stage.name == L3C.name:
            write_run(out, stage.name, trainer.state())
        if stage.name not in self.operations:
            self.operations[stage.name] = operations_per_pixel(trainer.config.network)
        self.note(stage, trainer.experiment)
        logger.info("%s: results of iteration %d, %.1f s", stage.name, trainer.iteration, time.perf_counter() - begin)

    def note(self, stage: Stage, experiment: Experiment) -> None:
        """Take over a stage's log so far, and write log and table."""
        marks = {"stage": stage.name, "call": self.call}
        self._now[stage.name] = [{**marks, **line} for line in _lines(experiment.folder / LOG)]
        self.write()

    def write(self) -> None:
        """Log and table."""
        lines = [*self._earlier, *(line for stage in self._now.values() for line in stage)]
        write_whole(self.job.out / LOG, "".join(json.dumps(line) + "\n" for line in lines).encode())
        write_whole(self.job.out / TABLE, table_of(lines, self.operations, self._rate, machine()).encode())

    def best_before(self) -> tuple[float, int] | None:
        """(bits per sub-pixel, iteration) of L3C's best validation in earlier calls."""
        validations = [
            (line["val/bpsp"], line["iteration"])
            for line in self._earlier
            if line["stage"] == L3C.name and "val/bpsp" in line
        ]
        return min(validations, default=None)


def run(job: Job) -> None:
    """All stages that are not done yet; L3C until the minutes are over. Results are written at least every minute."""
    job.out.mkdir(parents=True, exist_ok=True)
    device = choose_device(job.device)
    results = Results(job, matrix_rate(device))
    print(machine(), flush=True)
    packs = packed_data(job)
    carried = carry_over(job, STAGES)
    goes_on = job.previous is not None and holds_run(job.previous, L3C.name)
    stages = [] if goes_on else [stage for stage in BASELINES if stage.name not in carried]
    with compiling(job, [*stages[1:], L3C], device) as compiled:
        for stage in stages:
            minutes = min(BASELINE_MINUTES, BASELINE_SHARE * job.minutes)
            _train(job, compiled.ready(stage, min(PATIENCE, job.seconds_left)), packs, minutes, results)
        l3c = compiled.ready(L3C, PATIENCE_SHARE * job.seconds_left)
        restore = {"restore_continue": str(_continued(job, results))} if goes_on else {}
        _train(job, l3c, packs, job.seconds_left / 60, results, **restore)
    results.write()
    finish(job, RESULTS)


def finish(job: Job, name: str) -> None:
    """Leave the results for another call on this machine, in a folder of that name, and print the table."""
    _copy_results(job.out, job.work / name)
    print((job.out / TABLE).read_text(), flush=True)


def seconds_of(job: Job, stage: Stage, minutes: float) -> float:
    """What a stage may take. Raises InputError where no time is left."""
    seconds = min(60 * minutes, job.seconds_left)
    if seconds < LEAST_SECONDS:
        raise InputError(f"{stage.name}: no time is left of the {job.minutes:g} minutes; results are those of before")
    print(f"{stage.name}: {seconds:.0f} s", flush=True)
    return seconds


def _train(job: Job, stage: Stage, packs: dict[str, Path], minutes: float, results: Results, **restore: Any) -> None:
    seconds = seconds_of(job, stage, minutes)
    request = _request(job, stage, packs, seconds / 60, job.work / "runs")
    train(replace(request, **restore), lambda trainer, _: results.save(stage, trainer))


def _request(job: Job, stage: Stage, packs: dict[str, Path], minutes: float, log_dir: Path, *more: str) -> Request:
    overrides = (*stage.settings, *data_settings(packs, minutes), *job.settings, *more)
    options = options_of(minutes)
    return Request(stage.model, "packed", log_dir, overrides, strict=False, device=job.device, options=options)


def data_settings(packs: dict[str, Path], minutes: float) -> tuple[str, ...]:
    """Where the pictures are, and how long a training may take."""
    return (f"train={packs[PLAIN].parent / ('*' + SUFFIX)}", f"valid={packs[VALID]}", f"minutes={minutes:.4f}")


def options_of(minutes: float) -> dict[str, Any]:
    """Of a training whose minutes begin now: validations and saves at least every minute, and what results need."""
    return {
        "validate_minutes": min(1.0, minutes / 2), "save_minutes": min(1.0, minutes / 2), "log_every": LOG_EVERY,
        "log_heavy": 10**9, "keep_every": 10**9, "keep_last": 1, "workers": 0, "board": False,
        "began": time.monotonic(),
    }  # fmt: skip


def packed_data(job: Job) -> dict[str, Path]:
    """Packed files by folder of the data: plain and reduced pictures for training, those of validation."""
    crop = 128
    for text in job.settings:
        key, _, value = text.partition("=")
        crop = int(value) if key in ("crop", "data.crop") else crop
    if not ((job.data / PLAIN).is_dir() and (job.data / VALID).is_dir()):
        raise InputError(f"{job.data}: needs the folders {PLAIN} and {VALID}, and may have {SCALED}")
    packs = {}
    for name, reduction, least in ((PLAIN, None, crop), (SCALED, REDUCTION, crop), (VALID, None, 1)):
        if (job.data / name).is_dir():
            place = job.work / (VALID if name == VALID else PLAIN)
            packs[name] = _packed(job.data / name, place, reduction, least)
    for stale in {path for place in (VALID, PLAIN) for path in (job.work / place).glob("*" + SUFFIX)}:
        if stale not in packs.values():  # of other data: all that lies there is trained on
            stale.unlink()
    return packs


def _packed(folder: Path, place: Path, reduction: Reduction | None, least: int) -> Path:
    """The packed file of a folder; its name tells of the folder's files, so that others are packed anew."""
    files = sorted((str(path.relative_to(folder)), path.stat().st_size) for path in folder.rglob("*") if path.is_file())
    digest = hashlib.sha256(repr((files, reduction, least)).encode()).hexdigest()[:12]
    target = place / f"{folder.name}-{digest}{SUFFIX}"
    if not target.exists():
        begin = time.perf_counter()
        count, pixels = pack([Source(str(folder), reduction)], target, least)
        print(f"{target}: {count:,} pictures, {pixels:,} pixels, {time.perf_counter() - begin:.1f} s", flush=True)
    return target


def best_weights(trainer: Trainer) -> tuple[dict[str, torch.Tensor], int]:
    """Weights of the best validation, else the averaged ones, else the network's; and their iteration."""
    if trainer.best is not None:
        iteration, path = trainer.experiment.checkpoints.choose(BEST)
        return read_state(path)["network"], iteration
    return trainer.ema or trainer.network.state_dict(), trainer.iteration


def carry_over(job: Job, stages: Iterable[str]) -> list[str]:
    """Take an earlier call's results of these stages into this one's: names of those whose float form they hold."""
    if job.previous is None:
        return []
    if job.previous.resolve() == job.out.resolve():
        raise InputError(f"{job.out}: results of before and of now need folders of their own")
    names = set(stages)
    files = [path for path in job.previous.iterdir() if path.is_file() and _stage_of(path) in names]
    if not files:
        raise InputError(f"{job.previous}: holds no results of an earlier call for {', '.join(sorted(names))}")
    for path in files:
        write_whole(job.out / path.name, path.read_bytes())
    return [stage.name for stage in STAGES.values() if (job.out / stage.float_file).exists()]


def _stage_of(path: Path) -> str | None:
    """The stage that a file of results belongs to; None of the log and the table, which are written anew."""
    match = RESULT.fullmatch(path.name)
    return match[1] if match else None


def _continued(job: Job, results: Results) -> Path:
    """An experiment at the point where an earlier call left L3C."""
    assert job.previous is not None
    state = read_run(job.previous, L3C.name)
    experiment = Experiment(job.work / "runs" / f"l3c-call-{results.call}-{int(job.began)}")
    config = config_from(state["config"], str(job.previous))
    assert isinstance(config, Config)
    experiment.folder.mkdir(parents=True)
    experiment.write_config(config)
    experiment.checkpoints.save(state["iteration"], state, Policy(), permanent=True)
    best = results.best_before()
    if best is not None:
        weights = read_float(str(job.previous / L3C.float_file))
        experiment.checkpoints.save_best({"network": weights.state, "bpsp": best[0], "iteration": weights.iteration})
    return experiment.folder


def _copy_results(out: Path, results: Path) -> None:
    """Copy results to the work folder, so that a call after this one on the same machine can go on.

    Those of before go: parts of an earlier state belong to no whole one.
    """
    if results.resolve() == out.resolve():
        return
    written = {path.name for path in out.iterdir() if path.is_file() and (path.name in (LOG, TABLE) or _stage_of(path))}
    for name in written:
        write_whole(results / name, (out / name).read_bytes())
    for path in results.iterdir():
        if path.is_file() and path.name not in written:
            path.unlink()


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
def compiling(job: Job, stages: Iterable[Stage], device: torch.device, module: str = MODULE) -> Iterator[Compiling]:
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


def compile_only(job: Job, stage: Stage) -> None:
    """One step of a stage, whose graph then is in the compiler's cache on disk."""
    request = _request(job, stage, packed_data(job), 60.0, job.work / "compiling", "iterations=1")
    train(one_step(request))


def one_step(request: Request) -> Request:
    """The same without validations, saves and reports; it fails where the graph cannot be compiled."""
    never = {
        "validate_minutes": None, "save_minutes": None, "validate_every": 10**9, "save": False, "log_every": 10**9,
        "fall_back": False,
    }  # fmt: skip
    return replace(request, options={**request.options, **never})


def machine() -> str:
    """What computes here."""
    if not torch.cuda.is_available():
        return f"PyTorch {torch.__version__}, {torch.get_num_threads()} threads of a processor"
    properties = torch.cuda.get_device_properties(torch.cuda.current_device())
    return f"PyTorch {torch.__version__}, {properties.name}, {properties.total_memory / 2**30:.0f} GiB"


def _lines(path: Path) -> list[Line]:
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def main(arguments: list[str]) -> int:
    """As the script calls it."""
    return main_of(arguments, MODULE, __doc__ or "", STAGES, run, compile_only)


def main_of(
    arguments: list[str],
    module: str,
    description: str,
    stages: Mapping[str, Stage],
    run: Callable[[Job], None],
    compile_only: Callable[[Job, Stage], None],
) -> int:
    """The command line of a job's module."""
    parser = argparse.ArgumentParser(prog=f"python -m {module}", description=description.splitlines()[0])
    parser.add_argument("minutes", type=float, help="from --began to the end, all included")
    parser.add_argument("data", type=Path, help=f"a folder with folders {PLAIN}, {VALID} and perhaps {SCALED}")
    parser.add_argument("out", type=Path, help="gets the results: at most 8 files")
    parser.add_argument("--previous", type=Path, help="a folder with an earlier call's results, to go on from")
    parser.add_argument("--work", type=Path, default=Path("/tmp/l3c-work"), help="packed files and checkpoints")
    parser.add_argument("--began", type=float, default=time.time(), help="seconds since 1970")
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
    parser.add_argument("-p", dest="settings", action="append", default=[], metavar="KEY=VALUE", help="of all stages")
    parser.add_argument("--compile-only", choices=stages, help=argparse.SUPPRESS)
    o = parser.parse_args(arguments)
    logging.basicConfig(format="%(levelname)s: %(message)s", level=logging.INFO)
    job = Job(o.minutes, o.data, o.out, o.work, o.began, o.previous, o.device, tuple(o.settings))
    try:
        if o.compile_only:
            compile_only(job, stages[o.compile_only])
        else:
            run(job)
    except L3CError as error:
        print(f"l3c: {error}", file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
