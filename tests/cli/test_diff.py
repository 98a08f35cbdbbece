"""l3c diff: do two files hold the same picture."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import l3c
from l3c.images.picture import Picture
from tests.cli.conftest import Run
from tests.images.pictures import ICC, RGB, RGB16


@pytest.fixture(autouse=True)
def _files(run: Run) -> None:
    run("encode", "photo.png", "-q")
    Image.fromarray(RGB).save("photo.ppm")
    Image.fromarray(RGB).save("profile.png", icc_profile=ICC)
    Image.fromarray(RGB).save("photo.jpg")
    run("encode", "photo.jpg", "-q")
    other = RGB.copy()
    other[3, 5] ^= 6
    Image.fromarray(other).save("other.png")
    Path("words.txt").write_text("words")


@pytest.mark.parametrize(
    ("arguments", "code", "lines"),
    [
        (["photo.png", "photo.png.l3c"], 0, []),
        (["photo.png", "photo.ppm"], 0, []),
        (["photo.jpg.l3c", "photo.jpg"], 0, []),
        (["photo.png", "profile.png"], 1, ["metadata icc: only in the second"]),
        (["profile.png", "photo.png.l3c"], 1, ["metadata icc: only in the first"]),
        (["profile.png", "photo.png.l3c", "--pixels"], 0, []),
        (["photo.png", "other.png"], 1, ["samples: 1 of 143 pixels differ, by at most 6, the first at 5,3"]),
        (["photo.png", "other.png", "-q"], 1, []),
        (["photo.png", "absent.png"], 2, []),
        (["photo.png", "words.txt"], 2, []),
    ],
)
def test_differences_are_lines_and_exit_codes(run: Run, arguments: list[str], code: int, lines: list[str]) -> None:
    done = run("diff", *arguments)
    names = " ".join(word for word in arguments if not word.startswith("-"))
    assert done.code == code
    assert done.out.decode().splitlines() == [f"{names}: {line}" for line in lines]
    assert len(done.lines) == (code == 2)


def test_sizes_depths_and_layouts_are_told(run: Run) -> None:
    Path("deep.l3c").write_bytes(l3c.encode(RGB16))
    Path("gray.l3c").write_bytes(l3c.encode(RGB[..., 0]))
    Path("small.l3c").write_bytes(l3c.encode(RGB[:5]))
    said = {name: run("diff", "photo.png", f"{name}.l3c").out.decode() for name in ("deep", "gray", "small")}
    assert "samples: uint8 against uint16" in said["deep"] or "size: " in said["deep"]
    assert "channels: 3 against 1" in said["gray"]
    assert "size: 13 x 11 against 13 x 5 pixels" in said["small"]


def test_json_has_every_difference(run: Run) -> None:
    done = run("diff", "other.png", "profile.png", "--json")
    record = json.loads(done.out)
    assert (done.code, record["same"]) == (1, False)
    assert [entry["what"] for entry in record["differences"]] == ["samples", "icc"]


def test_pages_are_compared_one_by_one(run: Run) -> None:
    other = RGB.copy()
    other[0, 0] ^= 1
    for name, second in (("one", RGB), ("two", other)):
        Path(f"{name}.l3c").write_bytes(l3c.encode_pages([Picture(RGB), Picture(second)]))
    Path("three.l3c").write_bytes(l3c.encode_pages([Picture(RGB), Picture(RGB), Picture(np.zeros_like(RGB))]))
    assert run("diff", "one.l3c", "one.l3c").code == 0
    assert b"one.l3c two.l3c: page 1: samples: 1 of 143 pixels differ" in run("diff", "one.l3c", "two.l3c").out
    assert b"2 pages against 3" in run("diff", "one.l3c", "three.l3c").out


def test_the_file_that_cannot_be_read_is_named_once(run: Run) -> None:
    assert run("encode", "photo.png", "photo.l3c", "-q").code == 0
    Path("cut.l3c").write_bytes(Path("photo.l3c").read_bytes()[:-20])
    for names in (("photo.png", "cut.l3c"), ("cut.l3c", "photo.png")):
        done = run("diff", *names)
        assert (done.code, len(done.lines)) == (2, 1)
        assert done.err.startswith("l3c: cut.l3c: ")
        assert "photo.png" not in done.err
