"""Folders divided into parts of limited size are the same folders when the parts are put together."""

import shutil
from pathlib import Path

import pytest

from l3c.cli import main


def content(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_parts_together_are_the_folders(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for i in range(7):
        path = tmp_path / "here" / "deep" / f"{i}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(bytes([i]) * 300)
    arguments = ["prepare", "parts", f"train={tmp_path / 'here'}", "-o", str(tmp_path / "part"), "--size", "1k"]
    assert main(arguments) == 0
    parts = [Path(line) for line in capsys.readouterr().out.split()]
    assert [part.name for part in parts] == ["part-1", "part-2", "part-3"]
    assert all(sum(map(len, content(part).values())) <= 1024 for part in parts)
    for part in parts:
        shutil.copytree(part, tmp_path / "there", dirs_exist_ok=True)
    assert content(tmp_path / "there" / "train") == content(tmp_path / "here")
    assert main(arguments) == 2
    assert "exists already" in capsys.readouterr().err


def test_what_cannot_be_divided_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a").mkdir()
    prefix = ["-o", str(tmp_path / "part"), "--size", "10"]
    assert main(["prepare", "parts", f"a={tmp_path / 'a'}", *prefix]) == 2
    assert "no file in it" in capsys.readouterr().err
    (tmp_path / "a" / "large").write_bytes(bytes(11))
    assert main(["prepare", "parts", f"a={tmp_path / 'a'}", *prefix]) == 2
    assert "large: has 11 bytes" in capsys.readouterr().err
    assert main(["prepare", "parts", str(tmp_path / "a"), *prefix]) == 2
