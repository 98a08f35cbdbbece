"""Trains the wave network with the engine's gradient code: no framework, one thread, resumable.

    python -m l3c.training.wave RUN_FOLDER --train FOLDER --valid FOLDER --pixels 9e8

The run folder gets `config.json`, `log.jsonl` (one line a report: pixels, bits per sub-pixel, pixels per second) and
`checkpoint.npz`; the same command continues from the checkpoint. `--start CHECKPOINT` begins from another run's
parameters. The last share of the training runs on the grid of the integer network (`--quantize-from`).
"""

from __future__ import annotations

import argparse
import json
import math
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from l3c.training.crops import Crops, Pixels, read_folder, to_coding_order
from l3c.training.wave_quantize import round_parameters, split
from l3c.wave.architecture import Architecture

Parameters = NDArray[np.float32]


@dataclass(frozen=True)
class Options:
    """Settings of a run. pixels: pixels to be seen in all. quantize_from: share of them after which rounding begins."""

    pixels: float = 9e8
    batch: int = 2
    crop: int = 64
    rate: float = 2.5e-3
    final_rate: float = 1e-5
    warm_up: int = 1000
    quantize_from: float = 0.75
    seed: int = 1
    report_every: int = 4000


def initial_parameters(architecture: Architecture, seed: int) -> Parameters:
    """He initialisation; spread scales in the mixtures; each colour predicted to move with the colours before it."""
    random = np.random.default_rng(seed)
    count = sum(layer.outputs * (layer.inputs + 1) for layer in architecture.layers())
    parameters = np.zeros(count, np.float32)
    for layer, weights, bias in split(architecture, parameters):
        weights[:] = random.standard_normal(weights.shape) * np.sqrt(2 / layer.inputs)
        if layer.name.startswith("head") and layer.name.endswith(".1"):
            k = architecture.components
            weights *= 0.1
            bias[2 * k : 3 * k] = np.linspace(-1, 1.5, k)
            coefficients = layer.outputs - 3 * k
            bias[3 * k :] = 0.9 / max(coefficients, 1)
    return parameters


def gradient(
    architecture: Architecture, parameters: Parameters, crops: Pixels, quantized: bool
) -> tuple[float, Parameters]:
    """Mean bits per sub-pixel over the crops, and its gradient."""
    from l3c.engine import wave_gradient

    if quantized:
        parameters = round_parameters(architecture, parameters)
    bits, total = wave_gradient(architecture, parameters, crops, quantized)
    return bits / crops.size, total / np.float32(crops.size)


class Adam:
    """Adam (Kingma and Ba, 2015) with bias correction, float32 moments."""

    def __init__(self, count: int) -> None:
        self.mean, self.square = np.zeros(count, np.float32), np.zeros(count, np.float32)

    def step(self, parameters: Parameters, slope: Parameters, rate: float, t: int) -> None:
        b1, b2 = 0.9, 0.99
        self.mean += (1 - b1) * (slope - self.mean)
        self.square += (1 - b2) * (slope * slope - self.square)
        scale = rate / (1 - b1**t)
        parameters -= scale * self.mean / (np.sqrt(self.square / (1 - b2**t)) + 1e-8)


def learning_rate(options: Options, step: int, steps: int) -> float:
    """Linear warm-up, then half a cosine from `rate` to `final_rate`."""
    warm = min(1.0, (step + 1) / options.warm_up)
    wave = 0.5 * (1 + math.cos(math.pi * step / steps))
    return warm * (options.final_rate + (options.rate - options.final_rate) * wave)


def validation_cost(architecture: Architecture, parameters: Parameters, images: list[Pixels], quantized: bool) -> float:
    """Mean over images of bits per sub-pixel, on centre crops of at most 256 x 256."""
    costs = []
    for image in images:
        height, width = (min(256, s // 16 * 16) for s in image.shape[:2])
        y, x = (image.shape[0] - height) // 2, (image.shape[1] - width) // 2
        crop = to_coding_order(image[y : y + height, x : x + width], architecture.channels)
        costs.append(gradient(architecture, parameters, crop[None], quantized)[0])
    return float(np.mean(costs))


class Run:
    """A run folder: state in memory, checkpoint and log on disk."""

    def __init__(self, folder: Path, architecture: Architecture, options: Options, start: Path | None) -> None:
        self.folder, self.architecture, self.options = folder, architecture, options
        self.parameters = initial_parameters(architecture, options.seed)
        self.step = 0
        self.adam = Adam(self.parameters.size)
        folder.mkdir(parents=True, exist_ok=True)
        if (folder / "checkpoint.npz").exists():
            self._restore(folder / "checkpoint.npz")
        elif start:
            self.parameters = np.load(start)["parameters"]
        settings = {"architecture": architecture.to_dict(), "options": vars(options)}
        (folder / "config.json").write_text(json.dumps(settings, indent=1))

    def _restore(self, path: Path) -> None:
        state = np.load(path)
        self.parameters, self.step = state["parameters"], int(state["step"])
        self.adam.mean, self.adam.square = state["mean"], state["square"]

    def save(self) -> None:
        partial = self.folder / "checkpoint.partial.npz"
        np.savez(partial, parameters=self.parameters, step=self.step, mean=self.adam.mean, square=self.adam.square)
        partial.replace(self.folder / "checkpoint.npz")

    def log(self, **entry: float) -> None:
        line = json.dumps({k: round(v, 5) for k, v in entry.items()})
        print(line, flush=True)
        with (self.folder / "log.jsonl").open("a") as file:
            file.write(line + "\n")

    def train(self, training: list[Pixels], validation: list[Pixels]) -> None:
        o = self.options
        pixels_a_step = o.batch * o.crop**2
        steps = int(o.pixels / pixels_a_step)
        crops = Crops(training, o.crop, self.architecture.channels, o.seed + self.step)
        bits, since = 0.0, time.perf_counter()
        while self.step < steps:
            quantized = self.step >= o.quantize_from * steps
            cost, slope = gradient(self.architecture, self.parameters, crops.batch(o.batch), quantized)
            self.step += 1
            self.adam.step(self.parameters, slope, learning_rate(o, self.step, steps), self.step)
            bits += cost
            if self.step % o.report_every == 0 or self.step == steps:
                rate = o.report_every * pixels_a_step / (time.perf_counter() - since)
                valid = validation_cost(self.architecture, self.parameters, validation, quantized)
                self.log(pixels=self.step * pixels_a_step, train=bits / o.report_every, valid=valid,
                         pixels_per_second=rate, quantized=quantized)  # fmt: skip
                self.save()
                bits, since = 0.0, time.perf_counter()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path)
    parser.add_argument("--train", type=Path, required=True)
    parser.add_argument("--valid", type=Path, required=True)
    parser.add_argument("--start", type=Path)
    for settings in (Architecture(), Options()):
        for name, value in vars(settings).items():
            parser.add_argument("--" + name.replace("_", "-"), type=type(value), default=value)
    chosen = vars(parser.parse_args())
    architecture = Architecture(**{k: chosen[k] for k in vars(Architecture())})
    options = Options(**{k: chosen[k] for k in vars(Options())})
    run = Run(chosen["run"], architecture, options, chosen["start"])
    run.train(read_folder(chosen["train"]), read_folder(chosen["valid"]))


if __name__ == "__main__":
    main()
