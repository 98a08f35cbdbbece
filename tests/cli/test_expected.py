"""What people expect of a command line: dry runs, more words, colours on terminals alone, URLs, errors of one line."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import l3c
from l3c.cli import COMMANDS, command_parser, progress
from l3c.cli.exit_codes import MEANINGS
from l3c.cli.progress import Progress
from l3c.cli.streams import RED, coloured
from tests.cli.conftest import Run
from tests.cli.test_main import child
from tests.house.sources import ROOT
from tests.images.pictures import RGB
from tests.server import serving

RED_NAME = "\x1b[31ml3c:\x1b[0m"


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["encode", "photo.png"], "photo.png: would encode 13 x 11 pixels: photo.png.l3c"),
        (["encode", "photo.jpg", "x.l3c"], "photo.jpg: would encode the JPEG file itself: x.l3c"),
        (["encode", "photo.jpg", "--pixels"], "photo.jpg: would encode 13 x 11 pixels: photo.jpg.l3c"),
        (["encode", "notes.txt", "--everything"], "notes.txt: would encode the file itself: notes.txt.l3c"),
        (
            ["encode", "photo.png", "photo.jpg", "-o", "new"],
            "photo.png: would encode 13 x 11 pixels: new/photo.png.l3c",
        ),
        (["decode", "a.l3c"], "a.l3c: would decode: a.png"),
        (["decode", "a.l3c", "-o", "b.tif", "--verify"], "a.l3c: would decode: b.tif"),
        (["decode", "a.l3c", "b.png", "--region", "0,0,2,2"], "a.l3c: would decode a region: b.png"),
        (["decode", "a.l3c", "--salvage"], "a.l3c: would salvage: a.png"),
    ],
)
def test_a_dry_run_writes_nothing(run: Run, arguments: list[str], line: str) -> None:
    Image.fromarray(RGB).save("photo.jpg")
    Path("notes.txt").write_text("notes")
    Path("a.l3c").write_bytes(l3c.encode(RGB))
    before = sorted(path.name for path in Path().iterdir())
    done = run(*arguments, "--dry-run")
    assert (done.code, done.out, done.lines[0]) == (0, b"", line)
    assert sorted(path.name for path in Path().iterdir()) == before


def test_a_dry_run_finds_what_would_fail(run: Run) -> None:
    Path("photo.png.l3c").touch()
    Path("notes.txt").write_text("notes")
    assert run("encode", "photo.png", "--dry-run").lines == [
        "l3c: photo.png.l3c: exists already; --force overwrites it"
    ]
    assert run("encode", "notes.txt", "--dry-run").code == 2
    planned = json.loads(run("encode", "photo.png", "--dry-run", "--json", "-f").out)
    assert (planned["status"], planned["target"]) == ("planned", "photo.png.l3c")


def test_verbose_commands_tell_how_long_and_how(run: Run) -> None:
    for done in (run("encode", "photo.png", "a.l3c", "-v"), run("decode", "a.l3c", "b.png", "-v")):
        assert any(" s, " in line and line.endswith(" MB/s") for line in done.lines)
        assert any(line.startswith("  model:") for line in done.lines)
    assert b"  model:" in run("verify", "a.l3c", "-v").out


def test_colours_are_for_terminals_alone(monkeypatch: pytest.MonkeyPatch, run: Run) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert run("encode", "absent.png").err.startswith("l3c: absent.png")
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert run("encode", "absent.png").err.startswith(f"{RED_NAME} absent.png")
    monkeypatch.setenv("NO_COLOR", "1")
    assert run("encode", "absent.png").err.startswith("l3c: absent.png")
    monkeypatch.setenv("NO_COLOR", "")
    monkeypatch.setenv("TERM", "dumb")
    assert coloured("x", RED, sys.stderr) == "x"


def test_a_progress_line_moves_by_itself(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setattr(progress, "PATIENCE", 0.01)
    monkeypatch.setattr(progress, "INTERVAL", 0.01)
    with Progress("photo.png", quiet=False) as line:
        drawn = line._line
        for share in (0.0, 0.5):
            line(share)
            drawn.draw()
    text = capsys.readouterr().err
    assert "\rphoto.png: 0%, 0 s\x1b[K" in text
    assert "\rphoto.png: 50%, 0 s, about 1 s left\x1b[K" in text
    assert text.endswith("\r\x1b[K")
    with Progress("photo.png", quiet=True):
        pass
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_speaks_json(command: str) -> None:
    parser = command_parser(command)
    steps = [action.choices for action in parser._actions if action.dest == "step"]
    parsers = [below for step in steps for below in dict(step or {}).values()] or [parser]
    assert all("--json" in below._option_string_actions for below in parsers)


def test_exit_codes_are_those_of_help_documents_and_errors(run: Run) -> None:
    page = (ROOT / "docs" / "command-line.md").read_text()
    rows = dict(re.findall(r"^\| (\d[\d +n]*) \| (.*) \|$", page, re.MULTILINE))
    assert {code: text.replace("`", "") for code, text in rows.items()} == MEANINGS
    shown = run("--help").out.decode()
    assert all(text in shown for text in MEANINGS.values())
    codes = {
        kind.exit_code for kind in vars(l3c.errors).values() if isinstance(kind, type) and hasattr(kind, "exit_code")
    }
    assert {str(code) for code in codes} < set(MEANINGS)


def test_models_are_listed_as_json(run: Run) -> None:
    listed = [json.loads(line) for line in run("models", "--json").out.splitlines()]
    assert {"wave", "wave-fast"} <= {entry["name"].partition("/")[0] for entry in listed}
    assert all(len(entry["digest"]) == 64 for entry in listed)


def test_single_files_may_be_urls_in_every_command(run: Run, folder: Path) -> None:
    served = folder / "served"
    served.mkdir()
    (folder / "photo.png").rename(served / "photo.png")
    with serving(served) as url:
        assert run("encode", f"{url}/photo.png").code == 0
        (folder / "photo.png.l3c").rename(served / "photo.png.l3c")
        for command in ("info", "verify"):
            done = run(command, f"{url}/photo.png.l3c")
            assert done.code == 0
            assert done.out.startswith(f"{url}/photo.png.l3c".encode())
        assert run("decode", f"{url}/photo.png.l3c").code == 0
        assert run("decode", f"{url}/photo.png.l3c", "x.tif", "-q").err == ""
        refused = run("decode", f"{url}/photo.png.l3c", "y.png", "--delete-source")
        assert refused.lines == [f"l3c: {url}/photo.png.l3c: is a URL; --delete-source needs files of this machine"]
        missing = run("info", f"{url}/none.l3c")
        assert (missing.code, len(missing.lines)) == (2, 1)
        assert f"{url}/none.l3c: HTTP Error 404" in missing.err
    with Image.open("photo.png") as image:
        np.testing.assert_array_equal(np.asarray(image), RGB)


def test_results_may_be_urls(run: Run) -> None:
    from fsspec.implementations.memory import MemoryFileSystem

    MemoryFileSystem.store.clear()
    assert run("encode", "photo.png", "-o", "memory://bucket/photo.png.l3c").code == 0
    refused = run("encode", "photo.png", "-o", "memory://bucket/photo.png.l3c")
    assert refused.lines == ["l3c: memory://bucket/photo.png.l3c: exists already; --force overwrites it"]
    assert run("decode", "memory://bucket/photo.png.l3c", "-o", "memory://bucket/back/", "-q").code == 0
    assert run("encode", "memory://bucket/back/photo.png", "x.l3c", "-q").code == 0
    assert run("verify", "x.l3c", "memory://bucket/photo.png.l3c").code == 0
    MemoryFileSystem.store.clear()


@pytest.mark.parametrize(
    ("arguments", "environment"),
    [
        (["encode", "s3://bucket/photos", "-o", "out"], {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"}),
        (["info", "s3://bucket/x.l3c"], {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"}),
    ],
)
def test_a_store_that_does_not_answer_is_one_line(
    folder: Path, arguments: list[str], environment: dict[str, str]
) -> None:
    pytest.importorskip("s3fs")
    settings = {"s3": {"endpoint_url": "http://127.0.0.1:9", "config_kwargs": {"retries": {"max_attempts": 0}}}}
    done = child(*arguments, cwd=folder, environment={**environment, "L3C_FSSPEC": json.dumps(settings)})
    assert (done.returncode, done.stderr.count(b"\n")) == (1, 1)
    assert done.stderr.startswith(f"l3c: {arguments[1]}: ".encode())


def test_a_scheduler_that_does_not_answer_is_one_line(folder: Path) -> None:
    pytest.importorskip("distributed")
    settings = {"DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT": "1s"}
    done = child("encode", ".", "-o", "out", "--cluster", "tcp://127.0.0.1:9", cwd=folder, environment=settings)
    assert (done.returncode, done.stderr.count(b"\n")) == (2, 1)
    assert done.stderr.startswith(b"l3c: --cluster tcp://127.0.0.1:9: no scheduler answers there")


def test_several_pictures_and_patterns_go_each_to_a_file_of_its_own(run: Run, folder: Path) -> None:
    for name in ("b.png", "c.png", "d[1].png"):
        (folder / name).write_bytes((folder / "photo.png").read_bytes())
    assert run("encode", "photo.png", "b.png", "-q", "-e", "1").code == 0
    assert run("encode", "?.png", "d[1].png", "-q", "-f", "-e", "1").code == 0
    encoded = sorted(path.name for path in folder.glob("*.l3c"))
    assert encoded == ["b.png.l3c", "c.png.l3c", "d[1].png.l3c", "photo.png.l3c"]
    (folder / "back").mkdir()
    assert run("decode", "*.l3c", "-o", "back", "-q").code == 0
    assert sorted(path.name for path in (folder / "back").iterdir()) == ["b.png", "c.png", "d[1].png", "photo.png"]
    for path in (folder / "back").iterdir():
        with Image.open(path) as image:
            np.testing.assert_array_equal(np.asarray(image), RGB)


def test_type_checkers_know_the_package(folder: Path) -> None:
    pytest.importorskip("mypy")
    program = folder / "program.py"
    program.write_text(
        "import l3c\nimport numpy as np\n"
        "data = l3c.encode(np.zeros((2, 3), np.uint8))\n"
        "reveal_type(data)\nreveal_type(l3c.open(data))\nreveal_type(l3c.encode_file('a.png').bytes_out)\n"
        "l3c.decode(5)\n"
    )
    command = [sys.executable, "-m", "mypy", "--no-incremental", "--follow-imports", "silent", program.name]
    printed = subprocess.run(command, capture_output=True, text=True, check=False).stdout.splitlines()
    said = [line.partition(": ")[2] for line in printed]
    assert said[0].endswith('"bytes"')
    assert said[1].endswith('"l3c.image.Image"')
    assert said[2].endswith('"int"')
    assert "incompatible type" in said[3]


def test_a_web_server_that_does_not_answer_is_said_plainly(run: Run) -> None:
    assert run("info", "http://127.0.0.1:9/x.l3c").lines == ["l3c: http://127.0.0.1:9/x.l3c: Connection refused"]
