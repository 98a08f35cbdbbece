"""l3c encode."""

import sys
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest
from PIL import Image

import l3c
from l3c import api
from tests.checks import smooth_picture
from tests.cli.conftest import Run
from tests.images.pictures import RGB, saved


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
    done = run("encode", "x.jpg", "-f", "-e", "9", "-m", "wave-fast")
    assert done.lines[1] == "x.jpg: -e changes nothing here: a JPEG file has no choices to search"
    assert l3c.info(Path("x.jpg.l3c").read_bytes()).models[0][0] == "jpeg-fast"


def test_a_jpegs_pixels_are_encoded_with_a_notice(run: Run) -> None:
    Path("x.jpg").write_bytes(saved(RGB, "JPEG"))
    done = run("encode", "x.jpg", "--pixels")
    assert (done.code, len(done.lines)) == (0, 2)
    assert done.lines[1].startswith("x.jpg: a JPEG's own file is smaller")
    np.testing.assert_array_equal(l3c.decode(Path("x.jpg.l3c").read_bytes()), np.asarray(Image.open("x.jpg")))


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
    across = np.arange(128, dtype=np.uint8)
    pattern = across ^ across[:, None]
    Image.fromarray(pattern).save("small.png", optimize=True)
    small = Path("small.png").read_bytes()
    assert len(l3c.encode(pattern)) > len(small)
    done = run("encode", "small.png", "--verify")
    assert "the PNG file itself" in done.lines[0]
    assert l3c.original(Path("small.png.l3c").read_bytes()) == small
    np.testing.assert_array_equal(l3c.decode(Path("small.png.l3c").read_bytes()), pattern)
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
