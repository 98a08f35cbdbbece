"""The paper's page says what was measured, its figure is the script's, and its notebook runs."""

from __future__ import annotations

import ast
import json
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from tests.house.sources import ROOT

PAGE = ROOT / "docs" / "paper.md"
NOTEBOOKS = sorted((ROOT / "docs" / "notebooks").glob("*.ipynb"))
WEIGHTS = ROOT / "weights"


def script(path: Path) -> ModuleType:
    """Import a script by its path."""
    spec = spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    if str(path.parent) not in sys.path:
        sys.path.append(str(path.parent))  # scripts of one folder import each other
    module = module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module


def test_the_tables_are_those_of_the_results() -> None:
    paper = script(ROOT / "benchmarks" / "paper.py")
    rows = paper.read_rows()
    assert rows
    assert paper.with_tables(PAGE.read_text(), rows) == PAGE.read_text()


@pytest.mark.skipif(not WEIGHTS.is_dir(), reason="weights are not in source archives")
def test_the_results_are_of_the_weights_that_are_here() -> None:
    from l3c.published.models import read_stored

    for row in script(ROOT / "benchmarks" / "paper.py").read_rows():
        digest = read_stored(str(WEIGHTS / f"{row['model']}.safetensors")).digest
        assert digest.startswith(row["digest"]), f"{row['model']} was measured with other weights: run `make paper`"


def test_pictures_of_samples_are_laid_out() -> None:
    paper = script(ROOT / "benchmarks" / "paper.py")
    tile = np.full((20, 30, 3), 7, np.uint8)
    rows = [paper.Sheet("a", [("a: 1 bpsp", tile)] * 2), paper.Sheet("b", [("b", tile)])]
    assert paper.sample_picture(rows).size == (60, 2 * (20 + paper.BAR))


def test_the_figure_is_the_scripts() -> None:
    drawn = script(ROOT / "scripts" / "draw_network.py").drawing()
    assert (ROOT / "docs" / "pictures" / "network.svg").read_text(encoding="utf-8") == drawn


@pytest.mark.skipif(not WEIGHTS.is_dir(), reason="weights are not in source archives")
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebooks_run(path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(path.parent)
    names: dict[str, Any] = {}
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] == "code":
            assert not cell["outputs"], "notebooks are kept without their outputs"
            tree = ast.parse("".join(cell["source"]))
            exec(compile(tree, str(path), "exec"), names)
    assert capsys.readouterr().out
