"""Archives become files, inside their folder; a second run finishes what the first has left."""

import gzip
import io
import tarfile
import zipfile
from pathlib import Path
from typing import Any
from unittest.mock import patch

import fsspec
import pytest

from l3c.bulk.jobs import Job, Outcome
from l3c.cli import main
from l3c.errors import InputError
from l3c.prepare import unpack as module
from l3c.prepare.open_images import folder_of
from l3c.prepare.unpack import HEADER_MAX, Unpack, safe
from tests.bulk.folders import tree
from tests.server import serving


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    (tmp_path / "in").mkdir()
    for name in ("a.jpg", "b.jpg"):
        (tmp_path / "in" / name).write_bytes(name.encode() * 5000)
    path = tmp_path / "in.tar.gz"
    with tarfile.open(path, "w:gz") as file:
        file.add(tmp_path / "in", "in")
    return path


def unpack(archive: Path) -> Outcome:
    return Unpack(str(archive.parent / "out"))(Job(str(archive), "to", 0))


def test_a_tar_archive_is_unpacked_once(archive: Path) -> None:
    assert (unpack(archive).status, unpack(archive).status) == ("done", "skipped")
    out = archive.parent / "out"
    assert tree(out) == {"to/.unpacked", "to/in/a.jpg", "to/in/b.jpg"}
    assert (out / "to" / "in" / "a.jpg").read_bytes() == b"a.jpg" * 5000


def test_an_interrupted_archive_is_finished(archive: Path) -> None:
    with patch.object(Unpack, "_file", side_effect=[5000, OSError("cut")]):
        assert unpack(archive).status == "failed"
    assert tree(archive.parent / "out") == {"to/.unpacked"}
    assert unpack(archive).status == "done"
    assert tree(archive.parent / "out") == {"to/.unpacked", "to/in/a.jpg", "to/in/b.jpg"}


def test_a_cut_archive_fails_and_its_files_are_not_taken_for_another_ones(archive: Path) -> None:
    whole = archive.read_bytes()
    archive.write_bytes(whole[:-40])
    cut = unpack(archive)
    assert (cut.status, str(archive) in cut.error) == ("failed", True)
    archive.write_bytes(whole)
    other = unpack(archive)
    assert (other.status, f"this would be size {len(whole)}" in other.error) == ("failed", True)
    assert "remove this one" in other.error


