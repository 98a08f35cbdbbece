"""Networks of one's own become integers: the same on every runtime, near the float network, or a clear error."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from l3c.errors import InputError, ModelError
from l3c.published.architecture import Architecture
from l3c.published.fine_tuning import fine_tune
from l3c.published.graph_export import export_own, leak_of
from l3c.published.integer_model import all_parameters
from l3c.published.layers_integer import Program
from l3c.published.models import read_model, write_model
from l3c.published.network import L3C, Scales
from l3c.published.operations import SUM_MAX
from l3c.published.pictures import Padding
from l3c.published.runtime_torch import UnfoldRuntime
from l3c.published.runtimes import make_program
from tests.published.integer import picture
from tests.published.own import NETWORKS, exported, network

IMAGE = Padding.to_multiple(37, 53, 16).add(picture(37, 53, 2))
PICTURES = [picture(24, 32)]


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("runtime", ["numpy", "torch", "unfold", "onnx"])
def test_every_runtime_computes_the_same(name: str, runtime: str) -> None:
    if runtime == "onnx":
        pytest.importorskip("onnxruntime")
    a, layers = exported(name)
    wanted = all_parameters(make_program("definition", a, layers), IMAGE)
    program = Program(a, UnfoldRuntime(layers, "cpu")) if runtime == "unfold" else make_program(runtime, a, layers)
    found = all_parameters(program, IMAGE)
    assert all(np.array_equal(a, b) for a, b in zip(wanted, found, strict=True))


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize("name", NETWORKS)
def test_a_gpu_computes_the_same(name: str) -> None:
    a, layers = exported(name)
    wanted = all_parameters(make_program("definition", a, layers), IMAGE)
    found = all_parameters(make_program("cuda", a, layers), IMAGE)
    assert all(np.array_equal(a, b) for a, b in zip(wanted, found, strict=True))


@pytest.mark.parametrize("name", NETWORKS)
def test_every_sum_is_bounded(name: str) -> None:
    assert all(layer.bound().max() < SUM_MAX for layer in exported(name)[1])


@pytest.mark.parametrize("name", NETWORKS)
def test_files_are_near_the_float_networks_cost(name: str, tmp_path: Path) -> None:
    path = tmp_path / "own.safetensors"
    write_model(path, *exported(name))
    model, image = read_model(path, "numpy"), picture(96, 64, 5)
    payload = model.encode(image)
    assert np.array_equal(model.decode(payload, 96, 64), image)
    floats = network(name)
    with torch.no_grad():
        bits = float(floats.bits(floats(torch.from_numpy(image.transpose(2, 0, 1).copy()).float()[None])).sum())
    assert 8 * len(payload) == pytest.approx(bits, rel=0.01)


def test_fine_tuning_lowers_the_cost() -> None:
    a, costs = exported("everything")[0], []
    batches = [torch.from_numpy(picture(32, 32, seed).transpose(2, 0, 1).copy())[None] for seed in range(3)] * 4

    def tune(architecture, weights, grids):  # type: ignore[no-untyped-def]
        assert architecture == a
        return fine_tune(a, weights, grids, batches, 12, 3e-3, lambda i, bpsp: costs.append(bpsp))

    export_own(network("everything"), [picture(40, 48), picture(33, 20, 1)], tune)
    assert costs[-1] < costs[0]


def test_no_pictures_is_an_error() -> None:
    with pytest.raises(InputError, match="no pictures to calibrate with"):
        export_own(network("example"), [])


@pytest.mark.parametrize("slope", [0.0, 0.01, 0.1, 0.125, 0.2, 0.99])
def test_slopes_are_near(slope: float) -> None:
    factor, shift = leak_of(slope)
    assert 0 <= factor < 256
    assert factor / 2**shift == pytest.approx(slope, rel=1 / 256, abs=1e-5)


class Odd(L3C):
    """L3C, whose contexts pass through something."""

    def __init__(self, through: nn.Module | Callable[[Tensor], Tensor]) -> None:
        super().__init__(Architecture(kind="tests:Odd", scales=1, features=8, blocks=1, components=2))
        self.through = through

    def context(self, scale: int, auxiliary: Tensor, coarser: Tensor | None) -> Tensor:
        return self.through(super().context(scale, auxiliary, coarser))


def trained(*shape: int) -> nn.Parameter:
    return nn.Parameter(torch.ones(shape))


REFUSED: dict[str, tuple[Any, str]] = {
    "sigmoid": (nn.Sigmoid(), r"through: Sigmoid has no exact integer form here; there are convolutions"),
    "a function": (torch.tanh, r"Odd\.context: tanh has no exact integer form"),
    "within": (nn.Sequential(nn.Conv2d(8, 8, 1), nn.GELU()), r"through\.1: GELU has no exact"),
    "a product": (lambda x: x * x, "product of two computed tensors"),
    "transposed": (nn.ConvTranspose2d(8, 8, 2, 2), "ConvTranspose2d"),
    "even": (nn.Conv2d(8, 8, 4, padding=1), r"kernel \[4, 4\]"),
    "no padding": (nn.Conv2d(8, 8, 3), "padding"),
    "reflection": (nn.Conv2d(8, 8, 3, padding=1, padding_mode="reflect"), "padding reflect"),
    "stride": (nn.Conv2d(8, 8, 3, padding=1, stride=3), "stride 3|stride"),
    "sizes": (lambda x: x[:, :, : x.shape[2]], "getattr has no exact"),
    "values": (lambda x: x if x.sum() > 0 else -x, r"Odd\.context: cannot be traced: TraceError"),
    "other dimension": (lambda x: torch.cat([x, x], 2), "another dimension"),
    "a map": (lambda x: x * torch.ones(8, 4, 4), r"a constant of shape \[8, 4, 4\]"),
    "in place": (lambda x: x.mul_(2) + x, "mul_ has no exact"),
    "mean": (nn.AdaptiveAvgPool2d(1), "AdaptiveAvgPool2d"),
    "alpha": (lambda x: torch.add(x, x, alpha=2), "alpha"),
    "shuffle": (lambda x: nn.functional.pixel_shuffle(torch.cat([x, x, x, x, x, x, x, x, x], 1), 3), "shuffle by 3"),
    "crash": (lambda x: x.nothing_such(), "nothing_such"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_taken_is_named(case: str) -> None:
    through, message = REFUSED[case]
    with pytest.raises(ModelError, match=message):
        export_own(Odd(through), PICTURES)


def test_lost_layers_are_named() -> None:
    odd = Odd(nn.Identity())
    odd.more = nn.ModuleList([nn.Conv2d(8, 8, 3), nn.Conv2d(8, 8, 3)])
    odd.register_buffer("seen", torch.zeros(3))
    with pytest.raises(
        ModelError, match=r"reads more\.0\.weight, more\.0\.bias, more\.1\.weight, more\.1\.bias, seen: "
    ):
        export_own(odd, PICTURES)


def test_code_that_depends_on_sizes_is_found() -> None:
    def ramp(x: Tensor) -> Tensor:
        y = x
        y += 1.0
        return x + y

    with pytest.raises(ModelError, match=r"off by .*in place"):
        export_own(Odd(ramp), PICTURES)


@pytest.mark.parametrize("levels", [torch.linspace(-1, 1, 25) * 1.1, torch.linspace(-1, 1, 25) ** 3])
def test_other_levels_are_named(levels: Tensor) -> None:
    odd = Odd(nn.Identity())
    odd.nets[0].enc.levels.data.copy_(levels)  # type: ignore[operator, union-attr]
    with pytest.raises(ModelError, match=r"nets\.0\.enc\.q\.levels: not 25 levels"):
        export_own(odd, PICTURES)


def test_other_mixtures_are_named() -> None:
    class Other(Odd):
        def uniform_levels(self) -> int:
            return 7

    with pytest.raises(ModelError, match="has 7 levels, expected 25"):
        export_own(Other(nn.Identity()), PICTURES)


class Cheaper(L3C):
    """Trained for another cost than that of its files."""

    def nats(self, scales: Scales) -> list[Tensor]:
        return [cost / 2 for cost in super().nats(scales)]


def test_a_cost_of_ones_own_is_named() -> None:
    with pytest.raises(ModelError, match="has a nats of its own, which files would not be coded by"):
        export_own(Cheaper(Architecture(features=8, blocks=1, components=3)), PICTURES)


def test_weights_that_grow_without_end_have_no_steps() -> None:
    """Weights on the way of a sum around a circle of signals."""

    class Exploding(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layers = nn.ModuleList(nn.Conv2d(8, 8, 3, padding=1) for _ in range(4))
            for layer in self.layers:
                nn.init.normal_(layer.weight, 0.0, 1e3)  # type: ignore[arg-type]

        def forward(self, x: Tensor) -> Tensor:
            for layer in self.layers:
                x = x + layer(torch.relu(layer(x)))
            return x

    with pytest.raises(ModelError, match="no step has room for them"):
        export_own(Odd(Exploding()), PICTURES)
