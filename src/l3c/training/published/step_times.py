"""How fast training steps are under one setting after another: what each measure gives on this machine.

python -m l3c.training.published.step_times [--model l3c] [--steps 20] [--profile] [-p key=value]

A row is printed as soon as it is measured. --profile prints below it which kernels or operations take the time.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from torch import Tensor

from l3c.training.compiling import Ways
from l3c.training.config_files import find_config, read_config
from l3c.training.experiments import Experiment
from l3c.training.job.rate import matrix_rate
from l3c.training.options import Options
from l3c.training.processes import Processes, choose_device
from l3c.training.published.config import Config
from l3c.training.published.speed import operations_per_pixel
from l3c.training.published.trainer import Trainer

WARM_UP = 3
"""Steps before the clock starts; the first also compiles."""

PROFILED = 5
"""Steps that are profiled: each is the same, and a profile of more grows large."""

ROWS = 25
"""Of a profile: kernels that take less are too many to tell of."""

WIDTH = 100
"""Characters of a kernel's name; templates make them endless."""

BATCHES = 4
"""Different batches, of random pixels, so that caches do not help."""


@dataclass(frozen=True)
class Variant:
    """settings: those that differ from the configuration `packed`. waits: for the device after each step."""

    name: str
    settings: tuple[str, ...]
    waits: bool = False


EAGER = ("compile=false",)  # settings of a step that is not compiled
PENALTIES = ("guidance=1000000", "range_penalty=0.1")  # settings by which both are computed in every step
USED = ("range_penalty=0.1",)  # the penalty of L3C's training
# each adds a measure to the one before
VARIANTS = (
    Variant("float32, waiting after each step", (*EAGER, "bfloat16=false", "channels_last=false"), waits=True),
    Variant("float32", (*EAGER, "bfloat16=false", "channels_last=false")),
    Variant("bfloat16", (*EAGER, "channels_last=false")),
    Variant("bfloat16, channels last", EAGER),
    Variant("the same, with both penalties", (*EAGER, *PENALTIES)),
    # the graph of L3C's training by scripts/train_on_gpu.sh, which then need not be compiled anew
    Variant("compiled, with range_penalty", USED),
    Variant("the same, reduce-overhead", (*USED, "compile_mode=reduce-overhead")),
    Variant("the same, max-autotune-no-cudagraphs", (*USED, "compile_mode=max-autotune-no-cudagraphs")),
)


@dataclass(frozen=True)
class Measured:
    """pixels: a second. first: seconds of the first step. memory: bytes at most, 0 on a processor. way: what ran.

    profile: a table of what took the time, empty where none was asked for.
    """

    pixels: float
    first: float
    memory: int
    way: str
    profile: str = ""


def measure(config: Config, device: torch.device, steps: int, waits: bool, profiles: bool = False) -> Measured:
    """Time steps on random pixels; `profiles` others, after those that are timed."""
    options = Options(save=False, board=False)
    with TemporaryDirectory() as folder:
        trainer = Trainer(Experiment(Path(folder)), config, options, Processes(0, 1, device))
        ways = Ways(trainer.coster, config.run, 1)
        if device.type == "cuda":
            torch.cuda.reset_peak_memory_stats(device)
        batches = list(_batches(config, device))

        def step(number: int) -> None:
            rate = config.optimizer.learning_rate
            trainer.step(ways, batches[number % BATCHES], config.data.batch, rate, False, config.optimizer.guidance > 0)
            if waits:
                _wait(device)

        begin = time.perf_counter()
        for number in range(WARM_UP):
            step(number)
            if number == 0:
                _wait(device)
                first = time.perf_counter() - begin
        _wait(device)
        begin = time.perf_counter()
        for number in range(steps):
            step(number)
        _wait(device)
        seconds = time.perf_counter() - begin
        profile = _profile(step, device) if profiles else ""
    memory = torch.cuda.max_memory_allocated(device) if device.type == "cuda" else 0
    return Measured(steps * config.data.batch * config.data.crop**2 / seconds, first, memory, ways.name, profile)


def _profile(step: Callable[[int], None], device: torch.device) -> str:
    """Markdown of the kernels, on a processor the operations, that take the most of a few steps."""
    activities = [torch.profiler.ProfilerActivity.CPU]
    if device.type == "cuda":
        activities = [torch.profiler.ProfilerActivity.CUDA]
    with torch.profiler.profile(activities=activities) as profiler:
        for number in range(PROFILED):
            step(number)
        _wait(device)
    events = profiler.key_averages()
    own = "self_device_time_total" if device.type == "cuda" else "self_cpu_time_total"
    ranked = sorted(events, key=lambda event: -getattr(event, own))
    whole = sum(getattr(event, own) for event in events) or 1
    lines = ["| what | calls a step | ms a step | share |", "| --- | ---: | ---: | ---: |"]
    for event in ranked[:ROWS]:
        spent = getattr(event, own)
        name = " ".join(event.key.split()).replace("|", "/")[:WIDTH]
        lines.append(
            f"| `{name}` | {event.count / PROFILED:.0f} | {spent / PROFILED / 1000:.2f} | {spent / whole:.1%} |"
        )
    return "\n".join([f"{whole / PROFILED / 1000:.1f} ms a step:\n", *lines, ""])


def _batches(config: Config, device: torch.device) -> Iterator[Tensor]:
    shape = (config.data.batch, 3, config.data.crop, config.data.crop)
    for _ in range(BATCHES):
        yield torch.randint(0, 256, shape, dtype=torch.uint8, device=device)


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def main(arguments: list[str]) -> int:
    """Print a table."""
    parser = argparse.ArgumentParser(prog="python -m l3c.training.published.step_times")
    parser.add_argument("--model", default="l3c", help="a model's configuration (default: l3c)")
    parser.add_argument("--steps", type=int, default=20, help="that are timed (default: 20)")
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
    parser.add_argument("--only", type=int, action="append", metavar="N", help="measure the N-th row only, from 1")
    parser.add_argument("--profile", action="store_true", help="print which kernels take the time")
    parser.add_argument("-p", dest="settings", action="append", default=[], metavar="KEY=VALUE")
    options = parser.parse_args(arguments)
    device = choose_device(options.device)
    rate = matrix_rate(device)
    paths = find_config("model", options.model), find_config("data", "packed")
    print(
        "| setting | pixels a second | share | first step, s | GiB |\n| --- | ---: | ---: | ---: | ---: |", flush=True
    )
    for number, variant in enumerate(VARIANTS, 1):
        if options.only and number not in options.only:
            continue
        config = read_config(paths, (*variant.settings, "run.minutes=1", *options.settings))
        assert isinstance(config, Config)
        measured = measure(config, device, options.steps, variant.waits, options.profile)
        share = f"{operations_per_pixel(config.network) * measured.pixels / rate:.1%}" if rate else ""
        name = f"{variant.name} ({measured.way})" if config.run.compile else variant.name
        print(
            f"| {name} | {measured.pixels:,.0f} | {share} | {measured.first:.1f} | {measured.memory / 2**30:.1f} |",
            flush=True,
        )
        if measured.profile:
            print(f"\n{measured.profile}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
