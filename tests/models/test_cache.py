"""Models are read once, and again where their files have changed."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from l3c.models.cache import Loaded


@dataclass
class Model:
    """What a file holds, as a digest."""

    digest: bytes


def read(file: str) -> Model:
    return Model(Path(file).read_bytes())


def test_files_are_read_once_until_they_change(tmp_path: Path) -> None:
    loaded: Loaded[Model] = Loaded()
    path = tmp_path / "model"
    path.write_bytes(b"first")
    first = loaded.get(str(path), "cpu", read)
    assert loaded.get(str(tmp_path / "." / "model"), "cpu", read) is first
    assert loaded.get(str(path), "cuda", read) is not first
    path.write_bytes(b"second")
    os.utime(path, (1, 1))
    assert loaded.get(str(path), "cpu", read).digest == b"second"


def test_models_are_found_by_digest_and_runtime(tmp_path: Path) -> None:
    loaded: Loaded[Model] = Loaded()
    path = tmp_path / "model"
    path.write_bytes(b"digest")
    model = loaded.get(str(path), "cpu", read)
    assert loaded.find(b"dig", "cpu") is model
    assert loaded.find(b"dig", "cuda") is None
    assert loaded.find(b"gid", "cpu") is None
