"""How fast training steps are under one setting after another: what each measure gives on this machine.

python -m l3c.training.published.step_times [--model l3c] [--steps 20] [-p key=value]

A row is printed as soon as it is measured.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from torch import Tensor

from l3c.training.config_files import find_config, read_config
from l3c.training.experiments import Experiment
from l3c.training.options import Options
from l3c.training.processes import Processes, choose_device
from l3c.training.published.config import Config
from l3c.training.published.coster import Ways
from l3c.training.published.speed import matrix_rate, operations_per_pixel
from l3c.training.published.trainer import Trainer

WARM_UP = 3
"""Steps before the clock starts; the first also compiles."""

BATCHES = 4
"""Different batches, of random pixels, so that caches do not help."""


@dataclass(frozen=True)
class Variant:
    """settings: those that differ from the configuration `packed`. waits: for the device after each step."""

    name: str
    settings: tuple[str, ...]
    waits: bool = False


EAGER = ("compile=false",)  # settings of a step that is not compiled
# each adds a measure to the one before
VARIANTS = (
    Variant("float32, waiting after each step", (*EAGER, "bfloat16=false", "channels_last=false"), waits=True),
    Variant("float32", (*EAGER, "bfloat16=false", "channels_last=false")),
    Variant("bfloat16", (*EAGER, "channels_last=false")),
    Variant("bfloat16, channels last", EAGER),
    Variant("the same, with both penalties", (*EAGER, "guidance=1000000", "range_penalty=0.1")),
    Variant("compiled", ()),
    Variant("compiled, reduce-overhead", ("compile_mode=reduce-overhead",)),
    Variant("compiled, max-autotune-no-cudagraphs", ("compile_mode=max-autotune-no-cudagraphs",)),
)


@dataclass(frozen=True)
class Measured:
    """pixels: a second. first: seconds of the first step. memory: bytes at most, 0 on a processor. way: what ran."""

    pixels: float
    first: float
    memory: int
    way: str


def measure(config: Config, device: torch.device, steps: int, waits: bool) -> Measured:
    """Time steps on random pixels."""
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
    memory = torch.cuda.max_memory_allocated(device) if device.type == "cuda" else 0
    return Measured(steps * config.data.batch * config.data.crop**2 / seconds, first, memory, ways.name)


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
        measured = measure(config, device, options.steps, variant.waits)
        share = f"{operations_per_pixel(config.network) * measured.pixels / rate:.1%}" if rate else ""
        name = f"{variant.name} ({measured.way})" if config.run.compile else variant.name
        print(
            f"| {name} | {measured.pixels:,.0f} | {share} | {measured.first:.1f} | {measured.memory / 2**30:.1f} |",
            flush=True,
        )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
