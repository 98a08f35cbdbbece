"""Folders in the command line."""

import json
import re
import sys
import time
from pathlib import Path

import pytest
from PIL import Image

from l3c.bulk.jobs import DONE, SKIPPED, Job, Outcome
from l3c.bulk.run import RunSummary
from l3c.bulk.watch import Watch, share_of_work
from l3c.cli import progress
from l3c.cli.folders import progress as progress_text
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
    monkeypatch.setattr(progress, "PATIENCE", 0)
    monkeypatch.setattr(progress, "INTERVAL", 0.001)
    done = run("encode", "in", "-o", "out", "-j", "1", "-m", "wave")
    assert re.search(r"\r[0-3] of 4 files, 0:00:0\d.*: \S+\.(png|bmp|ppm|tif)", done.err)
    assert done.err.rstrip().splitlines()[-1].startswith("\r\x1b[Kencode: 4 files (4 done)") or "\r\x1b[K" in done.err


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


def test_skipped_files_say_nothing_of_the_time_left() -> None:
    summary, watch = RunSummary("encode", 1001, 2_000_000_000), Watch()
    for _ in range(999):
        summary.add(Outcome("old.png", "old.png.l3c", SKIPPED, 1_000_000, 500_000))
    assert "left" not in progress_text(summary, watch), "nothing was worked on yet"
    with watch.following(Job("new.png", "new.png.l3c", 1_000_000)):
        share_of_work()(0.0)
        assert watch.since is not None
        watch.since -= 10
        share_of_work()(0.5)
        text = progress_text(summary, watch)
    assert text.startswith("999 of 1001 files, 0:00:00, 0.05 MB/s, ")
    left = re.search(r", (\d+):(\d+):(\d+) left: new.png$", text)
    assert left is not None
    seconds = int(left[1]) * 3600 + int(left[2]) * 60 + int(left[3])
    assert seconds == pytest.approx((2_000_000_000 - 999_500_000) / 50_000, rel=0.01)
    summary.add(Outcome("new.png", "new.png.l3c", DONE, 1_000_000, 500_000))
    assert summary.bytes_worked == 1_000_000


def test_the_line_moves_while_one_file_is_in_progress() -> None:
    summary, watch = RunSummary("encode", 1, 1_000_000, started=time.monotonic() - 12), Watch()
    with watch.following(Job("large.png", "large.png.l3c", 1_000_000)):
        assert progress_text(summary, watch) == "0 of 1 files, 0:00:12: large.png"
    assert progress_text(None, watch) == "looking for files"


def test_a_dry_run_says_what_would_be_done_and_changes_nothing(run: Run) -> None:
    before = tree(Path("in"))
    done = run("encode", "in", "-o", "out", "--dry-run", "--delete-source")
    assert done.code == 0
    assert sorted(done.lines[:-1]) == [f"{name}: would encode to {name}.l3c" for name in sorted(before)]
    assert done.lines[-1].startswith("encode: 4 files (4 planned) in 0:00:0")
    assert tree(Path("in")) == before
    assert not Path("out").exists()
    run("encode", "in", "-o", "out", "-q")
    first = sorted(before)[0]
    Path(f"out/{first}.l3c").unlink()
    again = run("encode", "in", "-o", "out", "--dry-run", "--json")
    *files, last = [json.loads(line) for line in again.out.splitlines()]
    assert {entry["source"]: entry["status"] for entry in files} == {
        name: "planned" if name == first else "skipped" for name in before
    }
    assert (last["summary"]["planned"], last["summary"]["skipped"]) == (1, 3)
    decoded = run("decode", "out", "-o", "back", "--dry-run")
    assert "would decode to" in decoded.lines[0]
    assert not Path("back").exists()


def test_verbose_runs_name_every_file(run: Run) -> None:
    done = run("encode", "in", "-o", "out", "-v", "-j", "1")
    assert (
        len([line for line in done.lines if re.fullmatch(r"\S+: [\d,]+ -> [\d,]+ bytes \(.*%\): \S+\.l3c", line)]) == 4
    )
    again = run("encode", "in", "-o", "out", "-v")
    assert len([line for line in again.lines if "is done already" in line]) == 4
    assert len([line for line in run("verify", "out", "-v").lines if line.endswith(": intact")]) == 4
