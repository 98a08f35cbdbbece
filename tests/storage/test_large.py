"""Large files are read in parts, as if they were bytes."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from l3c.errors import InputError
from l3c.storage import large
from l3c.storage.large import LargeFile, opened, whole

DATA = os.urandom(999)


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LargeFile:
    monkeypatch.setattr(large, "LARGE", 100)
    monkeypatch.setattr(large, "WINDOW", 64)
    path = tmp_path / "name"
    path.write_bytes(DATA)
    found = opened(path)
    assert isinstance(found, LargeFile)
    return found


@pytest.mark.parametrize("pread", [True, False])
def test_slices_are_those_of_bytes(file: LargeFile, pread: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if not pread:
        monkeypatch.delattr(os, "pread", raising=False)
    assert (len(file), file.size, whole(file), whole(DATA)) == (999, 999, DATA, DATA)
    for part in (
        slice(3, 5),
        slice(4, 60),
        slice(990, 2000),
        slice(-5, None),
        slice(7, 3),
        slice(10, 500, 7),
        slice(0),
    ):
        assert file[part] == DATA[part]
    assert file.read(10, 30) + file.read(990, 1010) == DATA[10:30] + DATA[990:]


def test_small_files_are_read_at_once(tmp_path: Path) -> None:
    (tmp_path / "name").write_bytes(DATA)
    assert opened(tmp_path / "name") == DATA
    with pytest.raises(OSError, match="missing"):
        opened(tmp_path / "missing")


def test_files_that_change_are_refused(file: LargeFile, tmp_path: Path) -> None:
    file.check()
    os.truncate(tmp_path / "name", 500)
    with pytest.raises(InputError, match="name: has become shorter"):
        file.read(400, 700)
    with pytest.raises(InputError, match="name: has changed"):
        file.check()
