"""Results that are being made appear whole or not at all, however large they are."""

from __future__ import annotations

import errno
import io
import os
from pathlib import Path

import pytest

from l3c.storage import large as limits
from l3c.storage.atomic import Attributes, Partial
from l3c.storage.draft import Draft, drafting

DATA = bytes(range(256)) * 9
posix = pytest.mark.skipif(os.name != "posix", reason="Windows has no such files or modes")


@pytest.fixture(params=["memory", "file"])
def large(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Whether results are large."""
    monkeypatch.setattr(limits, "LARGE", 1 if request.param == "file" else 1 << 30)
    return bool(request.param == "file")


def test_a_draft_becomes_the_file(tmp_path: Path, large: bool) -> None:
    for folder in (tmp_path / "a", tmp_path / "a" / "made"):
        with drafting(str(folder / "name")) as made:
            into = made.begin(len(DATA))
            into.write(DATA[:100])
            into.write(DATA[100:])
            assert len(list(tmp_path.rglob("*.partial"))) == int(large and folder.exists())
            assert (made.size, made.content()[:]) == (len(DATA), DATA)
            copy = io.BytesIO()
            made.write_into(copy)
            assert copy.getvalue() == DATA
            made.become(folder / "name", attributes=Attributes(mode=0o640))
        assert (folder / "name").read_bytes() == DATA
        assert not list(tmp_path.rglob("*.partial"))


@posix
def test_time_and_mode_are_those_that_are_told(tmp_path: Path, large: bool) -> None:
    before = os.umask(0o022)
    try:
        for number, mode, expected in ((1, 0o4610, 0o610), (2, None, 0o644), (3, None, 0o600)):
            path = tmp_path / str(number)
            if number == 3:
                path.touch(0o600)
            with drafting(str(path)) as made:
                made.fill(DATA)
                made.become(path, attributes=Attributes(1_234_567_890_123_456_700, mode))
            assert path.stat().st_mode & 0o7777 == expected
            assert path.stat().st_mtime_ns == 1_234_567_890_123_456_700
    finally:
        os.umask(before)
    assert len(list(tmp_path.iterdir())) == 3


def test_nothing_is_left_of_what_fails(tmp_path: Path, large: bool) -> None:
    path = tmp_path / "name"
    path.write_bytes(b"before")
    with pytest.raises(TypeError), drafting(str(path)) as made:
        made.begin(99).write("no bytes")  # type: ignore[call-overload]
    with drafting(str(path)) as made:
        made.fill(DATA)
        with pytest.raises(FileExistsError):
            made.become(path, replace=False)
    assert path.read_bytes() == b"before"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("crossing", ["device", "mount"])
def test_another_file_system_gets_a_copy(tmp_path: Path, crossing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "LARGE", 1)
    move = Partial.move

    def refuse(partial: Partial, path: Path, *rest: object) -> None:
        if path.name == "name" and first:
            first.clear()
            raise OSError(errno.EXDEV, "Invalid cross-device link")
        move(partial, path, *rest)  # type: ignore[arg-type]

    first = [1]
    if crossing == "mount":
        monkeypatch.setattr(Partial, "move", refuse)
    else:
        monkeypatch.setattr(Draft, "_moved", lambda *_: False)
    with drafting(str(tmp_path / "name")) as made:
        made.fill(DATA)
        made.become(tmp_path / "name", attributes=Attributes(mode=0o600))
    assert (tmp_path / "name").read_bytes() == DATA
    assert len(list(tmp_path.iterdir())) == 1


@posix
def test_links_stay_and_devices_are_written_into(tmp_path: Path, large: bool) -> None:
    link, file, null = tmp_path / "link", tmp_path / "file", tmp_path / "null"
    link.symlink_to("file")
    null.symlink_to(os.devnull)
    for path in (link, null):
        with drafting(str(path)) as made:
            made.fill(DATA)
            made.become(path)
    assert (link.readlink(), file.read_bytes()) == (Path("file"), DATA)
    assert null.is_char_device()
    assert len(list(tmp_path.iterdir())) == 3


@posix
def test_a_full_disk_is_named(tmp_path: Path) -> None:
    path = str(tmp_path / "name")
    with pytest.raises(OSError, match="name") as raised, drafting(path):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert raised.value.filename == path
    with pytest.raises(OSError, match="another") as raised, drafting(path):
        raise OSError(errno.EACCES, "Permission denied", "another")
    assert raised.value.filename == "another"
