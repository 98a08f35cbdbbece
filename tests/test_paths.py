"""l3c.encode_file and l3c.decode_file: what the commands do for one file."""

from __future__ import annotations

import errno
import io
import os
from collections.abc import Iterator
from dataclasses import FrozenInstanceError
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import l3c
from l3c.errors import FormatError, InputError, LimitError, ModelError, TargetExistsError
from tests.checks import smooth_picture
from tests.images.pictures import ICC, RGB, RGB16, XMP, saved
from tests.server import serving

PICTURE = smooth_picture(60, 70, 3)
HOUR = 3_600_000_000_000
"""Nanoseconds: an age that no file of a test has by itself."""


@pytest.fixture(params=["in memory", "in parts"], autouse=True)
def size(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[str]:
    """Whether every file is a large one, of which nothing hidden may be left either."""
    if request.param == "in parts":
        monkeypatch.setattr("l3c.storage.large.LARGE", 1)
        monkeypatch.setattr("l3c.container.ranges.SHORT", 1)
    yield request.param
    assert not list(tmp_path.rglob("*.partial"))


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """A PNG larger than its l3c file, so that its pixels are encoded."""
    path = tmp_path / "photo.png"
    Image.fromarray(PICTURE).save(path, compress_level=0, icc_profile=ICC)
    return path


@pytest.fixture
def jpeg(tmp_path: Path) -> Path:
    path = tmp_path / "photo.jpg"
    path.write_bytes(saved(smooth_picture(40, 50, 3), "JPEG", xmp=XMP))
    return path


def test_a_picture_and_back(photo: Path) -> None:
    done = l3c.encode_file(photo)
    assert (done.source, done.target, done.kept, done.notes) == (photo, photo.with_name("photo.png.l3c"), "", ())
    assert (done.bytes_in, done.bytes_out) == (photo.stat().st_size, Path(done.target).stat().st_size)
    assert l3c.open(done.target).metadata["icc"] == ICC
    photo.unlink()
    back = l3c.decode_file(str(done.target))
    assert (back.source, back.target, back.kept, back.notes) == (done.target, photo, "", ())
    assert back.bytes_out == photo.stat().st_size
    with Image.open(photo) as image:
        assert image.info["icc_profile"] == ICC
        np.testing.assert_array_equal(np.asarray(image), PICTURE)
    with pytest.raises(FrozenInstanceError):
        back.kept = "JPEG"  # type: ignore[misc]


def test_large_files_are_the_same_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    picture, made = smooth_picture(300, 400, 3), []
    picture[:150, :200] //= 64  # a tile of graphics
    for suffix in ("png", "tif", "ppm"):
        path = tmp_path / f"photo.{suffix}"
        Image.fromarray(picture).save(path)
        for number, limit in enumerate((1 << 30, 1)):
            monkeypatch.setattr("l3c.storage.large.LARGE", limit)
            options: dict[str, Any] = {"force": True, "verify": True, "pixels": True, "effort": 3, "model": "wave-fast"}
            one, two = tmp_path / f"{number}.l3c", tmp_path / f"{number}.{suffix}"
            l3c.encode_file(path, one, **options)
            l3c.decode_file(one, two, verify=True, force=True)
            made.append((one.read_bytes(), two.read_bytes()))
        assert made[-1] == made[-2]


def test_a_full_disk_leaves_nothing(photo: Path, size: str, monkeypatch: pytest.MonkeyPatch) -> None:
    done = Path(l3c.encode_file(photo).target)
    before = sorted(photo.parent.iterdir())

    class Full(io.BufferedRandom):
        def write(self, data: Any, /) -> int:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("os.fdopen", lambda descriptor, mode: Full(io.FileIO(descriptor, "r+")))
    with pytest.raises(OSError, match="No space left") as raised:
        l3c.encode_file(photo, photo.with_name("x.l3c"))
    assert size == "in memory" or raised.value.filename == str(photo.with_name("x.l3c"))
    with pytest.raises(OSError, match="No space left"):
        l3c.decode_file(done, photo.with_name("x.png"))
    assert sorted(photo.parent.iterdir()) == before


def test_a_jpeg_file_is_kept_and_its_pixels_are_taken_where_asked(jpeg: Path, tmp_path: Path) -> None:
    kept = l3c.encode_file(jpeg, tmp_path / "kept.l3c", verify=True)
    assert (kept.kept, kept.notes) == ("JPEG", ())
    assert kept.bytes_out < kept.bytes_in
    back = l3c.decode_file(kept.target)
    assert (back.kept, Path(back.target).name) == ("JPEG", "kept.jpg")
    assert Path(back.target).read_bytes() == jpeg.read_bytes()
    assert l3c.decode_file(kept.target, tmp_path / "x.png").kept == ""
    pixels = l3c.encode_file(jpeg, tmp_path / "pixels.l3c", pixels=True, verify=True)
    assert pixels.kept == ""
    assert pixels.notes[1:] == ("the result lacks the JPEG file itself",)
    assert "own file is smaller" in pixels.notes[0]


@pytest.mark.skipif(os.name != "posix", reason="permissions")
def test_time_and_permissions_are_the_sources(photo: Path, tmp_path: Path) -> None:
    photo.chmod(0o640)
    then = photo.stat().st_mtime_ns - HOUR
    os.utime(photo, ns=(then, then))
    done = l3c.encode_file(photo)
    back = l3c.decode_file(done.target, tmp_path / "back.tif")
    for path in (done.target, back.target):
        assert (Path(path).stat().st_mtime_ns, Path(path).stat().st_mode & 0o777) == (then, 0o640)


def test_nothing_is_overwritten_unless_asked_for(photo: Path, tmp_path: Path) -> None:
    target = tmp_path / "x.l3c"
    target.write_bytes(b"mine")
    with pytest.raises(FileExistsError, match=r"x\.l3c: exists already; force=True overwrites it"):
        l3c.encode_file(photo, target)
    assert target.read_bytes() == b"mine"
    l3c.encode_file(photo, target, force=True)
    for picture in (photo, None):
        Image.fromarray(RGB).save(tmp_path / "x.png")
        with pytest.raises(TargetExistsError):
            l3c.decode_file(target, picture)
    l3c.decode_file(target, photo, force=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["photo.png", "x.l3c", "x.png"]


def test_options_are_those_of_the_commands(photo: Path, tmp_path: Path) -> None:
    done = l3c.encode_file(photo, tmp_path / "s.l3c", strip=True, preview=True, model="wave-fast", effort=1, threads=1)
    info = l3c.info(Path(done.target).read_bytes())
    assert (set(info.metadata), info.models[0][0].partition("/")[0]) == ({"preview"}, "wave-fast")
    shares: list[float] = []
    l3c.decode_file(done.target, tmp_path / "s.png", verify=True, threads=1, progress=shares.append)
    assert shares
    words = tmp_path / "words.txt"
    words.write_text("no picture")
    with pytest.raises(InputError, match=r"words\.txt: .*everything=True keeps the file itself"):
        l3c.encode_file(words)
    kept = l3c.encode_file(words, everything=True)
    assert "kept whole" in kept.notes[0]
    assert Path(l3c.decode_file(kept.target, force=True).target).read_text() == "no picture"


def test_what_a_format_drops_is_a_note(photo: Path, tmp_path: Path) -> None:
    done = l3c.encode_file(photo)
    assert l3c.decode_file(done.target, tmp_path / "x.ppm").notes == ("the format cannot hold icc, which was dropped",)


REFUSED: dict[str, tuple[type[Exception], str, dict[str, Any]]] = {
    "the source": (InputError, "is the source itself", {"target": "photo.png"}),
    "a folder": (InputError, "is a folder", {"target": "."}),
    "no folder": (InputError, "there is no folder", {"target": "none/x.l3c"}),
    "a picture's name": (InputError, "is named as a picture", {"target": "x.tif"}),
    "the web": (InputError, "is on the web, which takes no results", {"target": "https://localhost/x.l3c"}),
    "a folder's URL": (InputError, "is a folder", {"target": "memory://bucket/x/"}),
    "an unknown store": (InputError, "nowhere://x.l3c: Protocol not known", {"target": "nowhere://x.l3c"}),
    "a URL to delete for": (
        InputError,
        "delete_source needs files",
        {"target": "memory://bucket/x.l3c", "delete_source": True},
    ),
    "a device to delete for": (
        InputError,
        "delete_source needs files",
        {"target": "/dev/null", "delete_source": True, "force": True},
    ),
    "no path": (InputError, "a file by its path is needed, not int", {"target": 5}),
    "no model": (ModelError, "tsunami", {"model": "tsunami"}),
    "little memory": (LimitError, "max_memory", {"max_memory": 100}),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_cannot_be_is_refused_and_leaves_nothing(what: str, photo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(photo.parent)
    kind, message, options = REFUSED[what]
    with pytest.raises(kind, match=message):
        l3c.encode_file("photo.png", **options)
    assert [path.name for path in photo.parent.iterdir()] == ["photo.png"]


def test_names_of_l3c_files_are_checked(photo: Path, tmp_path: Path) -> None:
    data = l3c.encode_file(photo).target
    with pytest.raises(InputError, match="is named as an l3c file"):
        l3c.decode_file(data, tmp_path / "y.l3c")
    with pytest.raises(InputError, match=r"photo\.png: does not end in \.l3c; name a target"):
        l3c.decode_file(photo)
    with pytest.raises(FormatError, match=r"photo\.png: "):
        l3c.decode_file(photo, tmp_path / "y.png")
    with pytest.raises(FileNotFoundError):
        l3c.encode_file(tmp_path / "none.png")
    with pytest.raises(IsADirectoryError if os.name == "posix" else OSError):
        l3c.encode_file(tmp_path, tmp_path.parent / "z.l3c")


def test_samples_that_the_target_cannot_hold_are_refused(tmp_path: Path) -> None:
    deep = tmp_path / "deep.l3c"
    deep.write_bytes(l3c.encode(RGB16))
    with pytest.raises(InputError, match="cannot hold"):
        l3c.decode_file(deep, tmp_path / "deep.bmp")
    assert Path(l3c.decode_file(deep).target).name == "deep.png"


def test_a_source_is_deleted_when_its_result_is_verified(photo: Path, tmp_path: Path) -> None:
    done = l3c.encode_file(photo, delete_source=True)
    assert (done.deleted, photo.exists()) == (True, False)
    back = l3c.decode_file(done.target, tmp_path / "x.ppm", delete_source=True)
    assert (back.deleted, Path(done.target).exists()) == (False, True)
    assert back.notes[-1] == "the source is kept, since the result lacks icc"
    assert l3c.decode_file(done.target, delete_source=True).deleted
    assert sorted(path.name for path in tmp_path.iterdir()) == ["photo.png", "x.ppm"]


def test_regions_and_previews_are_decoded(photo: Path, tmp_path: Path) -> None:
    done = l3c.encode_file(photo)
    part = l3c.decode_file(done.target, tmp_path / "part.png", region=(2, 3, 5, 4))
    with Image.open(part.target) as image:
        np.testing.assert_array_equal(np.asarray(image), PICTURE[3:7, 2:7])
        assert image.info["icc_profile"] == ICC
    small = l3c.decode_file(done.target, tmp_path / "small.png", preview=True)
    assert Path(small.target).stat().st_size == small.bytes_out
    with pytest.raises(InputError, match="needs a target"):
        l3c.decode_file(done.target, region=(0, 0, 1, 1))


def test_sources_may_be_urls(photo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    with serving(tmp_path) as url:
        done = l3c.encode_file(f"{url}/photo.png")
        assert (done.source, done.target) == (f"{url}/photo.png", Path("photo.png.l3c"))
        (tmp_path / "photo.png.l3c").write_bytes(Path(done.target).read_bytes())
        assert l3c.decode_file(f"{url}/photo.png.l3c").target == Path("photo.png")
        with pytest.raises(InputError, match="404"):
            l3c.encode_file(f"{url}/none.png")
    with Image.open("photo.png") as image:
        np.testing.assert_array_equal(np.asarray(image), PICTURE)


def test_targets_may_be_urls(photo: Path, tmp_path: Path) -> None:
    from fsspec.implementations.memory import MemoryFileSystem

    MemoryFileSystem.store.clear()
    store = "memory://bucket"
    done = l3c.encode_file(photo, f"{store}/photo.png.l3c", verify=True)
    assert (done.source, done.target) == (photo, f"{store}/photo.png.l3c")
    with pytest.raises(TargetExistsError, match=r"^memory://bucket/photo\.png\.l3c: exists already; force=True"):
        l3c.encode_file(photo, f"{store}/photo.png.l3c")
    l3c.encode_file(photo, f"{store}/photo.png.l3c", force=True)
    with pytest.raises(InputError, match="is the source itself"):
        l3c.encode_file(f"{store}/photo.png.l3c", f"{store}/photo.png.l3c", force=True)
    back = l3c.decode_file(f"{store}/photo.png.l3c", f"{store}/back.tif")
    part = l3c.decode_file(f"{store}/photo.png.l3c", f"{store}/part.png", region=(2, 3, 5, 4))
    small = l3c.decode_file(f"{store}/photo.png.l3c", f"{store}/small.png", preview=True)
    targets = back.target, part.target, small.target
    assert targets == (f"{store}/back.tif", f"{store}/part.png", f"{store}/small.png")
    again = l3c.encode_file(back.target, tmp_path / "again.l3c")
    np.testing.assert_array_equal(l3c.decode(again.target), PICTURE)
    part = l3c.encode_file(part.target, tmp_path / "part.l3c")
    np.testing.assert_array_equal(l3c.decode(part.target), PICTURE[3:7, 2:7])
    assert small.bytes_out == MemoryFileSystem().size("/bucket/small.png")
    MemoryFileSystem.store.clear()
