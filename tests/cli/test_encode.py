"""l3c encode."""

import errno
import os
import struct
import sys
import zlib
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
from PIL import Image

import l3c
from l3c import api
from l3c.images.png import chunk
from l3c.images.png_chunks import SIGNATURE
from tests.checks import smooth_picture
from tests.cli.conftest import Run
from tests.history.jpegs import decoded
from tests.images.pictures import ICC, RGB, XMP, exif_block, saved


def names() -> list[str]:
    return sorted(path.name for path in Path().iterdir())


def test_the_default_target_is_the_source_with_a_suffix(run: Run) -> None:
    done = run("encode", "photo.png")
    assert (done.code, done.out) == (0, b"")
    assert names() == ["photo.png", "photo.png.l3c"]
    np.testing.assert_array_equal(l3c.decode(Path("photo.png.l3c").read_bytes()), RGB)


def test_the_result_is_one_line(run: Run) -> None:
    done = run("encode", "photo.png", "x.l3c")
    before, after = Path("photo.png").stat().st_size, Path("x.l3c").stat().st_size
    start = f"photo.png: {before:,} -> {after:,} bytes ({after / before:.1%}), {8 * after / RGB.size:.3f} bits"
    assert done.lines == [f"{start} per sub-pixel: x.l3c"]


def test_quiet_says_nothing(run: Run) -> None:
    assert run("encode", "photo.png", "-q").err == ""


def test_an_existing_target_is_kept_without_force(run: Run) -> None:
    target = Path("photo.png.l3c")
    target.write_bytes(b"precious")
    with patch.object(api, "encode") as encode:
        done = run("encode", "photo.png")
    encode.assert_not_called()
    assert (done.code, done.lines) == (2, ["l3c: photo.png.l3c: exists already; --force overwrites it"])
    assert target.read_bytes() == b"precious"
    assert run("encode", "photo.png", "-f").code == 0
    np.testing.assert_array_equal(l3c.decode(target.read_bytes()), RGB)
    assert names() == ["photo.png", "photo.png.l3c"]


def test_standard_input_goes_to_standard_output(run: Run) -> None:
    done = run("encode", "-", stdin=Path("photo.png").read_bytes())
    np.testing.assert_array_equal(l3c.decode(done.out), RGB)
    assert done.lines[0].startswith("standard input: ")
    assert names() == ["photo.png"]
    assert run("encode", "photo.png", "-").out == done.out
    assert run("encode", "-", "x.l3c", stdin=Path("photo.png").read_bytes()).out == b""
    assert Path("x.l3c").read_bytes() == done.out


