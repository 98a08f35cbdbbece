"""Trees are mirrored; runs resume; nothing is lost."""

import errno
import io
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from l3c import api
from l3c.bulk.jobs import Outcome
from l3c.bulk.plan import plan
from l3c.bulk.run import RunSummary, convert_folder
from l3c.bulk.stores.local import LocalStore
from l3c.bulk.stores.store import StoreError
from l3c.bulk.transfer import Transfer
from l3c.container.ranges import Parts
from l3c.convert import operations
from l3c.convert.files import EncodeOptions
from l3c.convert.operations import Decoding, Encoding
from l3c.storage.atomic import whole_file
from l3c.storage.large import LargeFile
from tests.bulk.folders import encode_tree, make_tree, pixels_of, tree
from tests.checks import smooth_picture


@pytest.fixture
def roots(tmp_path: Path) -> tuple[Path, Path]:
    """A tree of pictures, and a folder that is not there yet."""
    make_tree(tmp_path / "in")
    return tmp_path / "in", tmp_path / "out"


def stamp(path: Path) -> tuple[int, int, int]:
    """What differs once a file is written anew; reading it may change the time of access."""
    found = path.stat()
    return found.st_ino, found.st_size, found.st_mtime_ns


@pytest.mark.parametrize("large", [1 << 24, 1])
def test_a_tree_is_mirrored_and_comes_back(
    roots: tuple[Path, Path], large: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("l3c.storage.large.LARGE", large)
    monkeypatch.setattr("l3c.container.ranges.SHORT", 1)
    source, target = roots
    summary = encode_tree(source, target)
    assert (summary.exit_code, summary.files["done"]) == (0, 4)
    assert tree(target) == {f"{name}.l3c" for name in tree(source)}
    back = target.with_name("back")
    decoded = convert_folder(Transfer(Decoding(), str(target), str(back)), lambda *_: None, 2)
    assert decoded.exit_code == 0
    assert tree(back) == tree(source)
    for name in tree(source):
        np.testing.assert_array_equal(pixels_of(back / name), pixels_of(source / name))
        assert (back / name).stat().st_mtime_ns == (source / name).stat().st_mtime_ns


def test_what_is_done_and_intact_is_skipped(roots: tuple[Path, Path]) -> None:
    encode_tree(*roots)
    before = {name: stamp(roots[1] / name) for name in tree(roots[1])}
    summary = encode_tree(*roots)
    assert summary.files == {"done": 0, "skipped": 4, "failed": 0}
    assert {name: stamp(roots[1] / name) for name in tree(roots[1])} == before


def test_a_damaged_result_is_made_again(roots: tuple[Path, Path]) -> None:
    encode_tree(*roots)
    target = roots[1] / "p0.bmp.l3c"
    whole, times = target.read_bytes(), target.stat()
    target.write_bytes(whole[:-20] + bytes(20))
    os.utime(target, ns=(times.st_mtime_ns, times.st_mtime_ns))
    assert encode_tree(*roots).files == {"done": 1, "skipped": 3, "failed": 0}
    assert target.read_bytes() == whole


def test_a_result_of_another_time_is_compared(roots: tuple[Path, Path]) -> None:
    encode_tree(*roots)
    os.utime(roots[1] / "p0.bmp.l3c", (0, 0))
    assert encode_tree(*roots).files == {"done": 0, "skipped": 4, "failed": 0}


def test_a_result_that_holds_something_else_is_kept_without_force(roots: tuple[Path, Path]) -> None:
    encode_tree(*roots)
    precious = (roots[1] / "p0.bmp.l3c").read_bytes()
    Image.fromarray(smooth_picture(12, 12, 3, 77)).save(roots[0] / "p0.bmp")
    errors: list[str] = []
    task = Transfer(operations.Encoding(), str(roots[0]), str(roots[1]), delete=True)
    summary = convert_folder(task, lambda outcome, _: errors.append(outcome.error) if outcome.error else None, 2)
    assert summary.files["failed"] == 1
    assert summary.exit_code == 2
    assert "holds something else; --force overwrites it" in errors[0]
    assert (roots[0] / "p0.bmp").exists()
    assert (roots[1] / "p0.bmp.l3c").read_bytes() == precious
    assert encode_tree(*roots, force=True).exit_code == 0
    np.testing.assert_array_equal(pixels_of(roots[1] / "p0.bmp.l3c"), pixels_of(roots[0] / "p0.bmp"))


def test_one_damaged_file_does_not_stop_the_rest(roots: tuple[Path, Path]) -> None:
    (roots[0] / "bad.png").write_bytes((roots[0] / "sub" / "p1.png").read_bytes()[:60])
    summary = encode_tree(*roots)
    assert summary.files == {"done": 4, "skipped": 0, "failed": 1}
    assert summary.exit_code == 2


def test_sources_are_deleted_when_they_are_safe(roots: tuple[Path, Path]) -> None:
    pictures = {name: pixels_of(roots[0] / name) for name in tree(roots[0])}
    summary = encode_tree(*roots, delete=True)
    assert (summary.exit_code, summary.deleted, tree(roots[0])) == (0, 4, set())
    for name, pixels in pictures.items():
        np.testing.assert_array_equal(pixels_of(roots[1] / f"{name}.l3c"), pixels)


def test_a_source_that_was_done_before_is_deleted_after_comparing(roots: tuple[Path, Path]) -> None:
    encode_tree(*roots)
    summary = encode_tree(*roots, delete=True)
    assert (summary.files["skipped"], summary.deleted, tree(roots[0])) == (4, 4, set())


@pytest.mark.parametrize("verb", ["encode", "decode"])
def test_a_job_whose_answer_was_lost_is_done_again(tmp_path: Path, verb: str) -> None:
    roots = str(tmp_path / "in"), str(tmp_path / "out")
    make_tree(tmp_path / "in")
    (tmp_path / "in" / "notes.odd").write_bytes(b"notes")
    everything = Encoding(EncodeOptions(everything=True))
    if verb == "decode":
        assert convert_folder(Transfer(everything, *roots), lambda *_: None, 2).exit_code == 0
        roots = roots[1], str(tmp_path / "back")
    task = Transfer(everything if verb == "encode" else Decoding(), *roots, delete=True)
    before = LocalStore(roots[0]).listing(None, True)
    jobs = plan(before, task.operation).jobs
    assert convert_folder(task, lambda *_: None, 2).deleted == len(jobs) == 5
    again = [task(job) for job in jobs]
    assert [(outcome.status, outcome.deleted, outcome.error) for outcome in again] == [("skipped", True, "")] * 5
    (Path(roots[1]) / again[0].target).unlink()
    assert task(jobs[0]).error.endswith(": is gone")


def test_a_wrong_encoder_is_noticed(roots: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    encode = api.encode_parts

    def wrong(array: Any, /, **options: Any) -> Parts:
        return encode(array ^ 1, **options)

    monkeypatch.setattr(api, "encode_parts", wrong)
    summary = encode_tree(*roots, check=True, pixels=True)
    assert summary.files["failed"] == 4
    assert tree(roots[1]) == set()


def test_a_source_that_changes_meanwhile_is_kept(roots: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    settle = LocalStore.settle

    def change(self: LocalStore, name: str) -> None:
        (roots[0] / name.removesuffix(".l3c")).write_bytes(b"new")
        settle(self, name)

    monkeypatch.setattr(LocalStore, "settle", change)
    summary = encode_tree(*roots, delete=True)
    assert (summary.files["failed"], summary.deleted) == (4, 0)
    assert len(tree(roots[0])) == 4


@pytest.mark.parametrize("large", [1 << 24, 1])
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS])
def test_a_full_or_read_only_target_ends_the_run(
    roots: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch, number: int, large: int
) -> None:
    monkeypatch.setattr("l3c.storage.large.LARGE", large)

    def refuse(descriptor: int) -> None:
        raise OSError(number, os.strerror(number))

    outcomes: list[Outcome] = []
    monkeypatch.setattr("os.fsync", refuse)
    task = Transfer(operations.Encoding(), str(roots[0]), str(roots[1]), delete=True)
    summary = convert_folder(task, lambda outcome, _: outcomes.append(outcome), 1)
    assert summary.exit_code == 1
    assert os.strerror(number) in outcomes[0].error
    assert len(outcomes) == 1
    assert len(tree(roots[0])) == 4
    assert tree(roots[1]) == set()


def test_a_target_that_cannot_be_made_is_an_error(roots: tuple[Path, Path]) -> None:
    (roots[0] / "file").write_bytes(b"")
    with pytest.raises(StoreError, match="cannot be written to"):
        encode_tree(roots[0], roots[0] / "file" / "out")


def test_two_runs_on_one_target_are_refused(roots: tuple[Path, Path]) -> None:
    pytest.importorskip("fcntl")
    store = LocalStore(str(roots[1]))
    store.prepare()
    with pytest.raises(StoreError, match="another run"):
        encode_tree(*roots)
    store.close()
    assert encode_tree(*roots).exit_code == 0


def test_what_a_killed_run_left_is_removed(roots: tuple[Path, Path]) -> None:
    roots[1].mkdir()
    (roots[1] / f".l3c.{32 * 'a'}.partial").write_bytes(b"half")
    (roots[1] / ".other.partial").write_bytes(b"not ours")
    encode_tree(*roots)
    assert {name for name in tree(roots[1]) if name.startswith(".")} == {".other.partial"}


def test_what_is_left_out_is_counted(roots: tuple[Path, Path]) -> None:
    (roots[0] / "notes.txt").write_text("x")
    (roots[0] / ".hidden.png").write_bytes((roots[0] / "p0.bmp").read_bytes())
    (roots[0] / ".git").mkdir()
    (roots[0] / "link.png").symlink_to("p0.bmp")
    (roots[0] / "folder").symlink_to(".", target_is_directory=True)
    summary = encode_tree(*roots)
    assert summary.left_out == {
        "of another kind": ("notes.txt",), "links": ("folder", "link.png"), "hidden": (".git", ".hidden.png"),
    }  # fmt: skip
    assert len(tree(roots[1])) == 4


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_is_named_and_never_opened(roots: tuple[Path, Path]) -> None:
    os.mkfifo(roots[0] / "pipe.png")
    assert encode_tree(*roots).left_out == {"pipes, sockets and devices": ("pipe.png",)}
    assert len(tree(roots[1])) == 4


def test_a_target_inside_the_source_is_no_source(roots: tuple[Path, Path]) -> None:
    encode_tree(roots[0], roots[0])
    task = Transfer(Decoding(), str(roots[0]), str(roots[0] / "back"))
    assert convert_folder(task, lambda *_: None, 2).files["done"] == 4
    assert encode_tree(roots[0], roots[0] / "back").files["done"] == 4


def test_a_jpeg_is_not_deleted_for_its_pixels(roots: tuple[Path, Path]) -> None:
    Image.fromarray(smooth_picture(12, 12, 3)).save(roots[0] / "x.jpg")
    summary = encode_tree(*roots, delete=True, pixels=True)
    assert (summary.exit_code, summary.deleted) == (0, 4)
    assert tree(roots[0]) == {"x.jpg"}


def test_a_jpeg_file_is_kept_whole_and_comes_back(roots: tuple[Path, Path]) -> None:
    Image.fromarray(smooth_picture(90, 120, 3)).save(roots[0] / "x.jpg")
    before = (roots[0] / "x.jpg").read_bytes()
    summary = encode_tree(*roots, delete=True)
    assert (summary.exit_code, summary.deleted, tree(roots[0])) == (0, 5, set())
    assert (roots[1] / "x.jpg.l3c").stat().st_size < len(before)
    back = roots[1].with_name("back")
    assert convert_folder(Transfer(Decoding(), str(roots[1]), str(back)), lambda *_: None, 2).exit_code == 0
    assert (back / "x.jpg").read_bytes() == before


WRONG = {
    "jpeg_named.png": ("JPEG", "RGB", "jpeg_named.png"),
    "png_named.jpg": ("PNG", "RGB", "png_named.jpg.png"),
    "alpha_named.bmp": ("PNG", "RGBA", "alpha_named.bmp.png"),
    "cmyk_named.png": ("TIFF", "CMYK", "cmyk_named.png.tif"),
    "gray_named.webp": ("PNG", "L", "gray_named.webp.png"),
    "rgb_named.pgm": ("PNG", "RGB", "rgb_named.pgm.png"),
    "bits_named.ppm": ("PNG", "1", "bits_named.ppm.png"),
    "indices_named.tif": ("PNG", "P", "indices_named.tif"),
    "UPPER.PNG": ("PNG", "RGB", "UPPER.PNG"),
}
"""Names of files to the format and mode they have, and the names they come back under."""


def test_what_a_folder_takes_it_gives_back(tmp_path: Path) -> None:
    source, target, back = tmp_path / "in", tmp_path / "out", tmp_path / "back"
    source.mkdir()
    before = {}
    for name, (form, mode, _) in WRONG.items():
        Image.fromarray(smooth_picture(40, 50, 3)).convert(mode).save(source / name, form)
        before[name] = (source / name).read_bytes()
    summary = encode_tree(source, target, delete=True)
    assert (summary.exit_code, summary.deleted, tree(source)) == (0, len(WRONG), set())
    assert convert_folder(Transfer(Decoding(), str(target), str(back), check=True), lambda *_: None, 2).exit_code == 0
    assert tree(back) == {name for _, _, name in WRONG.values()}
    assert (back / "jpeg_named.png").read_bytes() == before["jpeg_named.png"]
    for name, (_, mode, written) in WRONG.items():
        with Image.open(io.BytesIO(before[name])) as was, Image.open(back / written) as image:
            assert image.mode == mode
            np.testing.assert_array_equal(np.asarray(image), np.asarray(was))
    again = convert_folder(Transfer(Decoding(), str(target), str(back)), lambda *_: None, 2)
    assert again.files == {"done": 0, "skipped": len(WRONG), "failed": 0}


def test_names_that_meet_are_told_apart(tmp_path: Path) -> None:
    source, back = tmp_path / "in", tmp_path / "back"
    source.mkdir()
    for i, name in enumerate(["a.png.l3c", "a.l3c", "b.tif.l3c", "b.l3c"]):
        (source / name).write_bytes(api.encode(smooth_picture(9, 9, 3, i)))
    for _ in range(2):
        summary = convert_folder(Transfer(Decoding(), str(source), str(back)), lambda *_: None, 2)
        assert summary.exit_code == 0
        assert tree(back) == {"a.png", "a.l3c.png", "b.tif", "b.png"}
    np.testing.assert_array_equal(pixels_of(back / "a.l3c.png"), smooth_picture(9, 9, 3, 1))
    (source / "a.l3c.png.l3c").write_bytes(api.encode(smooth_picture(9, 9, 3, 7)))
    outcomes: list[Outcome] = []
    task = Transfer(Decoding(), str(source), str(tmp_path / "other"))
    assert convert_folder(task, lambda outcome, _: outcomes.append(outcome), 1).exit_code == 2
    assert [outcome.source for outcome in outcomes if outcome.error] == ["a.l3c"]


def test_kept_files_have_their_own_names_again(tmp_path: Path) -> None:
    source, target, back = tmp_path / "in", tmp_path / "out", tmp_path / "back"
    source.mkdir()
    files = {
        "a.webp": b"webp",
        "a": b"none",
        "b.tar.gz": b"gz",
        "c.l3c": b"no l3c file",
        ".hidden": b"h",
        "README": b"",
    }
    for name, data in files.items():
        (source / name).parent.mkdir(exist_ok=True)
        (source / name).write_bytes(data)
    kind = Encoding(EncodeOptions(everything=True))
    summary = convert_folder(Transfer(kind, str(source), str(target), delete=True), lambda *_: None, 2)
    assert (summary.exit_code, summary.deleted, summary.left_out) == (0, len(files), {})
    for _ in range(2):
        task = Transfer(Decoding(), str(target), str(back))
        assert convert_folder(task, lambda *_: None, 2).exit_code == 0
        assert {name: (back / name).read_bytes() for name in tree(back)} == files


@pytest.mark.skipif(os.name != "posix", reason="Windows has no such modes")
def test_modes_are_kept(roots: tuple[Path, Path]) -> None:
    (roots[0] / "sub").chmod(0o700)
    (roots[0] / "sub" / "p1.png").chmod(0o640)
    roots[0].chmod(0o750)
    encode_tree(*roots)
    modes = {name: (roots[1] / name).stat().st_mode & 0o777 for name in ("", "sub", "sub/p1.png.l3c")}
    assert modes == {"": 0o750, "sub": 0o700, "sub/p1.png.l3c": 0o640}


def test_a_folder_that_cannot_be_read_does_not_stop_the_rest(
    roots: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    scan = os.scandir

    def refuse(path: Any) -> Any:
        if Path(path).name == "lost+found":
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return scan(path)

    for root in roots:
        (root / "lost+found").mkdir(parents=True)
    monkeypatch.setattr("os.scandir", refuse)
    outcomes: list[Outcome] = []
    summary = convert_folder(Transfer(Encoding(), str(roots[0]), str(roots[1])), lambda o, _: outcomes.append(o), 2)
    assert summary.files == {"done": 4, "skipped": 0, "failed": 1}
    assert summary.exit_code == 1
    assert [o.error for o in outcomes if o.error] == [
        "lost+found: what this folder holds cannot be read: Permission denied"
    ]


@pytest.mark.parametrize("kind", [Encoding(), Decoding()], ids=["encode", "decode"])
def test_no_error_of_one_file_ends_a_run(
    roots: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch, kind: Encoding | Decoding
) -> None:
    if isinstance(kind, Decoding):
        encode_tree(*roots)
        roots = (roots[1], roots[1].with_name("back"))
    opened = LocalStore.open

    def bug(self: LocalStore, name: str) -> bytes | LargeFile:
        if "p2" in name:
            raise KeyError(9)
        return opened(self, name)

    monkeypatch.setattr(LocalStore, "open", bug)
    outcomes: list[Outcome] = []
    task = Transfer(kind, str(roots[0]), str(roots[1]), debug=True)
    summary = convert_folder(task, lambda o, _: outcomes.append(o), 2)
    assert summary.files == {"done": 3, "skipped": 0, "failed": 1}
    (failed,) = [o for o in outcomes if o.error]
    assert "p2.bmp" in failed.error
    assert "unforeseen KeyError: 9" in failed.error
    assert "in bug" in failed.trace


@pytest.mark.parametrize("unit", [1_000, 1_000_000_000, 2_000_000_000])
def test_coarse_times_are_times_of_results(
    roots: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch, unit: int
) -> None:
    utime = os.utime

    def coarse(path: Any, *, ns: tuple[int, int]) -> None:
        utime(path, ns=(ns[0], ns[1] // unit * unit))

    for name in tree(roots[0]):
        utime(roots[0] / name, ns=(0, 1_700_000_001_987_654_321))
    monkeypatch.setattr("os.utime", coarse)
    monkeypatch.setattr("os.supports_fd", set())
    encode_tree(*roots)
    monkeypatch.setattr(Transfer, "_compare", None)
    assert encode_tree(*roots).files == {"done": 0, "skipped": 4, "failed": 0}
    assert not [name for name in tree(roots[1]) if name.endswith("partial")]


def test_a_source_changed_within_a_second_is_noticed_where_times_are_fine(roots: tuple[Path, Path]) -> None:
    for name in tree(roots[0]):
        os.utime(roots[0] / name, ns=(0, 1_700_000_000_000_000_000))
    encode_tree(*roots)
    Image.fromarray(smooth_picture(12, 12, 3, 77)).save(roots[0] / "p0.bmp")
    os.utime(roots[0] / "p0.bmp", ns=(0, 1_700_000_001_300_000_000))
    assert encode_tree(*roots).files == {"done": 0, "skipped": 3, "failed": 1}


def test_the_roots_own_name_is_flushed_before_sources_are_removed(
    roots: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    flushed: set[int] = set()
    fsync, remove = os.fsync, LocalStore.remove

    def note(descriptor: int) -> None:
        flushed.add(os.fstat(descriptor).st_ino)
        fsync(descriptor)

    def check(self: LocalStore, name: str) -> None:
        target = roots[1] / "new" / name
        assert {folder.stat().st_ino for folder in target.parents} <= flushed
        remove(self, name)

    monkeypatch.setattr("os.fsync", note)
    monkeypatch.setattr(LocalStore, "remove", check)
    assert encode_tree(roots[0], roots[1] / "new", delete=True).deleted == 4


def test_a_run_within_another_runs_target_leaves_its_files_alone(roots: tuple[Path, Path]) -> None:
    pytest.importorskip("fcntl")
    (roots[1] / "sub").mkdir(parents=True)
    with whole_file(roots[1] / "sub" / "of_another_run.l3c") as file:
        encode_tree(roots[0], roots[1] / "sub")
        file.write(b"whole")
    assert (roots[1] / "sub" / "of_another_run.l3c").read_bytes() == b"whole"


def test_what_other_options_left_is_named_and_pruned(roots: tuple[Path, Path]) -> None:
    source, target = roots
    encode_tree(source, target)
    left = target / "p0.bmp.png.l3c"
    left.write_bytes((target / "p0.bmp.l3c").read_bytes())
    times = (source / "p0.bmp").stat()
    outcomes: list[Outcome] = []

    def run(prune: bool) -> RunSummary:
        outcomes.clear()
        task = Transfer(Encoding(), str(source), str(target), prune=prune)
        return convert_folder(task, lambda o, _: outcomes.append(o), 2)

    assert run(prune=True).pruned == 0  # not of the source's time
    assert left.exists()
    os.utime(left, ns=(0, times.st_mtime_ns))
    assert run(prune=False).pruned == 0
    assert [o.notes for o in outcomes if o.notes] == [
        ("p0.bmp.png.l3c stands there too, of a run with other options; --prune removes it",)
    ]
    left.write_bytes(api.encode(smooth_picture(12, 12, 3, 5)))
    os.utime(left, ns=(0, times.st_mtime_ns))
    assert run(prune=True).pruned == 0  # another picture
    left.write_bytes((target / "p0.bmp.l3c").read_bytes())
    os.utime(left, ns=(0, times.st_mtime_ns))
    assert run(prune=True).pruned == 1
    assert tree(target) == {f"{name}.l3c" for name in tree(source)}


def test_a_jpeg_file_beside_its_decoded_pixels_is_never_pruned(roots: tuple[Path, Path]) -> None:
    source, target = roots[1], roots[1].with_name("back")
    source.mkdir()
    target.mkdir()
    Image.fromarray(smooth_picture(30, 40, 3)).save(target / "x.jpg")
    (source / "x.jpg.l3c").write_bytes(api.encode(pixels_of(target / "x.jpg"), history=False))
    stamp = (target / "x.jpg").stat().st_mtime_ns
    os.utime(source / "x.jpg.l3c", ns=(0, stamp))
    summary = convert_folder(Transfer(Decoding(), str(source), str(target), prune=True), lambda *_: None, 1)
    assert (summary.exit_code, summary.pruned) == (0, 0)
    assert tree(target) == {"x.jpg", "x.jpg.png"}


def test_any_number_of_jobs_gives_the_same_files(roots: tuple[Path, Path]) -> None:
    one, many = roots[1] / "1", roots[1] / "5"
    encode_tree(roots[0], one, jobs=1)
    encode_tree(roots[0], many, jobs=5)
    assert {n: (one / n).read_bytes() for n in tree(one)} == {n: (many / n).read_bytes() for n in tree(many)}


def test_the_exit_code_is_one_where_failures_differ() -> None:
    summary = RunSummary("encode", 2, 0)
    for code in (2, 3):
        summary.add(Outcome("a", "b", "failed", code=code))
    assert summary.exit_code == 1
