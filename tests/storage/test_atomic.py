"""Files appear whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from l3c.storage.atomic import (
    Attributes,
    discard_partials,
    is_special,
    remove_abandoned,
    settle,
    whole_file,
    write_whole,
)

posix = pytest.mark.skipif(os.name != "posix", reason="Windows has no such files or modes")


def test_content_is_replaced_and_nothing_else_is_left(tmp_path: Path) -> None:
    path = tmp_path / "made" / "name"
    for data in (b"first", b"second"):
        write_whole(path, data)
        assert path.read_bytes() == data
    assert list(path.parent.iterdir()) == [path]


def test_a_file_stays_as_it_was_where_writing_fails(tmp_path: Path) -> None:
    path = tmp_path / "name"
    path.write_bytes(b"before")
    with pytest.raises(TypeError), whole_file(path) as file:
        file.write("no bytes")  # type: ignore[call-overload]
    assert path.read_bytes() == b"before"
    assert list(tmp_path.iterdir()) == [path]


@posix
def test_the_user_decides_who_may_read(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        write_whole(tmp_path / "name", b"")
    finally:
        os.umask(before)
    assert (tmp_path / "name").stat().st_mode & 0o777 == 0o644


def test_a_file_that_is_there_is_kept_without_replacing(tmp_path: Path) -> None:
    path = tmp_path / "name"
    path.write_bytes(b"meanwhile")
    with pytest.raises(FileExistsError):
        write_whole(path, b"late", replace=False)
    assert path.read_bytes() == b"meanwhile"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("replace", [False, True])
def test_a_file_system_without_links_will_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, replace: bool) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr("os.link", refuse)
    path = tmp_path / "name"
    write_whole(path, b"first", replace=replace)
    if not replace:
        with pytest.raises(FileExistsError):
            write_whole(path, b"second", replace=False)
    assert path.read_bytes() == b"first"
    assert list(tmp_path.iterdir()) == [path]


@posix
def test_time_and_mode_are_those_that_are_told(tmp_path: Path) -> None:
    path = tmp_path / "name"
    write_whole(path, b"x", attributes=Attributes(1_234_567_890_123_456_700, 0o4610))
    assert path.stat().st_mtime_ns == 1_234_567_890_123_456_700
    assert path.stat().st_mode & 0o7777 == 0o610


@posix
def test_a_file_that_is_replaced_hands_on_its_mode(tmp_path: Path) -> None:
    path = tmp_path / "name"
    path.touch(0o600)
    path.chmod(0o640)
    write_whole(path, b"x")
    assert path.stat().st_mode & 0o777 == 0o640


@posix
def test_what_is_private_is_never_readable_for_others(tmp_path: Path) -> None:
    with whole_file(tmp_path / "name", attributes=Attributes(mode=0o644)):
        (partial,) = tmp_path.iterdir()
        assert partial.stat().st_mode & 0o777 == 0o600


@posix
def test_devices_are_written_into_and_links_stay(tmp_path: Path) -> None:
    null, link, file = tmp_path / "null", tmp_path / "link", tmp_path / "file"
    null.symlink_to(os.devnull)
    assert is_special(null)
    write_whole(null, b"x")
    assert null.is_char_device()
    link.symlink_to("file")
    assert not is_special(link)
    for data in (b"first", b"second"):
        write_whole(link, data)
        assert (link.readlink(), file.read_bytes()) == (Path("file"), data)
    with pytest.raises(FileExistsError):
        write_whole(null, b"x", replace=False)


@posix
def test_pipes_are_written_into(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        write_whole(pipe, b"through")
        assert os.read(reader, 99) == b"through"
        assert pipe.is_fifo()
    finally:
        os.close(reader)


@posix
def test_only_what_nobody_writes_is_removed(tmp_path: Path) -> None:
    with whole_file(tmp_path / "name") as file:
        (partial,) = tmp_path.iterdir()
        remove_abandoned(partial)
        file.write(b"all of it")
    assert (tmp_path / "name").read_bytes() == b"all of it"
    left = tmp_path / partial.name
    left.write_bytes(b"half")
    remove_abandoned(left)
    remove_abandoned(left)
    assert not left.exists()


def test_a_process_that_ends_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), whole_file(tmp_path / "name"):
        discard_partials()
    assert not list(tmp_path.iterdir())


@posix
def test_folders_are_flushed_up_to_the_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    flushed: list[int] = []
    monkeypatch.setattr("os.fsync", lambda descriptor: flushed.append(os.fstat(descriptor).st_ino))
    settle(tmp_path)
    assert [tmp_path.stat().st_ino, tmp_path.parent.stat().st_ino] == flushed[:2]
    assert Path("/").stat().st_ino in flushed