def test_a_terminal_is_no_target(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    done = run("encode", "photo.png", "-")
    assert (done.code, done.out) == (2, b"")
    assert done.lines == ["l3c: standard output is a terminal; name a target or use --force"]


@pytest.mark.parametrize("threads", ["1", "2"])
def test_threads_do_not_change_the_file(run: Run, threads: str) -> None:
    run("encode", "photo.png", "x.l3c", "-t", threads, "-m", "wave")
    assert Path("x.l3c").read_bytes() == l3c.encode(RGB)


def test_effort_is_passed_on_and_limited(run: Run) -> None:
    assert run("encode", "photo.png", "x.l3c", "-m", "wave-fast", "-e", "1").code == 0
    assert Path("x.l3c").read_bytes() == l3c.encode(RGB, model="wave-fast", effort=1)
    assert run("encode", "photo.png", "y.l3c", "-e", "10").code == 2


def test_a_jpeg_file_is_kept_itself(run: Run) -> None:
    jpeg = saved(smooth_picture(100, 150, 3), "JPEG")
    Path("x.jpg").write_bytes(jpeg)
    done = run("encode", "x.jpg")
    size = Path("x.jpg.l3c").stat().st_size
    assert size < len(jpeg)
    assert done.lines == [
        f"x.jpg: {len(jpeg):,} -> {size:,} bytes ({size / len(jpeg):.1%}), the JPEG file itself: x.jpg.l3c"
    ]
    assert l3c.original(Path("x.jpg.l3c").read_bytes()) == jpeg


def test_a_jpegs_pixels_are_encoded_with_a_notice(run: Run) -> None:
    Path("x.jpg").write_bytes(saved(RGB, "JPEG"))
    done = run("encode", "x.jpg", "--pixels")
    assert (done.code, len(done.lines)) == (0, 2)
    assert done.lines[1].startswith("x.jpg: a JPEG's own file is smaller")
    np.testing.assert_array_equal(l3c.decode(Path("x.jpg.l3c").read_bytes()), np.asarray(Image.open("x.jpg")))


def test_a_jpeg_file_is_stored_where_libjxl_is_missing(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("l3c.jpeg.transcode.available", lambda: False)
    Path("x.jpg").write_bytes(jpeg := saved(smooth_picture(50, 60, 3), "JPEG"))
    done = run("encode", "x.jpg")
    assert (done.code, len(done.lines)) == (0, 2)
    assert done.lines[1].startswith("x.jpg: stored as it is; about a fifth smaller with: pip install")
    data = Path("x.jpg.l3c").read_bytes()
    assert len(jpeg) < len(data) < len(jpeg) + 100
    assert l3c.original(data) == jpeg


LOSSY = {"x.webp": "WEBP", "x.avif": "AVIF"}


@pytest.mark.parametrize("name", LOSSY)
def test_a_lossy_file_is_kept_itself(run: Run, name: str) -> None:
    file = saved(smooth_picture(100, 150, 3), LOSSY[name])
    Path(name).write_bytes(file)
    done = run("encode", name)
    assert (done.code, len(done.lines)) == (0, 1)
    assert done.lines[0].endswith(f"file itself: {name}.l3c")
    assert len(Path(f"{name}.l3c").read_bytes()) < len(file) + 100
    assert run("decode", f"{name}.l3c", "-f", "-q").code == 0
    assert Path(name).read_bytes() == file
    Path(f"{name}.l3c").rename("y.l3c")
    assert run("decode", "y.l3c", "-q").code == 0
    assert Path(f"y{Path(name).suffix}").read_bytes() == file
    assert run("decode", "y.l3c", "y.png", "-q").code == 0
    with Image.open("y.png") as image, Image.open(name) as original:
        np.testing.assert_array_equal(np.asarray(image), np.asarray(original))
        np.testing.assert_array_equal(l3c.open("y.l3c").samples, np.asarray(original))


def test_a_file_that_would_grow_is_kept_itself(run: Run) -> None:
    Image.fromarray(RGB).save("small.png")
    small = Path("small.png").read_bytes()
    assert len(l3c.encode(RGB)) > len(small)
    done = run("encode", "small.png", "--verify")
    assert "the PNG file itself" in done.lines[0]
    assert l3c.original(Path("small.png.l3c").read_bytes()) == small
    np.testing.assert_array_equal(l3c.decode(Path("small.png.l3c").read_bytes()), RGB)
    assert run("encode", "small.png", "pixels.l3c", "--pixels").code == 0
    assert l3c.info(Path("pixels.l3c").read_bytes()).kept_size is None


@pytest.mark.parametrize("name", ["notes.txt", "README", "x.tar.gz", "strange.a b:c"])
def test_everything_is_kept_where_that_is_asked_for(run: Run, name: str) -> None:
    Path(name).write_bytes(b"no picture at all " * 9)
    assert run("encode", name).code == 2
    done = run("encode", name, "--everything", "--delete-source")
    assert (done.code, done.lines[0].split(": ")[-1]) == (0, f"{name}.l3c")
    assert "kept whole: not a picture" in done.lines[1]
    assert not Path(name).exists()
    assert run("info", f"{name}.l3c").code == run("verify", f"{name}.l3c").code == 0
    done = run("decode", f"{name}.l3c", "x.png")
    assert done.code == 2
    assert run("decode", f"{name}.l3c").code == 0
    assert Path(name).read_bytes() == b"no picture at all " * 9


def test_a_kept_file_may_have_a_preview(run: Run) -> None:
    Path("x.jpg").write_bytes(saved(smooth_picture(400, 500, 3), "JPEG"))
    assert run("encode", "x.jpg", "--preview", "-q").code == 0
    assert run("decode", "x.jpg.l3c", "small.png", "--preview", "-q").code == 0
    with Image.open("small.png") as image:
        assert image.size == (320, 256)
    assert l3c.info(Path("x.jpg.l3c").read_bytes()).metadata["preview"]
    assert run("decode", "x.jpg.l3c", "-f", "-q").code == 0


def test_a_file_that_declares_too_much_is_stored(run: Run) -> None:
    jpeg = bytearray(saved(RGB[:8, :8], "JPEG"))
    at = jpeg.index(b"\xff\xc0") + 5
    jpeg[at : at + 4] = b"\xff\xff\xff\xff"
    Path("bomb.jpg").write_bytes(jpeg)
    assert run("encode", "bomb.jpg", "--delete-source", "-q").code == 0
    assert run("decode", "bomb.jpg.l3c", "-q").code == run("verify", "bomb.jpg.l3c", "-q").code == 0
    assert Path("bomb.jpg").read_bytes() == jpeg
    assert run("decode", "bomb.jpg.l3c", "x.png").code == 5


@pytest.mark.parametrize("there", [False, True])
@pytest.mark.parametrize("sampling", ["gray", "4:2:0"])
def test_a_decoded_jpeg_is_told_of_where_libjxl_is_missing(
    run: Run, monkeypatch: pytest.MonkeyPatch, sampling: str, there: bool
) -> None:
    Image.fromarray(decoded(sampling).squeeze()).save("saved.png")
    monkeypatch.setattr("l3c.jpeg.transcode.available", lambda: there)
    done = run("encode", "saved.png")
    assert ("pip install '.[jpeg]'" in done.err) == (not there)
    assert "pip" not in run("encode", "saved.png", "again.l3c", "--no-history").err


def test_metadata_is_kept(run: Run) -> None:
    metadata = {"icc": ICC, "exif": exif_block(), "xmp": XMP}
    data = saved(RGB, "WEBP", lossless=True, icc_profile=ICC, exif=metadata["exif"], xmp=XMP)
    Path("x.webp").write_bytes(data)
    run("encode", "x.webp", "--pixels")
    assert Path("x.webp.l3c").read_bytes() == l3c.encode(RGB, metadata=metadata)


def test_odd_names_are_names(run: Run) -> None:
    for name in ("a b.png", "ä€.png", "-dash.png", "x.l3c.png", "nosuffix"):
        Path(name).write_bytes(Path("photo.png").read_bytes())
        assert run("encode", "--", name).code == 0
        assert Path(f"{name}.l3c").exists()
        assert run("decode", "-f", "--", f"{name}.l3c").code == 0


def test_the_longest_name_of_a_file_is_a_name(run: Run) -> None:
    target = "x" * 251 + ".l3c"
    assert run("encode", "photo.png", target).code == 0
    assert names() == ["photo.png", target]


def test_a_name_that_is_no_text_is_a_name(run: Run) -> None:
    target = os.fsdecode(b"\xff\xfe.l3c")
    assert run("encode", "photo.png", target).code == 0
    assert Path(target).exists()
    assert run("verify", target).out.startswith(b"\\udcff\\udcfe.l3c: intact")
    assert run("info", target).out.startswith(b"\\udcff\\udcfe.l3c\n")


def test_a_failure_while_writing_leaves_nothing(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    Path("old.l3c").write_bytes(b"old")
    monkeypatch.setattr("os.fsync", full)
    for target, arguments in (("x.l3c", []), ("old.l3c", ["-f"])):
        done = run("encode", "photo.png", target, *arguments)
        assert (done.code, done.err) == (1, f"l3c: {target}: No space left on device\n")
    assert names() == ["old.l3c", "photo.png"]
    assert Path("old.l3c").read_bytes() == b"old"


def test_an_interruption_while_writing_leaves_nothing(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(descriptor: int) -> None:
        assert len(names()) == 2
        assert "x.l3c" not in names()
        raise KeyboardInterrupt

    monkeypatch.setattr("os.fsync", interrupt)
    assert run("encode", "photo.png", "x.l3c").code == 130
    assert names() == ["photo.png"]


def test_a_target_that_appears_meanwhile_is_kept(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    encode = api.encode

    def slow(*arguments: Any, **options: Any) -> bytes:
        Path("photo.png.l3c").write_bytes(b"someone else's")
        return encode(*arguments, **options)

    monkeypatch.setattr(api, "encode", slow)
    done = run("encode", "photo.png")
    assert (done.code, done.lines) == (2, ["l3c: photo.png.l3c: exists already; --force overwrites it"])
    assert Path("photo.png.l3c").read_bytes() == b"someone else's"
    assert names() == ["photo.png", "photo.png.l3c"]


def test_a_file_system_without_links_will_do(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr("os.link", refuse)
    assert run("encode", "photo.png").code == 0
    assert names() == ["photo.png", "photo.png.l3c"]


def test_progress_is_shown_on_a_terminal_and_wiped(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    from l3c.cli import progress

    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setattr(progress, "PATIENCE", 0)
    monkeypatch.setattr(progress, "INTERVAL", 0)
    done = run("encode", "photo.png")
    assert "photo.png: 100%" in done.err
    assert "\r\x1b[K" in done.err
    assert run("encode", "photo.png", "-f", "-q").err == ""


FOREIGN = {
    "x.heic": b"\0\0\0\x18ftypheic\0\0\0\0",
    "x.jxl": b"\xff\x0a",
    "x.CR2": b"II*\0\x10\0\0\0CR\2\0",
    "x.dng": b"II*\0",
}


@pytest.mark.parametrize("name", FOREIGN)
def test_files_of_cameras_and_of_formats_without_a_reader_are_kept(run: Run, name: str) -> None:
    Path(name).write_bytes(file := FOREIGN[name] + b"what only its own programs know" * 9)
    assert run("encode", name, "--delete-source", "-q").code == 0
    assert run("decode", f"{name}.l3c", "x.png").code == 2
    assert run("decode", f"{name}.l3c", "-q").code == 0
    assert Path(name).read_bytes() == file


def test_a_raw_file_under_another_name_is_kept_whole(run: Run) -> None:
    """DNG is TIFF whose first picture is a preview; people rename such files."""
    Image.new("RGB", (8, 6)).save("preview.tif", tiffinfo={50706: b"\1\4\0\0"})
    raw = Path("preview.tif").read_bytes()
    assert run("encode", "preview.tif", "--delete-source", "-q").code == 0
    assert run("decode", "preview.tif.l3c", "-q").code == 0
    assert Path("preview.tif").read_bytes() == raw


def test_a_picture_that_would_take_more_than_is_allowed_is_refused_before_it_is_unpacked(run: Run) -> None:
    Path("bomb.png").write_bytes(blank_png(9000, 9000))
    done = run("encode", "bomb.png", "--max-memory", "500M")
    assert done.code == 5
    assert done.lines[0].startswith("l3c: bomb.png: encoding takes ")
    assert done.lines[0].endswith(" bytes of memory, the limit is 524,288,000 (--max-memory, max_memory=)")
    assert "bomb.png.l3c" not in names()
    done = run("encode", "bomb.png", "--max-memory", "500M", "--everything")
    assert done.code == 0
    assert l3c.original(Path("bomb.png.l3c").read_bytes()) == Path("bomb.png").read_bytes()


def blank_png(height: int, width: int) -> bytes:
    """Of RGB, damaged: its data are few."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = zlib.compress(bytes(1000))
    return SIGNATURE + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")
