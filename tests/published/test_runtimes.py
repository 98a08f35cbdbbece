"""Every runtime computes the same integers, with any number of threads; those that do not are refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from l3c import api
from l3c.errors import EngineError, ModelError
from l3c.published import models, runtimes
from l3c.published.integer_model import PublishedModel, all_parameters
from l3c.published.layers_integer import Program
from l3c.published.operations import IntegerLayer
from l3c.published.pictures import Padding
from l3c.published.runtime_numpy import NumPyRuntime
from l3c.published.runtime_torch import TorchRuntime, UnfoldRuntime, check_precision
from l3c.published.runtimes import make_program, runtime_name
from tests.published.integer import ARCHITECTURES, exported, model, picture

KINDS = list(ARCHITECTURES)
IMAGE = Padding.to_multiple(37, 53, 16).add(picture(37, 53, 2))
Make = Callable[[str, list[IntegerLayer]], Program]


@contextmanager
def torch_threads(count: int) -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def by_onnx(threads: int) -> Make:
    def make(kind: str, layers: list[IntegerLayer]) -> Program:
        pytest.importorskip("onnxruntime")
        from l3c.published.runtime_onnx import OnnxProgram

        return OnnxProgram(ARCHITECTURES[kind], layers, threads)

    return make


def by_unfolding(device: str) -> Make:
    return lambda kind, layers: Program(ARCHITECTURES[kind], UnfoldRuntime(layers, device))


CASES: dict[str, tuple[int, Make]] = {
    "numpy": (1, lambda kind, layers: Program(ARCHITECTURES[kind], NumPyRuntime(layers))),
    "torch, 1 thread": (1, lambda kind, layers: Program(ARCHITECTURES[kind], TorchRuntime(layers))),
    "torch, 2 threads": (2, lambda kind, layers: Program(ARCHITECTURES[kind], TorchRuntime(layers))),
    "unfold": (1, by_unfolding("cpu")),
    "onnx, 1 thread": (1, by_onnx(1)),
    "onnx, 2 threads": (1, by_onnx(2)),
}


def check_equal(kind: str, make: Make) -> None:
    wanted = all_parameters(make_program("definition", ARCHITECTURES[kind], exported(kind)), IMAGE)
    found = all_parameters(make(kind, exported(kind)), IMAGE)
    assert all((a == b).all() for a, b in zip(wanted, found, strict=True))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("case", CASES)
def test_runtimes_equal_the_definition(kind: str, case: str) -> None:
    threads, make = CASES[case]
    with torch_threads(threads):
        check_equal(kind, make)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
@pytest.mark.parametrize("kind", KINDS)
def test_a_gpu_equals_the_definition(kind: str) -> None:
    check_equal(kind, by_unfolding("cuda"))
    image = picture(120, 90)
    payload = model(kind, "cuda").encode(image)
    assert payload == model(kind).encode(image)
    assert (model(kind, "cuda").decode(payload, 120, 90) == image).all()


def test_unfolding_in_bands_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("l3c.published.runtime_torch.BAND", 100)
    check_equal("l3c", by_unfolding("cpu"))


@pytest.mark.parametrize("kind", KINDS)
def test_payloads_do_not_depend_on_the_runtime(kind: str) -> None:
    image = picture(33, 47)
    payload = model(kind, "torch").encode(image)
    for runtime in ("onnx", "numpy"):
        assert model(kind, runtime).encode(image) == payload
        assert (model(kind, runtime).decode(payload, 33, 47) == image).all()


@pytest.mark.parametrize("runtime", ["torch", "onnx"])
def test_files_decode_with_any_number_of_threads(runtime: str, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(runtimes.VARIABLE, runtime)
    path, image = tmp_path / "m.safetensors", 112 + picture(90, 150) // 8
    models.write_model(path, ARCHITECTURES["l3c"], exported("l3c"), tile=64)
    with torch_threads(2):
        data = api.encode(image, model=str(path), threads=3)
    with torch_threads(1):
        assert api.encode(image, model=str(path), threads=1) == data
        assert np.array_equal(api.decode(data, threads=1), image)
    assert api.info(data).tiles == 6
    assert np.array_equal(api.decode(data, threads=4, device="cpu"), image)


def test_a_runtime_that_fails_the_known_answer_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    class Sloppy(TorchRuntime):
        def layer(self, name: str, x: torch.Tensor) -> torch.Tensor:
            found = super().layer(name, x)
            return found + (name == "nets.1.dec.tail")

    monkeypatch.setitem(runtimes.MAKERS, "torch", lambda a, layers: Program(a, Sloppy(layers)))
    with pytest.raises(ModelError, match="l3c: runtime 'torch' fails the model's known answer, and is refused"):
        model.__wrapped__("l3c", "torch")


def test_the_environment_names_a_runtime(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(runtimes.VARIABLE, "numpy")
    assert runtime_name() == runtime_name("cuda") == "numpy"
    monkeypatch.setenv(runtimes.VARIABLE, "abacus")
    with pytest.raises(EngineError, match="no runtime 'abacus'; known: onnx"):
        runtime_name()


def test_what_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtimes, "find_spec", lambda package: None)
    assert runtime_name() == "numpy"
    with pytest.raises(EngineError, match=r"'cuda' needs torch: pip install '.\[train\]'"):
        runtime_name("cuda")


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device")
def test_a_missing_device_is_an_error() -> None:
    with pytest.raises(EngineError, match="no CUDA device"):
        PublishedModel("x", ARCHITECTURES["l3c"], exported("l3c"), "", "cuda")


def test_wave_models_refuse_cuda() -> None:
    image = picture(20, 20)
    with pytest.raises(EngineError, match="'wave' is computed by the processor"):
        api.encode(image, device="cuda")
    with pytest.raises(EngineError, match="computed by the processor"):
        api.decode(api.encode(112 + image // 8), device="cuda")


def test_precision_that_is_not_exact_is_refused() -> None:
    settings, pixels = torch.backends.mkldnn.conv, IMAGE.transpose(2, 0, 1)  # type: ignore[attr-defined]
    before = settings.fp32_precision
    settings.fp32_precision = "bf16"
    try:
        with pytest.raises(EngineError, match="convolutions in bf16, which is not exact"):
            TorchRuntime(exported("l3c")).receive("image", pixels.astype(np.int64))
    finally:
        settings.fp32_precision = before


def test_tf32_is_refused() -> None:
    with pytest.raises(EngineError, match="products of matrices in tf32"):
        check_precision("products of matrices", SimpleNamespace(allow_tf32=True))


def test_autocast_changes_nothing() -> None:
    with torch.autocast("cpu", torch.bfloat16):
        check_equal("l3c", CASES["torch, 1 thread"][1])
