"""Public names, versions, and the size of what is committed."""

import re
import subprocess
import tomllib
from importlib import import_module
from pathlib import Path

import pytest

import l3c
from tests.house.sources import PACKAGE, ROOT, modules

LARGEST = 20_000_000
PUBLIC = [name for name, path in modules().items() if re.search(r"^__all__\b", path.read_text(), re.MULTILINE)]


@pytest.mark.parametrize("name", PUBLIC)
def test_public_names_are_sorted_and_exist(name: str) -> None:
    module = import_module(f"l3c.{name}".rstrip("."))
    assert list(module.__all__) == sorted(set(module.__all__))
    assert all(hasattr(module, public) for public in module.__all__)


def test_the_package_has_public_names() -> None:
    assert "" in PUBLIC
    assert {"decode", "encode", "info", "verify", "register_pillow"} < set(l3c.__all__)


def test_consoles_complete_all_public_names() -> None:
    assert set(l3c.__all__) <= set(dir(l3c))


def test_public_functions_are_documented() -> None:
    for name in l3c.__all__:
        if name != "__version__":
            assert getattr(l3c, name).__doc__, name


def test_the_version_is_the_same_everywhere() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    top = re.search(r"^## \[?v?(\d[^\]\s]*)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert top is not None
    assert project["version"] == l3c.__version__ == top[1]


def committed() -> list[Path]:
    """Files that git tracks; in an unpacked source archive, all files of its folders."""
    done = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True)
    if done.returncode == 0 and done.stdout:
        return [ROOT / name for name in done.stdout.decode().split("\0") if name]
    folders = ("src", "engine", "tests", "docs", "benchmarks")
    return [path for folder in folders for path in (ROOT / folder).rglob("*")]


def test_no_committed_file_is_large() -> None:
    assert not [str(path) for path in committed() if path.is_file() and path.stat().st_size > LARGEST]


def test_packaged_weights_are_those_of_the_presets() -> None:
    from l3c.wave.presets import PRESETS

    weights = {path.name for path in (PACKAGE / "wave" / "weights").iterdir()}
    assert weights == {preset.file for preset in PRESETS.values()}
