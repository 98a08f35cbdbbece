"""l3c decode --region and --preview, l3c encode --preview."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import l3c
from tests.checks import smooth_picture
from tests.cli.conftest import Run
from tests.images.pictures import ICC, RGB

PICTURE = smooth_picture(400, 500, 3)


@pytest.fixture(autouse=True)
def _encoded(folder: Path) -> None:
    Path("photo.l3c").write_bytes(l3c.encode(RGB, metadata={"icc": ICC}))


def test_a_region_is_written_with_its_profile(run: Run) -> None:
    done = run("decode", "photo.l3c", "part.png", "--region", "2,3,5,4")
    assert (done.code, done.lines) == (0, ["photo.l3c: region of 5 x 4 pixels: part.png"])
    with Image.open("part.png") as image:
        np.testing.assert_array_equal(np.asarray(image), RGB[3:7, 2:7])
        assert image.info["icc_profile"] == ICC


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["--region", "9,9,99,1"], "photo.l3c: region 9,9,99,1: the image is 13 x 11 pixels"),
        (["--region", "1,2,3"], "needs X,Y,W,H"),
        (["--region", "0,0,1,1", "--preview"], "not allowed with argument"),
        (["--preview", "--salvage"], "single files that are whole"),
    ],
)
def test_what_makes_no_sense_is_refused(run: Run, arguments: list[str], text: str) -> None:
    done = run("decode", "photo.l3c", "x.png", *arguments)
    assert done.code == 2
    assert text in done.lines[-1]
    assert not Path("x.png").exists()


def test_a_part_needs_a_target(run: Run) -> None:
    done = run("decode", "photo.l3c", "--preview")
    assert (done.code, done.lines) == (2, ["l3c: photo.l3c: --region and --preview need a target"])


@pytest.mark.parametrize("carried", [[], ["--preview"]])
def test_a_preview_is_written(run: Run, carried: list[str]) -> None:
    Image.fromarray(PICTURE).save("big.png")
    assert run("encode", "big.png", *carried).code == 0
    done = run("decode", "big.png.l3c", "small.png", "--preview")
    assert (done.code, done.lines) == (0, ["big.png.l3c: preview of 320 x 256 pixels: small.png"])
    assert ("preview" in l3c.info(Path("big.png.l3c").read_bytes()).metadata) is bool(carried)
    assert run("decode", "big.png.l3c", "back.png").lines == ["big.png.l3c: 500 x 400 pixels: back.png"]


def test_folders_carry_previews(run: Run) -> None:
    Path("in").mkdir()
    Image.fromarray(PICTURE).save("in/a.png")
    assert run("encode", "in", "-o", "out", "--preview", "--verify").code == 0
    assert "preview" in l3c.info(Path("out/a.png.l3c").read_bytes()).metadata
