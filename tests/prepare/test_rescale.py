"""The published rules, and runs that resume."""

import io
from collections.abc import Callable
from pathlib import Path
from random import Random
from unittest.mock import patch

import pytest
from PIL import Image

from l3c.cli import main
from l3c.errors import InputError
from l3c.prepare import rescale
from l3c.prepare.open_images import rescale_all
from l3c.prepare.rescale import Rescale, rescaled, unnatural
from l3c.prepare.tree import Workers
from tests.bulk.folders import tree
from tests.prepare.photographs import WIDE, jpeg, save

GRAYISH = (100, 110, 90)


@pytest.mark.parametrize("seed", range(3))
def test_the_short_side_ends_between_512_and_four_fifths(seed: int) -> None:
    data, _ = rescaled(jpeg(WIDE), "a", Random(seed))
    assert data is not None
    with Image.open(io.BytesIO(data)) as image:
        assert image.format == "PNG"
        assert 512 <= min(image.size) <= 0.8 * 660
        assert abs(image.width / image.height - 700 / 660) < 0.01


@pytest.mark.parametrize(
    ("image", "reason"),
    [
        (Image.new("RGB", (900, 639), GRAYISH), "short side of 639 pixels"),
        (Image.new("L", (700, 700)), "mode L"),
        (Image.new("CMYK", (700, 700)), "mode CMYK"),
        (Image.new("RGB", (700, 700), (200, 5, 5)), "saturation 0.97"),
        (Image.new("RGB", (700, 700), (230, 230, 230)), "value 0.90"),
    ],
)
def test_odd_pictures_are_discarded(image: Image.Image, reason: str) -> None:
    data, found = rescaled(jpeg(image), "a", Random(0))
    assert data is None
    assert found == reason


def test_the_limits_belong_to_what_is_kept() -> None:
    assert unnatural(Image.new("RGB", (4, 4), (204, 204, 204))) == ""
    assert Image.new("RGB", (700, 640)).height * rescale.LARGEST_SCALE == rescale.SHORT_SIDE


def test_damage_is_an_error() -> None:
    with pytest.raises(InputError, match=r"a\.jpg: cannot be read"):
        rescaled(jpeg(WIDE)[:300], "a.jpg", Random(0))


@pytest.fixture
def again(tmp_path: Path) -> Callable[[], dict[str, int]]:
    """Run over in/, to out/ and no/; returns what became of the files."""
    save(tmp_path / "in" / "x" / "good.jpg", WIDE)
    save(tmp_path / "in" / "small.jpg", WIDE.resize((64, 64)))
    (tmp_path / "in" / "bad.jpg").write_bytes(b"bad")
    source, target, discarded = (str(tmp_path / name) for name in ("in", "out", "no"))
    task = Rescale(source, target, discarded)
    return lambda: {k: n for k, n in rescale_all(task, lambda *_: None, Workers(2)).files.items() if n}


def test_a_tree_is_prepared_once(again: Callable[[], dict[str, int]], tmp_path: Path) -> None:
    assert again() == {"done": 1, "discarded": 1, "failed": 1}
    assert tree(tmp_path / "out") == {".prepared", "x/good.png"}
    assert tree(tmp_path / "no") == {".prepared", "small.jpg"}
    assert (tmp_path / "no" / "small.jpg").read_bytes() == (tmp_path / "in" / "small.jpg").read_bytes()
    with patch.object(rescale, "rescaled", side_effect=InputError("not again")) as never:
        assert again() == {"skipped": 2, "failed": 1}
    assert never.call_count == 1


def test_the_scale_follows_from_the_name(again: Callable[[], dict[str, int]], tmp_path: Path) -> None:
    again()
    first = (tmp_path / "out" / "x" / "good.png").read_bytes()
    (tmp_path / "out" / "x" / "good.png").unlink()
    again()
    assert (tmp_path / "out" / "x" / "good.png").read_bytes() == first


def test_nothing_is_left_where_there_is_no_source(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "empty").mkdir()
    for source, said in (("none", "no such folder"), ("empty", "no picture in it")):
        for step in ("rescale", "thumbnails"):
            assert main(["prepare", step, str(tmp_path / source), "-o", str(tmp_path / "out")]) == 2
            assert f"{source}: {said}" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["empty"]


def test_other_seeds_sources_and_folders_of_discarded_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    save(tmp_path / "in" / "good.png", WIDE)
    save(tmp_path / "in2" / "good.png", WIDE)
    assert main(["prepare", "rescale", "in", "-o", "out", "-q"]) == 0
    before = {name: (tmp_path / "out" / name).read_bytes() for name in tree(tmp_path / "out")}
    for arguments, said in (
        (["in", "-o", "out", "--seed", "1"], "out: was made with seed 123; this would be seed 1; "),
        (["in2", "-o", "out"], "out: was made with source ../in; this would be source ../in2; "),
        (["in2", "-o", "out2", "--discard", "out_discarded"], "out_discarded: was made with source ../in; "),
    ):
        assert main(["prepare", "rescale", *arguments]) == 2
        assert said in capsys.readouterr().err
    assert {name: (tmp_path / "out" / name).read_bytes() for name in tree(tmp_path / "out")} == before
    assert not (tmp_path / "out2").exists()
    (tmp_path / "moved").mkdir()
    for name in ("in", "out", "out_discarded"):
        (tmp_path / name).rename(tmp_path / "moved" / name)
    assert main(["prepare", "rescale", "moved/in", "-o", "moved/out"]) == 0
    assert "1 skipped" in capsys.readouterr().err


def test_discarded_pictures_inside_the_source_are_no_sources(tmp_path: Path) -> None:
    save(tmp_path / "in" / "small.png", WIDE.resize((64, 64)))
    for _ in range(2):
        assert main(["prepare", "rescale", str(tmp_path / "in"), "-o", str(tmp_path / "in" / "out"), "-q"]) == 0
    assert tree(tmp_path / "in" / "out_discarded") == {".prepared", "small.png"}
