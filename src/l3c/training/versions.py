"""What a machine needs to build the package and train: versions, and a clear word where one is too old.

Run before the package is built: `PYTHONPATH=src python3 -m l3c.training.versions`. Nothing but the standard library.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

Version = tuple[int, ...]


@dataclass(frozen=True)
class Need:
    """least: the lowest version that was tried, or the sources ask for. found: as text, empty where there is none."""

    name: str
    least: Version
    found: str

    @property
    def problem(self) -> str:
        """Empty where it suffices."""
        if not self.found:
            return f"{self.name} is missing; {_text(self.least)} or newer is needed"
        if numbers(self.found) < self.least:
            return f"{self.name} {self.found} is too old; {_text(self.least)} or newer is needed"
        return ""


BUILDING = {"nanobind": (3, 0), "scikit-build-core": (1, 0)}
"""As pyproject.toml asks for."""

CMAKE = (3, 24)
"""As CMakeLists.txt asks for."""

COMPILERS = {"g++": (11,), "clang++": (14,)}
"""The first to be found builds the engine. Older ones lack parts of C++20 that it uses."""

# the least versions that training was tested with
TRAINING = {"torch": (2, 11), "numpy": (1, 26), "pillow": (10, 3), "safetensors": (0, 4), "pyyaml": (6,)}
PYTHON = (3, 11)  # the least version that the package runs on


def needs(building: bool = True) -> Iterator[Need]:
    """What is needed to train, and to build the package too."""
    yield Need("Python", PYTHON, ".".join(map(str, sys.version_info[:3])))
    for name, least in (TRAINING | BUILDING if building else TRAINING).items():
        yield Need(name, least, _installed(name))
    if building:
        yield Need("CMake", CMAKE, _said_by("cmake"))
        compiler = next((name for name in COMPILERS if shutil.which(name)), "g++")
        yield Need(compiler, COMPILERS[compiler], _said_by(compiler))


def main(arguments: list[str], tell: Callable[[str], None] = print) -> int:
    """Print all versions; 1 where one is missing or too old. `--train`: what training alone needs."""
    checked = list(needs(building="--train" not in arguments))
    tell("  ".join(f"{need.name} {need.found or 'missing'}" for need in checked))
    problems = [need.problem for need in checked if need.problem]
    for problem in problems:
        tell(f"l3c: {problem}")
    return 1 if problems else 0


def numbers(text: str) -> Version:
    """(2, 11, 0) of 2.11.0+cu130; (3,) of 3.dev."""
    match = re.match(r"\d+(?:\.\d+)*", text)
    return tuple(map(int, match[0].split("."))) if match else ()


def _text(least: Version) -> str:
    return ".".join(map(str, least))


def _installed(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def _said_by(program: str) -> str:
    """The first number with a point in what it says of its version."""
    try:
        done = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    match = re.search(r"\d+\.\d+(?:\.\d+)*", done.stdout)
    return match[0] if match else ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
