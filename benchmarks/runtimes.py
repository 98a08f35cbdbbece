"""Seconds that exported networks take on each runtime, with one thread and two: processor's time and the clock's.

Every runtime must give the same payload. Without MODEL an untrained network of the paper's size does the work.

    python benchmarks/runtimes.py PICTURE [--kind l3c] [--model MODEL.safetensors] [--repeats 3]
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from l3c.published.architecture import Architecture
from l3c.published.export import export_layers
from l3c.published.integer_model import PublishedModel, known_answer
from l3c.published.layers_integer import Program
from l3c.published.models import read_stored
from l3c.published.network import make_network
from l3c.published.runtime_numpy import NumPyRuntime
from l3c.published.runtime_onnx import OnnxProgram
from l3c.published.runtime_torch import TorchRuntime, UnfoldRuntime
from l3c.published.runtimes import make_program

Pixels = np.ndarray[Any, np.dtype[np.uint8]]
THREADS = (1, 2)


def network(model: Path | None, kind: str, image: Pixels) -> PublishedModel:
    """A model whose program is replaced for each measurement."""
    if model:
        stored = read_stored(str(model))
        return PublishedModel(model.stem, stored.architecture, stored.network, stored.answer, "torch", stored.tile)
    torch.manual_seed(0)
    a = Architecture(kind=kind, scales=1 if kind == "rgb-shared" else 3)
    layers = export_layers(a, make_network(a).state_dict(), [image[:256, :256]])
    return PublishedModel("untrained", a, layers, known_answer(make_program("torch", a, layers)), "torch")


def programs(model: PublishedModel) -> Iterator[tuple[str, int, Program]]:
    """(runtime, threads, program); NumPy's threads are those of its BLAS, which OMP_NUM_THREADS sets."""
    a, layers = model.architecture, model.layers
    for threads in THREADS:
        torch.set_num_threads(threads)
        yield "onnx", threads, OnnxProgram(a, layers, threads)
        yield "torch", threads, Program(a, TorchRuntime(layers))
        yield "torch, unfolded", threads, Program(a, UnfoldRuntime(layers, "cpu"))
    yield "numpy", 0, Program(a, NumPyRuntime(layers))


def least(work: Callable[[], Any], repeats: int) -> tuple[Any, float, float]:
    """What it gives, and the least (processor's, clock's) seconds of several attempts."""
    attempts = []
    for _ in range(repeats):
        begin, clock = time.process_time(), time.perf_counter()
        result = work()
        attempts.append((time.process_time() - begin, time.perf_counter() - clock))
    return result, min(cpu for cpu, _ in attempts), min(wall for _, wall in attempts)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("picture", type=Path)
    parser.add_argument("--kind", default="l3c", choices=("l3c", "rgb", "rgb-shared"))
    parser.add_argument("--model", type=Path)
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    image = np.asarray(Image.open(options.picture).convert("RGB"))
    model, wanted = network(options.model, options.kind, image), b""
    print(f"{'runtime':<17}{'threads':>8}{'encode: CPU s':>15}{'clock s':>9}{'decode: CPU s':>15}{'clock s':>9}")
    for name, threads, program in programs(model):
        over = model.over(program)
        payload, *encode = least(partial(over.encode, image), options.repeats)
        back, *decode = least(partial(over.decode, payload, *image.shape[:2]), options.repeats)
        if payload != (wanted or payload) or not np.array_equal(back, image):
            raise SystemExit(f"{name} gives other bits")
        wanted = payload
        times = "".join(f"{cpu:>15.2f}{wall:>9.2f}" for cpu, wall in (encode, decode))
        print(f"{name:<17}{threads or '-':>8}{times}", flush=True)


if __name__ == "__main__":
    main()
