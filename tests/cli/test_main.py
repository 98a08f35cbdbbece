"""What all commands share: help, version, errors in one line, exit codes."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import l3c
from l3c.cli import COMMANDS, main
from tests.cli.conftest import Run

TIMEOUT = 60


def child(
    *arguments: str, stdin: bytes = b"", cwd: Path | None = None, environment: dict[str, str] | None = None
) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "l3c", *arguments]
    variables = {**os.environ, **(environment or {})}
    return subprocess.run(command, input=stdin, capture_output=True, cwd=cwd, env=variables, timeout=TIMEOUT)


def test_the_version_is_the_package_s(run: Run) -> None:
    done = run("--version")
    assert (done.code, done.out.decode()) == (0, f"l3c {l3c.__version__}\n")


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_every_command_has_help(run: Run, command: str) -> None:
    done = run(*command.split(), "--help")
    assert done.code == 0
    assert done.out.startswith(b"usage: l3c")


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["compress", "photo.png"],
        ["encode"],
        ["verify"],
        ["encode", "photo.png", "--lossy"],
        ["encode", "photo.png", "-t", "0"],
        ["encode", "photo.png", "-t", "many"],
        ["decode", "photo.png.l3c", "--max-memory", "much"],
    ],
)
def test_wrong_usage_is_exit_code_2(run: Run, arguments: list[str]) -> None:
    done = run(*arguments)
    assert done.code == 2
    assert "usage: l3c" in done.err
    assert not done.out


@pytest.mark.parametrize("text", ["800000", "500M", "8G", "3k", "1gb"])
def test_memory_is_given_in_bytes_or_with_a_unit(run: Run, text: str) -> None:
    run("encode", "photo.png", "-q")
    assert run("decode", "photo.png.l3c", "out.png", "--max-memory", text).code == (
        5 if text in ("800000", "3k") else 0
    )


MISTAKES = {
    "an absent file": (["encode", "absent.png"], 1, "absent.png: No such file or directory"),
    "an absent l3c file": (["decode", "absent.l3c"], 1, "absent.l3c: No such file or directory"),
    "info of nothing": (["info", "absent.l3c"], 1, "absent.l3c: No such file or directory"),
    "verify of nothing": (["verify", "absent.l3c"], 1, "absent.l3c: No such file or directory"),
    "a folder to encode": (["encode", "sub"], 2, "sub: is a folder"),
    "a folder to decode": (["decode", "sub", "x.png"], 2, "sub: is a folder"),
    "a folder to describe": (["info", "sub"], 2, "sub: is a folder"),
    "a folder to verify": (["verify", "sub"], 2, "sub: is a folder"),
    "a folder beside others": (["encode", "photo.png", "photo.png", "sub"], 2, "sub: is a folder, or a URL"),
    "a file as folder": (["encode", "photo.png", "photo.png", "-o", "text"], 2, "text: is no folder; several"),
    "a pattern of nothing": (["encode", "no*.png"], 2, "no*.png: no file has such a name"),
    "two targets": (["encode", "photo.png", "x.l3c", "-o", "y.l3c"], 2, "x.l3c: a second target beside y.l3c"),
    "a target in no folder": (["encode", "photo.png", "no/x.l3c"], 2, "no/x.l3c: there is no folder no"),
    "a text to encode": (["encode", "text"], 2, "text: not a picture in a format known here; --everything"),
    "a text to decode": (["decode", "text", "x.png"], 3, "text: byte 0: not an l3c file"),
    "a text to describe": (["info", "text"], 3, "text: byte 0: not an l3c file"),
    "a text to verify": (["verify", "text"], 3, "text: byte 0: not an l3c file"),
    "a URL of no server": (["info", "http://127.0.0.1:9/x.l3c"], 2, "http://127.0.0.1:9/x.l3c: "),
    "a URL of a folder": (["encode", "http://host/x"], 2, "http://host/x: is a URL not named as a picture or an l3c"),
    "an empty file": (["info", "empty.l3c"], 3, "empty.l3c: byte 0: the file is empty"),
    "no default target": (["decode", "text"], 2, "text: does not end in .l3c; name a target"),
    "a lossy target": (["decode", "photo.l3c", "x.jpg"], 2, "x.jpg: jpg does not keep every pixel"),
    "an unknown target": (["decode", "photo.l3c", "x.docx"], 2, "x.docx: format 'docx' is unknown"),
    "an unknown model": (["encode", "photo.png", "-m", "tsunami"], 4, "no model 'tsunami'"),
    "too little memory": (["decode", "photo.l3c", "x.png", "--max-memory", "1k"], 5, "photo.l3c: decoding takes"),
    "a damaged file": (["decode", "damaged.l3c"], 3, "damaged.l3c: the compact file is damaged"),
    "half a file": (["verify", "half.l3c"], 3, "half.l3c: the compact file is damaged"),
    "the source as target": (
        ["encode", "photo.png", "-o", "./photo.png", "-f"],
        2,
        "./photo.png: is the source itself",
    ),
    "a picture of another kind": (["encode", "x.ico"], 2, "x.ico: ICO pictures are not supported"),
}


@pytest.fixture
def mistakes(folder: Path, run: Run) -> None:
    from PIL import Image

    run("encode", "photo.png", "photo.l3c", "-q")
    data = Path("photo.l3c").read_bytes()
    Path("damaged.l3c").write_bytes(data[:40] + bytes([data[40] ^ 1]) + data[41:])
    Path("half.l3c").write_bytes(data[: len(data) // 2])
    Path("empty.l3c").touch()
    Path("text").write_text("this is text")
    Path("sub").mkdir()
    Image.new("RGB", (3, 3)).save("x.ico")


@pytest.mark.usefixtures("mistakes")
@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_one_line_that_names_the_file(run: Run, name: str) -> None:
    arguments, code, message = MISTAKES[name]
    before = {path: path.read_bytes() for path in Path().iterdir() if path.is_file()}
    done = run(*arguments)
    assert (done.code, done.out) == (code, b"")
    assert len(done.lines) == 1
    assert done.lines[0].startswith(f"l3c: {message}")
    assert {path: path.read_bytes() for path in Path().iterdir() if path.is_file()} == before


@pytest.mark.parametrize(
    "command", [["encode", "photo.png"], ["decode", "x.l3c"], ["info", "x.l3c"], ["verify", "x.l3c"]]
)
def test_a_file_that_may_not_be_read_is_named(run: Run, monkeypatch: pytest.MonkeyPatch, command: list[str]) -> None:
    def refuse(path: Path, *_: object, **__: object) -> bytes:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "open", refuse)
    done = run(*command)
    assert (done.code, done.err) == (1, f"l3c: {command[1]}: Permission denied\n")


@pytest.mark.parametrize(("error", "code"), [(KeyboardInterrupt(), 130), (MemoryError(), 1)])
def test_interruption_and_lack_of_memory_are_no_tracebacks(
    run: Run, monkeypatch: pytest.MonkeyPatch, error: BaseException, code: int
) -> None:
    def fail(*_: object, **__: object) -> bytes:
        raise error

    monkeypatch.setattr("l3c.api.encode_parts", fail)
    done = run("encode", "photo.png")
    assert done.code == code
    assert len(done.lines) <= 1
    assert sorted(path.name for path in Path().iterdir()) == ["photo.png"]


def test_an_instruction_set_that_is_not_there_is_exit_code_6(folder: Path) -> None:
    done = child("encode", "photo.png", cwd=folder, environment={"L3C_ISA": "mmx"})
    assert done.returncode == 6
    assert done.stderr.startswith(b"l3c: L3C_ISA=mmx: not available on this machine")
    assert done.stderr.count(b"\n") == 1


def test_a_pipe_of_two_processes_gives_the_picture_back(folder: Path) -> None:
    encoded = child("encode", "-", "-q", stdin=Path("photo.png").read_bytes(), cwd=folder)
    assert (encoded.returncode, encoded.stderr) == (0, b"")
    decoded = child("decode", "-", "-q", stdin=encoded.stdout, cwd=folder)
    assert (decoded.returncode, decoded.stderr) == (0, b"")
    assert decoded.stdout.startswith(b"\x89PNG")


def test_a_reader_that_leaves_early_is_no_traceback(folder: Path) -> None:
    command = f"{sys.executable} -m l3c encode photo.png - | true"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=TIMEOUT)
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "meant"),
    [(["encod", "a.png"], "did you mean encode?"), (["encode", "--efort", "3", "a.png"], "did you mean --effort?")],
)
def test_a_misspelt_word_gets_the_word_that_was_meant(
    capsys: pytest.CaptureFixture[str], arguments: list[str], meant: str
) -> None:
    with pytest.raises(SystemExit) as exit_:
        main(arguments)
    assert exit_.value.code == 2
    assert meant in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["-e", "1", "x.l3c"], ["x.l3c", "-e", "1"], ["-q", "x.l3c", "-e", "1"]])
def test_options_may_stand_between_source_and_target(run: Run, folder: Path, arguments: list[str]) -> None:
    assert run("encode", "photo.png", *arguments).code == 0
    assert (folder / "x.l3c").exists()
    assert run("decode", "x.l3c", "--region", "0,0,2,2", "part.png").code == 0
    assert (folder / "part.png").exists()


def test_names_may_begin_as_options_do(run: Run, folder: Path) -> None:
    (folder / "photo.png").rename("-e.png")
    assert run("encode", "-q", "--", "-e.png").code == 0
    assert run("decode", "-f", "-q", "--", "-e.png.l3c", "--back.png").code == 0
    assert (folder / "--back.png").exists()


def test_a_misspelt_option_comes_before_what_is_missing(run: Run) -> None:
    assert run("desktop", "--instal").lines[-1].endswith("unrecognized arguments: --instal; did you mean --install?")
    assert run("encode", "--threds=2").lines[-1].endswith("did you mean --threads?")


def test_nothing_gets_the_help(run: Run) -> None:
    done = run()
    assert (done.code, "show a folder of l3c files" in done.err) == (2, True)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["sample", "l3c", "in", "out", "--seed", "9" * 23], "is not an integer from 0 to"),
        (["sample", "l3c", "in", "out", "--seed", "-1"], "is not an integer from 0 to"),
        (["prepare", "thumbnails", "in", "-o", "out", "--size", "32", "--seed", "x"], "is not an integer from 0 to"),
        (["export", "a", "b.safetensors", "--fine-tune", "2", "--learning-rate", "nan"], "is not a number above 0"),
        (["export", "a", "b.safetensors", "--fine-tune", "2", "--learning-rate", "-1"], "is not a number above 0"),
    ],
)
def test_numbers_that_nothing_can_be_done_with_are_wrong_usage(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as exit_:
        main(arguments)
    assert exit_.value.code == 2
    assert said in capsys.readouterr().err
