"""l3c decode."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import l3c
from tests.checks import smooth_picture
from tests.cli.conftest import Run
from tests.images.pictures import GRAY, ICC, RGB, XMP, exif_block, saved

METADATA = {"icc": ICC, "exif": exif_block(), "xmp": XMP}


@pytest.fixture(autouse=True)
def _encoded(folder: Path) -> None:
    Path("photo.l3c").write_bytes(l3c.encode(RGB, metadata=METADATA))


def names() -> set[str]:
    return {path.name for path in Path().iterdir()}


@pytest.mark.parametrize(
    ("source", "target", "form"),
    [
        ("a.png.l3c", "a.png", "PNG"),
        ("a.tif.l3c", "a.tif", "TIFF"),
        ("a.WEBP.L3C", "a.WEBP", "WEBP"),
        ("a.bmp.l3c", "a.bmp", "BMP"),
        ("a.l3c", "a.png", "PNG"),
        ("a.jpg.l3c", "a.jpg.png", "PNG"),
        ("a.gif.l3c", "a.gif.png", "PNG"),
        ("a.tga.l3c", "a.tga.png", "PNG"),
        ("a.v2.l3c", "a.v2.png", "PNG"),
        (".hidden.l3c", ".hidden.png", "PNG"),
    ],
)
def test_the_default_target_is_the_source_without_its_suffix(run: Run, source: str, target: str, form: str) -> None:
    Path(source).write_bytes(Path("photo.l3c").read_bytes())
    done = run("decode", source)
    assert (done.code, done.out) == (0, b"")
    assert done.lines[-1] == f"{source}: 13 x 11 pixels: {target}"
    with Image.open(target) as image:
        assert image.format == form
        turned = form == "TIFF"  # its orientation is kept as a tag, which Pillow applies
        np.testing.assert_array_equal(np.asarray(image), np.rot90(RGB, -1) if turned else RGB)


def test_a_name_that_is_a_suffix_alone_needs_a_target(run: Run) -> None:
    Path("photo.l3c").rename(".l3c")
    done = run("decode", ".l3c")
    assert (done.code, done.lines) == (2, ["l3c: .l3c: does not end in .l3c; name a target"])


@pytest.mark.parametrize("suffix", ["jpg", "jpeg", "jp2", "avif", "heic"])
def test_lossy_targets_are_refused_even_with_force(run: Run, suffix: str) -> None:
    done = run("decode", "photo.l3c", f"x.{suffix}", "-f")
    assert done.code == 2
    assert done.lines[0].startswith(f"l3c: x.{suffix}: {suffix} does not keep every pixel")
    assert f"x.{suffix}" not in names()


def test_an_existing_target_is_kept_without_force(run: Run) -> None:
    before = Path("photo.png").read_bytes()
    done = run("decode", "photo.l3c", "photo.png")
    assert (done.code, done.lines) == (2, ["l3c: photo.png: exists already; --force overwrites it"])
    assert Path("photo.png").read_bytes() == before
    assert run("decode", "photo.l3c", "photo.png", "--force").code == 0
    assert Path("photo.png").read_bytes() != before


@pytest.mark.parametrize("arguments", [["photo.l3c", "-"], ["-"], ["-", "-"]])
def test_standard_output_gets_a_png(run: Run, arguments: list[str]) -> None:
    done = run("decode", *arguments, stdin=Path("photo.l3c").read_bytes())
    assert (done.code, done.err) == (0, "")
    with Image.open(io.BytesIO(done.out)) as image:
        assert image.format == "PNG"
        np.testing.assert_array_equal(np.asarray(image), RGB)


def test_errors_of_standard_input_name_it(run: Run) -> None:
    done = run("decode", "-", stdin=b"nothing of ours")
    assert (done.code, done.lines) == (3, ["l3c: standard input: byte 0: not an l3c file"])


def test_what_the_format_cannot_hold_is_said(run: Run) -> None:
    done = run("decode", "photo.l3c", "x.ppm")
    assert done.code == 0
    assert done.lines[0] == "l3c: x.ppm: the format cannot hold exif, icc, xmp, which was dropped"


def test_metadata_comes_back(run: Run) -> None:
    run("decode", "photo.l3c", "x.png", "-q")
    run("encode", "x.png", "-q", "--pixels")
    assert Path("x.png.l3c").read_bytes() == Path("photo.l3c").read_bytes()


def test_colour_does_not_fit_a_pgm(run: Run) -> None:
    done = run("decode", "photo.l3c", "x.pgm")
    assert (done.code, done.lines) == (2, ["l3c: x.pgm: pgm cannot hold 3 channels; choose png, tif, webp, bmp or pam"])
    assert "x.pgm" not in names()


def test_gray_stays_gray(run: Run) -> None:
    Path("g.l3c").write_bytes(l3c.encode(GRAY))
    run("decode", "g.l3c", "g.pgm", "-q")
    np.testing.assert_array_equal(np.asarray(Image.open("g.pgm")), GRAY)


@pytest.mark.parametrize("error", [OSError(28, "No space left"), OSError("encoder error -2"), ValueError("no")])
def test_a_failure_while_writing_leaves_nothing(run: Run, monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def half(image: Image.Image, file: io.BufferedWriter, *_: object, **__: object) -> None:
        file.write(b"half a picture")
        raise error

    before = names()
    monkeypatch.setattr(Image.Image, "save", half)
    done = run("decode", "photo.l3c", "x.webp")
    assert done.code in (1, 2)
    assert len(done.lines) == 1
    assert done.lines[0].startswith("l3c: x.webp: ")
    assert names() == before


def test_wrong_pixels_are_never_written(run: Run) -> None:
    data = bytearray(Path("photo.l3c").read_bytes())
    data[-6] ^= 0x10
    Path("bad.png.l3c").write_bytes(data)
    done = run("decode", "bad.png.l3c")
    assert done.code == 3
    assert "bad.png" not in names()


def test_salvage_writes_what_is_left_and_tells(run: Run) -> None:
    data = l3c.encode(smooth_picture(40, 60, 3), metadata=METADATA)
    Path("cut.l3c").write_bytes(data[:-20])
    assert run("decode", "cut.l3c", "cut.png").code == 3
    assert not Path("cut.png").exists()
    done = run("decode", "cut.l3c", "cut.png", "--salvage")
    assert done.code == 3
    assert [line.split(": ")[1:3] for line in done.lines[1:]] == [["cut.l3c", "lost"]] * 2
    with Image.open("cut.png") as image:
        assert not np.asarray(image).any()
        assert image.info["icc_profile"] == ICC
    assert run("decode", "photo.l3c", "whole.png", "--salvage").code == 0


def test_a_mask_says_which_pixels_are_intact(run: Run) -> None:
    data = l3c.encode(smooth_picture(40, 60, 3), metadata=METADATA)
    Path("whole.l3c").write_bytes(data)
    Path("cut.l3c").write_bytes(data[:-20])
    assert run("decode", "cut.l3c", "cut.png", "--salvage", "--mask", "mask.png").code == 3
    assert run("decode", "whole.l3c", "whole.png", "--salvage", "--mask", "all.pgm").code == 0
    for name, value in (("mask.png", 0), ("all.pgm", 255)):
        with Image.open(name) as image, Image.open("whole.png") as whole:
            assert (image.mode, image.size) == ("L", whole.size)
            assert image.getextrema() == (value, value)
    refused = [
        (("--salvage", "--mask", "mask.png"), "mask.png: exists already; --force overwrites it"),
        (("--salvage", "--mask", "b.png"), "b.png: is the target of the picture"),
        (("--salvage", "--mask", "b.txt"), "b.txt: format 'txt' is unknown"),
        (("--mask", "m.png"), "cut.l3c: --mask needs --salvage"),
    ]
    for options, message in refused:
        done = run("decode", "cut.l3c", "b.png", *options)
        assert (done.code, message in done.err, Path("b.png").exists()) == (2, True, False), done.err


JPEG = saved(RGB, "JPEG", icc_profile=ICC)


@pytest.mark.parametrize(
    ("source", "arguments", "target"),
    [
        ("x.jpg.l3c", [], "x.jpg"),
        ("x.thm.l3c", [], "x.thm.jpg"),
        ("x.png.l3c", [], "x.png.jpg"),
        ("x.l3c", [], "x.jpg"),
        ("x.l3c", ["y.JPEG"], "y.JPEG"),
        ("x.l3c", ["y.bak"], "y.bak"),
    ],
)
def test_a_jpeg_file_comes_back_itself(run: Run, source: str, arguments: list[str], target: str) -> None:
    Path(source).write_bytes(l3c.encode_jpeg(JPEG))
    done = run("decode", source, *arguments)
    assert (done.code, done.lines) == (0, [f"{source}: the JPEG file, {len(JPEG):,} bytes: {target}"])
    assert Path(target).read_bytes() == JPEG


def test_a_jpeg_file_goes_to_standard_output(run: Run) -> None:
    assert run("decode", "-", stdin=l3c.encode_jpeg(JPEG)).out == JPEG


def test_a_jpegs_pixels_are_written_where_the_target_asks_for_them(run: Run) -> None:
    Path("x.jpg.l3c").write_bytes(l3c.encode_jpeg(JPEG))
    assert run("decode", "x.jpg.l3c", "x.png").lines == ["x.jpg.l3c: 13 x 11 pixels: x.png"]
    with Image.open("x.png") as image, Image.open(io.BytesIO(JPEG)) as jpeg:
        np.testing.assert_array_equal(np.asarray(image), np.asarray(jpeg))
        assert image.info["icc_profile"] == ICC


def test_a_jpeg_file_is_not_called_anything_else(run: Run) -> None:
    Path("x.jpg.l3c").write_bytes(l3c.encode_jpeg(JPEG))
    done = run("decode", "x.jpg.l3c", "x.avif")
    assert (done.code, done.lines) == (2, ["l3c: x.avif: the file holds a JPEG file, not avif"])
    assert run("decode", "x.jpg.l3c", "photo.png").code == 2


def test_a_kept_file_is_known_by_its_content(run: Run) -> None:
    png = saved(RGB, "PNG")
    Path("x.tif.l3c").write_bytes(l3c.keep_file(png, "tif"))
    assert run("decode", "x.tif.l3c", "-q").code == run("decode", "x.tif.l3c", "y.png", "-q").code == 0
    assert Path("x.tif").read_bytes() == Path("y.png").read_bytes() == png
    assert run("decode", "x.tif.l3c", "y.tif", "-q").code == 0
    with Image.open("y.tif") as image:
        assert image.format == "TIFF"
        np.testing.assert_array_equal(np.asarray(image), RGB)
