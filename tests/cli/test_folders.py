"""Folders in the command line."""

import json
import sys
from pathlib import Path

import pytest
from PIL import Image

from l3c.cli import folders
from tests.bulk.folders import make_tree, tree
from tests.checks import smooth_picture
from tests.cli.conftest import Run


@pytest.fixture(autouse=True)
def _tree(folder: Path) -> None:
    make_tree(Path("in"))


def test_a_folder_goes_to_a_folder_and_back(run: Run) -> None:
    done = run("encode", "in", "-o", "out", "--verify", "-j", "2")
    assert (done.code, done.out) == (0, b"")
    assert done.lines[0].startswith("encode: 4 files (4 done), ")
    assert run("decode", "out", "-o", "back", "-q").err == ""
    assert tree(Path("back")) == tree(Path("in"))
    assert run("verify", "out").lines[0].startswith("verify: 4 files (4 intact) in 0:00:0")


def test_a_folder_needs_a_target(run: Run) -> None:
    done = run("encode", "in")
    assert (done.code, done.lines) == (2, ["l3c: in: is a folder; name the folder to write to: -o DIR"])


def test_json_says_everything(run: Run) -> None:
    Path("in/bad.png").write_bytes(b"bad")
    done = run("encode", "in", "-o", "out", "--json", "-q")
    *files, last = [json.loads(line) for line in done.out.splitlines()]
    assert done.code == 2
    assert {entry["source"]: entry["status"] for entry in files}["bad.png"] == "failed"
    assert last["summary"]["failed"] == 1
    assert last["summary"]["bytes_out"] == sum(p.stat().st_size for p in Path("out").rglob("*.l3c"))
    assert done.lines == ["l3c: in/bad.png: not a picture in a format known here"]


def test_damage_is_found_in_a_folder(run: Run) -> None:
    run("encode", "in", "-o", "out")
    damaged = Path("out/p0.bmp.l3c")
    damaged.write_bytes(damaged.read_bytes()[:-9])
    done = run("verify", "out", "in/../out/sub")
    assert done.code == 3
    assert done.lines[0].startswith("l3c: out/p0.bmp.l3c: byte ")


def test_progress_is_shown_on_a_terminal(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setattr(folders, "INTERVAL", 0)
    done = run("encode", "in", "-o", "out", "-j", "1")
    assert "4 of 4 files, " in done.err
    assert "0:00:00 left" in done.err


def test_a_model_that_is_not_there_is_said_once(run: Run) -> None:
    Path("several").mkdir()
    for name in "ab":
        Image.fromarray(smooth_picture(9, 9, 3)).save(f"several/{name}.png")
    done = run("encode", "-m", "wave-best", "several", "-o", "out")
    assert done.code == 4
    assert len(done.lines) == 1
    assert done.lines[0].startswith("l3c: no model 'wave-best'")


def test_the_output_of_a_file_is_a_file_or_a_folder(run: Run) -> None:
    Image.fromarray(smooth_picture(9, 9, 3)).save("a.png")
    Path("out").mkdir()
    for output in ("x.l3c", "out"):
        assert run("encode", "a.png", "-o", output, "-q").code == 0
    assert Path("x.l3c").read_bytes() == Path("out/a.png.l3c").read_bytes()
    assert run("decode", "x.l3c", "-o", "out", "-q").code == 0
    assert Path("out/x.png").is_file()
