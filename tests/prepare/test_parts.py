"""Folders divided into parts of limited size are the same folders when the parts are put together."""

import shutil
from pathlib import Path

import pytest

from l3c.cli import main
from l3c.errors import InputError
from l3c.prepare.parts import divide
from tests.storage.full import files_of_at_most


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


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder, with ten files of 300 bytes in tr."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tr").mkdir()
    for i in range(10):
        (tmp_path / "tr" / f"{i}.png").write_bytes(bytes([i]) * 300)
    return tmp_path


@pytest.mark.parametrize("second", ["valid=nothere", "valid=empty", "valid=large", "valid=tr/1.png", "tr=tr", "valid="])
def test_nothing_is_left_where_a_source_cannot_be_divided(here: Path, second: str) -> None:
    (here / "empty").mkdir()
    (here / "large").mkdir()
    (here / "large" / "a").write_bytes(bytes(2000))
    before = set(here.rglob("*"))
    assert main(["prepare", "parts", "tr=tr", second, "-o", "new/part", "--size", "1k"]) == 2
    assert set(here.rglob("*")) == before
    assert main(["prepare", "parts", "tr=tr", "valid=tr", "-o", "new/part", "--size", "1k"]) == 0


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "a\\b", "/a", "c:"])
def test_a_name_is_that_of_one_folder(here: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    before = set(here.rglob("*"))
    assert main(["prepare", "parts", f"{name}=tr", "-o", "data/x", "--size", "1k"]) == 2
    assert "is not the name of a single folder" in capsys.readouterr().err
    assert set(here.rglob("*")) == before


def test_parts_of_before_are_not_taken_for_new_ones(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "part-9").mkdir()
    (here / "part-a").mkdir()
    command = ["prepare", "parts", "tr=tr", "-o", "part", "--size", "1k"]
    assert main(command) == 2
    assert "part-9: exists already" in capsys.readouterr().err
    assert not (here / "part-1").exists()
    (here / "part-9").rmdir()
    assert main(command) == 0


def test_a_full_disk_is_named_and_leaves_no_part(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "tr" / "z").write_bytes(bytes(900))
    before = set(here.rglob("*"))
    with files_of_at_most(500):
        assert main(["prepare", "parts", "tr=tr", "-o", "new/part", "--size", "1k"]) == 1
    assert "l3c: new/part-5/tr/z: File too large" in capsys.readouterr().err
    assert set(here.rglob("*")) == before


@pytest.mark.parametrize("prefix", [".", "..", "/"])
def test_a_prefix_that_names_nothing_is_refused(prefix: str, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"1")
    with pytest.raises(InputError, match="is not the name of a single folder"):
        divide({"train": tmp_path}, Path(prefix), 10)
