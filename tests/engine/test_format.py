"""The engine's sources are formatted as .clang-format says, where the version that it was made for is installed."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.sources import ROOT

VERSION = 23
"""Versions of clang-format differ in what they make of a style."""


def formatter() -> str | None:
    beside = Path(sys.executable).with_name("clang-format")
    found = str(beside) if beside.exists() else shutil.which("clang-format")
    if found is None:
        return None
    said = re.search(r"version (\d+)", subprocess.run([found, "--version"], capture_output=True, text=True).stdout)
    return found if said and int(said[1]) == VERSION else None


def test_sources_are_formatted() -> None:
    program = formatter()
    if program is None:
        pytest.skip(f"needs clang-format {VERSION}")
    sources = sorted(str(path) for path in (ROOT / "engine").rglob("*.?pp"))
    done = subprocess.run([program, "--dry-run", "--Werror", *sources], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr
