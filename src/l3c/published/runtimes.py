"""Who computes integer networks: names of runtimes, which are available, which is chosen."""

from __future__ import annotations

import os
from collections.abc import Callable
from importlib.util import find_spec

from l3c.errors import EngineError, install_command
from l3c.published.architecture import Architecture
from l3c.published.layers_integer import Program
from l3c.published.operations import IntegerLayer

VARIABLE = "L3C_RUNTIME"
"""Environment variable: the runtime to use, whatever the device that is asked for. Empty is as if it were not set."""

THREADS = "OMP_NUM_THREADS"
"""Environment variable: threads of a network, as PyTorch and NumPy read it too; all processors where it is not set."""

NEEDS = {"onnx": ("onnx", "onnxruntime"), "torch": ("torch",), "numpy": (), "definition": (), "cuda": ("torch",)}
"""Packages that each needs. The first that is available is the processor's default: they are in order of speed."""

EXTRAS = {"onnx": "onnx", "torch": "train", "cuda": "train"}
"""Of the package, which bring them."""


def runtime_name(device: str = "auto") -> str:
    """Name of the runtime that the environment names, or for a device: auto is the processor's fastest.

    Raises EngineError for one that is not available.
    """
    named = os.environ.get(VARIABLE, "")
    if not named and device != "cuda":
        return next(name for name in NEEDS if _is_available(name))
    wanted = named or device
    if wanted not in NEEDS:
        raise EngineError(f"{VARIABLE}: no runtime {wanted!r}; known: {', '.join(NEEDS)}")
    if not _is_available(wanted):
        packages = " and ".join(NEEDS[wanted])
        raise EngineError(f"runtime {wanted!r} needs {packages}: {install_command(EXTRAS[wanted])}")
    return wanted


def _is_available(name: str) -> bool:
    return all(find_spec(package) for package in NEEDS[name])


def make_program(name: str, a: Architecture, layers: list[IntegerLayer]) -> Program:
    """A network over the runtime of that name. Raises EngineError where its device is missing."""
    return MAKERS[name](a, layers)


def _torch(a: Architecture, layers: list[IntegerLayer]) -> Program:
    from l3c.published.runtime_torch import TorchRuntime

    return Program(a, TorchRuntime(layers))


def _cuda(a: Architecture, layers: list[IntegerLayer]) -> Program:
    from l3c.published.runtime_torch import UnfoldRuntime

    return Program(a, UnfoldRuntime(layers))


def _onnx(a: Architecture, layers: list[IntegerLayer]) -> Program:
    from l3c.published.runtime_onnx import OnnxProgram

    threads = os.environ.get(THREADS, "")
    return OnnxProgram(a, layers, int(threads) if threads.isdecimal() else None)


def _numpy(a: Architecture, layers: list[IntegerLayer]) -> Program:
    from l3c.published.runtime_numpy import NumPyRuntime

    return Program(a, NumPyRuntime(layers))


def _definition(a: Architecture, layers: list[IntegerLayer]) -> Program:
    from l3c.published.runtime_numpy import Definition

    return Program(a, Definition(layers))


# by the names that users see
MAKERS: dict[str, Callable[[Architecture, list[IntegerLayer]], Program]] = {
    "onnx": _onnx,
    "torch": _torch,
    "numpy": _numpy,
    "definition": _definition,
    "cuda": _cuda,
}
