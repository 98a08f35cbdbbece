"""l3c bench: one's own pictures beside installed codecs."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from l3c.convert import bench
from l3c.convert.bench import Codec, Score, measure
from tests.checks import smooth_picture
from tests.cli.conftest import Run


@pytest.fixture(autouse=True)
def _pictures(folder: Path) -> None:
    Path("mine/sub").mkdir(parents=True)
    Image.fromarray(smooth_picture(40, 50, 3)).save("mine/a.png")
    Image.fromarray(smooth_picture(30, 20, 1)[..., 0]).save("mine/sub/b.bmp")
    Image.fromarray(smooth_picture(30, 20, 4)).save("mine/c.webp", lossless=True)
    Image.fromarray(smooth_picture(30, 20, 1)[..., 0]).convert("P").save("mine/palette.gif")


def test_a_table_shows_every_codec(run: Run) -> None:
    done = run("bench", "mine", "-m", "wave-fast", "-t", "1")
    first, head, *rows = done.out.decode().splitlines()
    assert (done.code, first) == (0, "3 of 4 pictures, 0.0 megapixels")
    assert head.split()[:2] == ["codec", "bytes"]
    names = {"l3c wave-fast", "WebP, method 6", "PNG, level 9"}
    names |= {"JPEG XL, effort 7", "JPEG 2000"} if find_spec("imagecodecs") else set()
    assert {row.split("  ")[0].strip() for row in rows} == names
    assert "100.0%" in rows[0]
    assert done.lines == ["left out: mine/palette.gif: no single picture of 8-bit gray, RGB or RGBA"]


def test_results_are_json_and_plots(run: Run) -> None:
    done = run("bench", "mine", "-n", "1", "-m", "wave-fast", "--json", "--plot", "plot.svg", "-q")
    records = [json.loads(line) for line in done.out.splitlines()]
    assert all(record["wrong"] == [] and record["bytes"] > 0 for record in records)
    assert [record["bytes"] for record in records] == sorted(record["bytes"] for record in records)
    drawn = ET.parse("plot.svg").getroot()
    circles = [element for element in drawn.iter() if element.tag.endswith("circle")]
    assert len(circles) == len(records)
    assert run("bench", "mine", "-n", "1", "-m", "wave-fast", "--plot", "plot.png", "-q").code == 0
    with Image.open("plot.png") as image:
        assert image.size == (720, 420)


@pytest.mark.parametrize(
    ("arguments", "code", "text"),
    [
        (["bench", "none"], 2, "none: no such folder"),
        (["bench", "."], 4, "no model 'tsunami'"),
        (["bench", "mine", "--plot", "x.pdf"], 2, "x.pdf: a plot's name ends in .svg or .png"),
    ],
)
def test_mistakes_are_one_line(run: Run, arguments: list[str], code: int, text: str) -> None:
    done = run(*arguments, "-m", "tsunami", "-q")
    assert (done.code, len(done.lines)) == (code, 1)
    assert text in done.lines[0]


def test_a_codec_that_changes_a_picture_is_told(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    liar = Codec("liar", lambda pixels: b"x", lambda data: np.zeros((40, 50, 3), np.uint8))
    scores = [Score(liar)]
    assert measure([Path("mine/a.png")], scores, None, lambda share: None, lambda reason: None) == 1
    assert scores[0].wrong == ["a.png"]
    monkeypatch.setattr(bench, "installed_codecs", lambda *given: [liar])
    done = run("bench", "mine", "-n", "1")
    assert (done.code, b"changed: a.png" in done.out) == (1, True)
