"""ruff and mypy --strict find nothing, as configured in pyproject.toml."""

import subprocess
import sys
import tomllib

import pytest

from tests.house.sources import ROOT

FOLDERS = [name for name in ("src", "tests", "benchmarks", "scripts", "examples") if (ROOT / name).is_dir()]


@pytest.mark.parametrize(
    "command", [["ruff", "check"], ["ruff", "format", "--check"], ["mypy"]], ids=["ruff check", "ruff format", "mypy"]
)
def test_nothing_is_found(command: list[str]) -> None:
    done = subprocess.run([sys.executable, "-m", *command, *FOLDERS], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_types_are_strict() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["mypy"]
    assert settings["strict"] is True
    assert "src" in settings["files"]