def test_a_zip_archive_is_unpacked(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as file:
        file.writestr("sub/a.png", b"abc")
    assert unpack(tmp_path / "x.zip").bytes_out == 3
    assert tree(tmp_path / "out") == {"to/.unpacked", "to/sub/a.png"}


@pytest.mark.parametrize("name", ["../a", "/a", "a/../../b", "C:/a", "..\\a"])
def test_nothing_is_written_outside(tmp_path: Path, name: str) -> None:
    with tarfile.open(tmp_path / "x.tar", "w") as file:
        entry = tarfile.TarInfo(name)
        entry.size = 1
        file.addfile(entry, io.BytesIO(b"x"))
    assert "outside of the folder" in unpack(tmp_path / "x.tar").error
    assert tree(tmp_path) == {"x.tar"}


def test_plain_names_stay() -> None:
    assert safe("./a/b.jpg") == "a/b.jpg"


@pytest.mark.parametrize("name", [".", "./", "", "a\0b"])
def test_a_member_without_a_name_ends_no_run(name: str) -> None:
    with pytest.raises(InputError, match="has no name that a file can have"):
        safe(name)


def test_an_encrypted_member_is_named(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as file:
        file.writestr("a.png", b"abc")
    raw = bytearray((tmp_path / "x.zip").read_bytes())
    raw[raw.index(b"PK\1\2") + 8] |= 1
    (tmp_path / "x.zip").write_bytes(raw)
    done = unpack(tmp_path / "x.zip")
    assert (done.status, done.error) == ("failed", f"{tmp_path / 'x.zip'}: member 'a.png' is encrypted")


def test_a_member_of_an_unknown_packing_and_whatever_else_ends_no_run(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as file:
        file.writestr("a.png", b"abc")
    raw = bytearray((tmp_path / "x.zip").read_bytes())
    raw[raw.index(b"PK\1\2") + 10] = 77
    (tmp_path / "x.zip").write_bytes(raw)
    done = unpack(tmp_path / "x.zip")
    assert done.status == "failed"
    assert done.error.startswith(f"{tmp_path / 'x.zip'}: ")
    with patch("l3c.prepare.unpack.zip_members", side_effect=IndexError("tuple index")):
        done = unpack(tmp_path / "x.zip")
    assert "unforeseen IndexError: tuple index" in done.error


def packed(folder: Path, *parts: bytes) -> Path:
    path = folder / "x.tar.gz"
    path.write_bytes(gzip.compress(b"".join(part.ljust(-(-len(part) // 512) * 512, b"\0") for part in parts)))
    return path


def header(name: str, size: int, **fields: Any) -> bytes:
    entry = tarfile.TarInfo(name)
    entry.size = size
    for field, value in fields.items():
        setattr(entry, field, value)
    return entry.tobuf()


def test_a_small_archive_takes_no_memory_or_disk_that_it_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    large = HEADER_MAX + 1
    sparse = {"GNU.sparse.size": str(1 << 30), "GNU.sparse.map": f"0,1,{1 << 30},0", "GNU.sparse.numblocks": "2"}
    many = [header("d", 0, type=tarfile.DIRTYPE)] * 3 + [header("a", 1), b"x", header("b", 1), b"x"]
    archives: dict[str, list[bytes]] = {
        "a header of 1048577 bytes": [header("x", large, type=tarfile.GNUTYPE_LONGNAME), b"a" * large],
        "a header of 1048577 bytes, at": [header("x", large, type=tarfile.XHDTYPE), bytes(large)],
        "is sparse": [header("s", 1, pax_headers=sparse), b"x"],
        "at most 1073741824": [header("a", 1 << 31)],
        "has -512 bytes": [header("a", 1, pax_headers={"size": "-512"}), b"x"],
        "times its": many,
    }
    for said, parts in archives.items():
        if said == "times its":
            monkeypatch.setattr(module, "TOTAL_FREE", 1)
            monkeypatch.setattr(module, "RATIO_MAX", 0)
        done = unpack(packed(tmp_path, *parts))
        assert (done.status, said in done.error) == ("failed", True), done.error


def test_a_damaged_header_is_not_the_end(tmp_path: Path) -> None:
    damaged = bytearray(header("b", 1))
    damaged[0] ^= 1
    done = unpack(packed(tmp_path, header("a", 1), b"x", bytes(damaged), b"x", bytes(1024)))
    assert (done.status, "bad checksum" in done.error) == ("failed", True)


def test_an_archive_cannot_say_that_it_is_done(tmp_path: Path) -> None:
    assert unpack(packed(tmp_path, header(".unpacked", 5), b"done\n", bytes(1024))).status == "failed"


def test_a_zip_archive_holds_what_it_says(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as file:
        file.writestr("a", bytes(100))
    raw = bytearray((tmp_path / "x.zip").read_bytes())
    at = raw.index(b"PK\1\2") + 24
    raw[at : at + 4] = (99_999).to_bytes(4, "little")
    (tmp_path / "x.zip").write_bytes(raw)
    assert "has 100 bytes, not the 99999" in unpack(tmp_path / "x.zip").error


def zipped(path: Path, name: str) -> Path:
    path.parent.mkdir(exist_ok=True)
    with zipfile.ZipFile(path, "w") as file:
        file.writestr(name, b"abc")
    return path


@pytest.mark.parametrize(("first", "second"), [("a/x.zip", "b/x.zip"), ("x.zip", "x.tar"), ("x.zip", "x.tar.gz")])
def test_two_archives_of_one_folder_are_refused(
    tmp_path: Path, first: str, second: str, capsys: pytest.CaptureFixture[str]
) -> None:
    archives = [str(zipped(tmp_path / name, "a.png")) for name in (first, second)]
    assert main(["prepare", "unpack", *archives, "-o", str(tmp_path / "out")]) == 2
    assert f"{' and '.join(archives)}: would all go to the folder x" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_names_that_differ_before_the_suffix_have_folders_of_their_own(tmp_path: Path) -> None:
    archives = [str(zipped(tmp_path / f"x.v{i}.zip", "a.png")) for i in (1, 2)]
    assert main(["prepare", "unpack", *archives, "-o", str(tmp_path / "out"), "-q"]) == 0
    assert tree(tmp_path / "out") == {f"x.v{i}/{name}" for i in (1, 2) for name in (".unpacked", "a.png")}


@pytest.mark.parametrize(
    ("name", "folder"),
    [
        ("a/train_0.tar.gz", "train_0"),
        ("x.TGZ", "x"),
        ("x.tar", "x"),
        ("x.v1", "x.v1"),
        (".zip", ".zip"),
        ("https://host/a/x.tar.xz?token=a/b.c", "x"),
    ],
)
def test_the_folder_of_an_archive(name: str, folder: str) -> None:
    assert folder_of(name) == folder


def test_another_archive_of_the_same_name_is_not_taken_for_done(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["prepare", "unpack", "-o", str(tmp_path / "out"), "-q"]
    first, second = (zipped(tmp_path / folder / "x.zip", name) for folder, name in (("a", "a.png"), ("b", "long.png")))
    assert main([*command, str(first)]) == 0
    assert main([*command, str(second)]) == 1
    assert f"{second}: {tmp_path / 'out' / 'x'}: was made with size" in capsys.readouterr().err
    (tmp_path / "c").mkdir()
    assert main([*command, str(first.rename(tmp_path / "c" / "x.zip"))]) == 0
    assert tree(tmp_path / "out") == {"x/.unpacked", "x/a.png"}


def test_files_that_are_no_archives_stay(tmp_path: Path) -> None:
    out = tmp_path / "out" / "to"
    out.mkdir(parents=True)
    (out / "a.png").write_bytes(b"mine")
    done = unpack(zipped(tmp_path / "x.zip", "a.png"))
    assert (done.status, "holds files, and no .unpacked" in done.error) == ("failed", True)
    assert (out / "a.png").read_bytes() == b"mine"


@pytest.mark.parametrize("scheme", ["http", "memory"])
def test_an_archive_that_is_not_there_has_a_reason(
    tmp_path: Path, scheme: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with serving(tmp_path) as url:
        where = url if scheme == "http" else "memory://nowhere"
        assert main(["prepare", "open-images", str(tmp_path / "data"), "--source", where, "-q"]) == 1
    said = capsys.readouterr().err
    assert f"l3c: {where}/train_0.tar.gz: not found\n" in said
    assert not tree(tmp_path)


def test_archives_come_by_url(archive: Path, capsys: pytest.CaptureFixture[str]) -> None:
    zipped(archive.parent / "x.zip", "a.png")
    fsspec.filesystem("memory").pipe("/bucket/x.zip", (archive.parent / "x.zip").read_bytes())
    command = ["prepare", "unpack", "-o", str(archive.parent / "out"), "-q"]
    with serving(archive.parent) as url:
        assert main([*command, f"{url}/in.tar.gz", "memory://bucket/x.zip"]) == 0
        assert main([*command, f"{url}/x.zip", "-o", str(archive.parent / "out2")]) == 1
        assert f"{url}/x.zip: The HTTP server doesn't appear to support range requests" in capsys.readouterr().err
    names = {"in/.unpacked", "in/in/a.jpg", "in/in/b.jpg", "x/.unpacked", "x/a.png"}
    assert tree(archive.parent / "out") == names


def test_a_server_that_is_not_there_is_not_a_file_that_is_missing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with serving(tmp_path) as url:
        assert main(["prepare", "unpack", f"{url}/secret-x.tar", "-o", str(tmp_path / "out"), "-q"]) == 1
        assert capsys.readouterr().err == f"l3c: {url}/secret-x.tar: 403 Forbidden\n"
    assert main(["prepare", "unpack", f"{url}/x.tar", "-o", str(tmp_path / "out"), "-q"]) == 1
    said = capsys.readouterr().err
    assert said.startswith(f"l3c: {url}/x.tar: Connect call failed")
    assert "not found" not in said
