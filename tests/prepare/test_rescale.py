"""The published rules, and runs that resume."""

import io
from collections.abc import Callable
from pathlib import Path
from random import Random
from unittest.mock import patch

import pytest
from PIL import Image

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
    assert (tree(tmp_path / "out"), tree(tmp_path / "no")) == ({"x/good.png"}, {"small.jpg"})
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
