"""One file: checked, deleted, told of, and written into what stands there."""

import json
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import l3c
from l3c import api
from l3c.storage.source import Source
from tests.checks import smooth_picture
from tests.cli.conftest import Run
from tests.images.pictures import RGB

posix = pytest.mark.skipif(os.name != "posix", reason="Windows has no such files or modes")
ARGUMENTS = {"encode": ["photo.png"], "decode": ["photo.png.l3c", "back.png"]}
RESULTS = {"encode": "photo.png.l3c", "decode": "back.png"}


@pytest.fixture(params=["encode", "decode"])
def command(run: Run, request: pytest.FixtureRequest) -> str:
    """Its source is there: photo.png, or photo.png.l3c."""
    Image.fromarray(smooth_picture(40, 60, 3)).save("photo.png")
    if request.param == "decode":
        assert run("encode", "photo.png", "-q").code == 0
        Path("photo.png").unlink()
    return str(request.param)


def test_a_source_is_deleted_once_its_result_is_checked(run: Run, command: str) -> None:
    source = Path(ARGUMENTS[command][0])
    before = np.asarray(Image.open(source)) if command == "encode" else l3c.decode(source.read_bytes())
    done = run(command, *ARGUMENTS[command], "--delete-source", "--json", "-q")
    assert (done.code, done.err) == (0, "")
    entry = json.loads(done.out)
    assert (entry["source"], entry["target"]) == (ARGUMENTS[command][0], RESULTS[command])
    assert (entry["status"], entry["deleted"]) == ("done", True)
    assert [path.name for path in Path().iterdir()] == [RESULTS[command]]
    data = Path(RESULTS[command]).read_bytes()
    assert entry["bytes_out"] == len(data)
    back = l3c.decode(data) if command == "encode" else np.asarray(Image.open(RESULTS[command]))
    np.testing.assert_array_equal(back, before)


@pytest.mark.parametrize("option", ["--verify", "--delete-source"])
def test_a_result_that_is_wrong_is_noticed(
    run: Run, command: str, monkeypatch: pytest.MonkeyPatch, option: str
) -> None:
    monkeypatch.setattr("l3c.convert.files.differences", lambda *_: ["samples"])
    done = run(command, *ARGUMENTS[command], option, "--json")
    assert done.code == 2
    assert len(done.lines) == 1
    entry = json.loads(done.out)
    assert (entry["status"], entry["code"]) == ("failed", 2)
    assert not Path(RESULTS[command]).exists()
    assert Path(ARGUMENTS[command][0]).exists()


def test_a_source_of_which_something_is_missing_is_kept(run: Run) -> None:
    done = run("encode", "photo.png", "--strip", "--delete-source", "-q")
    assert not Path("photo.png").exists()
    Image.fromarray(RGB).save("x.jpg")
    done = run("encode", "x.jpg", "--pixels", "--delete-source", "-q", "--json")
    assert done.lines == ["x.jpg: the source is kept, since the result lacks the JPEG file itself"]
    assert json.loads(done.out)["missing"] == ["the JPEG file itself"]
    assert Path("x.jpg").exists()


@pytest.mark.parametrize(("name", "target"), [("x.jpg", "x.png"), ("x.webp", "x.png"), ("x.heic", "y.tif")])
def test_a_kept_file_is_not_deleted_for_its_pixels(run: Run, name: str, target: str) -> None:
    form = {"x.jpg": "JPEG", "x.webp": "WEBP", "x.heic": "PNG"}[name]
    Image.fromarray(RGB).save("x", format=form)
    Path(name + ".l3c").write_bytes(l3c.keep_file(Path("x").read_bytes() + b"tail", Path(name).suffix[1:]))
    done = run("decode", f"{name}.l3c", target, "--delete-source", "-q")
    assert Path(f"{name}.l3c").exists()
    assert "the source is kept, since the result lacks" in done.err
    assert run("decode", f"{name}.l3c", name, "-f", "--delete-source", "-q").code == 0
    assert (Path(name).read_bytes()[-4:], Path(f"{name}.l3c").exists()) == (b"tail", False)


