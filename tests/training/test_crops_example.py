"""The example of a PyTorch Dataset: crops of l3c files."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

import l3c
from tests.checks import smooth_picture
from tests.house.sources import ROOT

PICTURE = smooth_picture(40, 60, 3)


@pytest.fixture
def example() -> ModuleType:
    pytest.importorskip("torch")
    spec = importlib.util.spec_from_file_location("torch_dataset", ROOT / "examples" / "torch_dataset.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_crops_are_parts_of_the_pictures(
    example: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, samples in (("a", PICTURE), ("small", PICTURE[:9]), ("gray", PICTURE[..., 0])):
        (tmp_path / f"{name}.l3c").write_bytes(l3c.encode(samples, effort=1, history=False))
    dataset = example.L3CCrops(tmp_path, 16)
    assert len(dataset) == 1
    crop = dataset[0].permute(1, 2, 0).numpy()
    places = [(y, x) for y in range(25) for x in range(45)]
    assert any(np.array_equal(crop, PICTURE[y : y + 16, x : x + 16]) for y, x in places)
    example.main([str(tmp_path), "--crop", "16", "--batches", "1"])
    assert capsys.readouterr().out.endswith(" crops a second\n")