@posix
@pytest.mark.parametrize("through", ["/dev/null", "link"])
def test_no_source_is_deleted_for_a_device(run: Run, command: str, through: str) -> None:
    Path("link").symlink_to("/dev/null")
    done = run(command, ARGUMENTS[command][0], through, "-f", "--delete-source")
    assert (done.code, done.err) == (2, f"l3c: {through}: is a device or a pipe; --delete-source needs files\n")
    assert Path(ARGUMENTS[command][0]).exists()


def test_no_source_is_deleted_where_the_result_has_gone(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    class Emptied(Source):
        def delete(self, target: str, size: int) -> None:
            Path(target).write_bytes(b"")
            super().delete(target, size)

    monkeypatch.setattr("l3c.cli.single.Source", Emptied)
    done = run("encode", "photo.png", "--delete-source")
    assert (done.code, Path("photo.png").exists()) == (2, True)
    assert "is not what was written; photo.png is kept" in done.err


def test_a_source_that_changes_meanwhile_is_kept(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def change(*_: object) -> None:
        Path("photo.png").write_bytes(b"new")

    monkeypatch.setattr("l3c.storage.source.settle", change)
    done = run("encode", "photo.png", "--delete-source")
    assert done.code == 2
    assert "photo.png: has changed meanwhile; it is kept" in done.err
    assert Path("photo.png").read_bytes() == b"new"


@pytest.mark.parametrize(
    "arguments",
    [
        ["encode", "-", "x.l3c", "--delete-source"],
        ["encode", "photo.png", "-", "--delete-source"],
        ["encode", "photo.png", "-", "--json"],
        ["encode", "photo.png", "--prune"],
        ["encode", "photo.png", "--list-left-out"],
        ["encode", "photo.png", "-j", "2"],
    ],
)
def test_options_that_cannot_be_followed_are_refused(run: Run, arguments: list[str]) -> None:
    done = run(*arguments, stdin=Path("photo.png").read_bytes())
    assert (done.code, done.out) == (2, b"")
    assert [path.name for path in Path().iterdir()] == ["photo.png"]


@posix
def test_modes_and_times_go_to_the_result(run: Run, command: str) -> None:
    source = Path(ARGUMENTS[command][0])
    source.chmod(0o600)
    os.utime(source, ns=(0, 1_600_000_000_123_456_789))
    run(command, *ARGUMENTS[command])
    found = Path(RESULTS[command]).stat()
    assert (found.st_mode & 0o777, found.st_mtime_ns) == (0o600, 1_600_000_000_123_456_789)


@posix
def test_devices_and_links_are_written_into(run: Run, command: str) -> None:
    source, result = ARGUMENTS[command][0], Path(f"link{Path(RESULTS[command]).suffix}")
    Path("null").symlink_to(os.devnull)
    for null in ("null", os.devnull):
        assert run(command, source, null, "-f").code == 0
    assert Path(os.devnull).is_char_device()
    result.symlink_to("behind")
    assert run(command, source, str(result), "-f").code == 0
    assert run(command, source, str(result), "-f").code == 0
    assert (result.readlink(), Path("behind").is_file()) == (Path("behind"), True)


@pytest.mark.parametrize("name", ["second.png", "second.JPG", "second.dng", "second.webp"])
def test_an_l3c_file_is_not_named_as_a_picture(run: Run, name: str) -> None:
    Path(name).write_bytes(b"precious")
    done = run("encode", "-f", "photo.png", "-o", name)
    assert (done.code, done.lines) == (2, [f"l3c: {name}: is named as a picture; the name of an l3c file ends in .l3c"])
    assert Path(name).read_bytes() == b"precious"


def test_a_second_picture_is_another_input(run: Run) -> None:
    Path("second.png").write_bytes(Path("photo.png").read_bytes())
    Path("broken.png").write_bytes(b"no picture")
    done = run("encode", "broken.png", "photo.png", "second.png", "-e", "1")
    assert (done.code, Path("broken.png.l3c").exists()) == (2, False)
    assert Path("photo.png.l3c").read_bytes() == Path("second.png.l3c").read_bytes()
    assert run("encode", "*.png", "-o", "many", "-e", "1").code == 2
    assert {path.name for path in Path("many").iterdir()} == {"photo.png.l3c", "second.png.l3c"}
    assert run("decode", "many/photo.png.l3c", "many/second.png.l3c", "-o", "back").code == 0
    assert {path.name for path in Path("back").iterdir()} == {"photo.png", "second.png"}


def test_options_stand_anywhere(run: Run) -> None:
    assert run("encode", "photo.png", "-e", "1", "x.l3c", "-q").code == 0
    assert run("decode", "x.l3c", "--region", "0,0,5,4", "part.png", "-q").code == 0
    with Image.open("part.png") as image:
        assert image.size == (5, 4)


def test_a_picture_is_not_named_as_an_l3c_file(run: Run) -> None:
    Image.fromarray(RGB).save("a.jpg")
    for name in ("a.jpg", "photo.png"):
        run("encode", name, "-q")
    before = Path("photo.png.l3c").read_bytes()
    done = run("decode", "-f", "a.jpg.l3c", "-o", "photo.png.l3c")
    assert (done.code, done.lines[0][:46]) == (2, "l3c: photo.png.l3c: is named as an l3c file; n")
    assert Path("photo.png.l3c").read_bytes() == before


def test_names_are_those_of_folders(run: Run) -> None:
    Path("in").mkdir()
    names = {"a.l3c": RGB, "b.tif.l3c": RGB, "c.pgm.l3c": RGB, "d.jpg.l3c": RGB[..., 0]}
    for name, pixels in names.items():
        Path("in", name).write_bytes(api.encode(pixels))
        assert run("decode", f"in/{name}", "-q").code == 0
    singles = {path.name for path in Path("in").iterdir()} - set(names)
    assert run("decode", "in", "-o", "out", "-q").code == 0
    assert {path.name for path in Path("out").iterdir()} == singles == {"a.png", "b.tif", "c.pgm.png", "d.jpg.png"}


def test_an_unforeseen_error_is_one_line_and_more_with_debug(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> bytes:
        raise KeyError(9)

    monkeypatch.setattr("l3c.images.read.read_bytes", fail)
    done = run("encode", "photo.png")
    assert (done.code, done.lines) == (2, ["l3c: photo.png: unforeseen KeyError: 9 (--debug shows where)"])
    done = run("encode", "photo.png", "--debug")
    assert done.code == 2
    assert "Traceback" in done.err
    assert "in fail" in done.err


def test_verify_says_json_of_single_files(run: Run) -> None:
    run("encode", "photo.png", "-q")
    Path("bad.l3c").write_bytes(b"bad")
    done = run("verify", "photo.png.l3c", "bad.l3c", "--json")
    good, bad = map(json.loads, done.out.splitlines())
    assert done.code == 3
    assert (good["status"], bad["status"], bad["code"]) == ("done", "failed", 3)


@pytest.mark.parametrize("error", [MemoryError(), OSError(), KeyError("unit")])
def test_whatever_a_file_leads_to_is_one_line_of_json(
    error: Exception, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("encode", "photo.png", "-q")

    def failing(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(api, "verify", failing)
    done = run("verify", "photo.png.l3c", "--json")
    assert (done.code, len(done.lines)) == (2 if isinstance(error, KeyError) else 1, 1)
    assert done.lines[0].startswith("l3c: photo.png.l3c: ")
    said = json.loads(done.out)
    assert (said["source"], said["status"]) == ("photo.png.l3c", "failed")
    monkeypatch.setattr("l3c.cli.encode.encode", failing)
    done = run("encode", "photo.png", "-f", "--json")
    assert (done.code, len(done.lines)) == (1, 1)
    assert json.loads(done.out)["status"] == "failed"


def test_a_folder_that_is_named_as_one_is_made(run: Run) -> None:
    assert run("encode", "photo.png", "-o", "new/deep/", "--dry-run").code == 0
    assert not Path("new").exists()
    assert run("encode", "photo.png", "-o", "new/deep/", "-q").code == 0
    assert Path("new/deep/photo.png.l3c").exists()
    assert run("encode", "new", "photo.png").lines == [
        "l3c: new: is a folder, or a URL of one, which is taken alone; name the folder to write to: -o DIR"
    ]
