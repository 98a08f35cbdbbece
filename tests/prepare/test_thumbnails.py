"""Random squares of photographs, the same for the same seed and name, and runs that resume."""

import io
from pathlib import Path
from random import Random

import numpy as np
import pytest
from PIL import Image

from l3c.cli import main
from l3c.prepare.thumbnails import squares, unfit
from tests.bulk.folders import pixels_of, tree
from tests.prepare.photographs import WIDE, save

SMALL = WIDE.resize((90, 64))


@pytest.mark.parametrize("size", [(700, 660), (64, 101), (65, 65)])
def test_squares_lie_inside_and_are_at_least_half_as_large(size: tuple[int, int]) -> None:
    image = Image.new("RGB", size)
    short = min(size)
    found = list(squares(image, 300, Random(1)))
    sides = {right - left for left, _, right, _ in found}
    assert all(right - left == bottom - top for left, top, right, bottom in found)
    assert all(left >= 0 <= top and right <= size[0] and bottom <= size[1] for left, top, right, bottom in found)
    assert min(sides) * 2 >= short >= max(sides)
    assert len(sides) > min(short // 4, 50)


def test_what_is_small_or_not_rgb_is_unfit() -> None:
    assert unfit(Image.new("RGB", (64, 64)), 32) == ""
    assert unfit(Image.new("RGB", (63, 900)), 32) == "short side of 63 pixels"
    assert unfit(Image.new("L", (64, 64)), 32) == "mode L"
    assert unfit(Image.new("P", (64, 64)), 32) == "mode P"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder, with in/."""
    monkeypatch.chdir(tmp_path)
    save(tmp_path / "in" / "a" / "b.png", SMALL)
    save(tmp_path / "in" / "gray.png", SMALL.convert("L"))
    save(tmp_path / "in" / "tiny.png", SMALL.resize((40, 50)))
    return tmp_path


ARGUMENTS = ["prepare", "thumbnails", "in", "-o", "out", "--size", "32", "--each", "12", "-j", "1"]


def test_a_tree_is_prepared_and_what_is_left_out_is_named(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(ARGUMENTS) == 0
    assert tree(folder / "out") == {".prepared", *(f"a/b_{i:02}.png" for i in range(12))}
    said = capsys.readouterr().err
    assert "gray.png: mode L" in said
    assert "tiny.png: short side of 40 pixels" in said
    for name in tree(folder / "out") - {".prepared"}:
        assert pixels_of(folder / "out" / name).shape == (32, 32, 3)


def test_a_square_is_averaged_over_boxes(folder: Path) -> None:
    assert main([*ARGUMENTS[:3], "-o", "out", "--size", "32", "--each", "1", "--seed", "7"]) == 0
    ((left, top, right, bottom),) = squares(SMALL, 1, Random("7 a/b.png"))
    expected = SMALL.crop((left, top, right, bottom)).resize((32, 32), Image.Resampling.BOX)
    np.testing.assert_array_equal(pixels_of(folder / "out/a/b_00.png"), np.asarray(expected))


def test_a_run_goes_on_with_the_same_squares(folder: Path) -> None:
    assert main([*ARGUMENTS, "-q"]) == 0
    before = {name: (folder / "out" / name).read_bytes() for name in tree(folder / "out")}
    (folder / "out/a/b_07.png").unlink()
    kept = folder / "out/a/b_03.png"
    changed = kept.stat().st_mtime_ns
    assert main([*ARGUMENTS, "-q"]) == 0
    assert {name: (folder / "out" / name).read_bytes() for name in tree(folder / "out")} == before
    assert kept.stat().st_mtime_ns == changed
    assert main([*ARGUMENTS, "-q", "-o", "other", "--seed", "1"]) == 0
    assert (folder / "other/a/b_07.png").read_bytes() != before["a/b_07.png"]


def test_damage_is_a_failure_that_names_the_file(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = io.BytesIO()
    WIDE.save(file, "PNG")
    (folder / "in/cut.png").write_bytes(file.getvalue()[:2000])
    assert main(ARGUMENTS) == 1
    assert "cut.png: cannot be read" in capsys.readouterr().err
    assert "a/b_11.png" in tree(folder / "out")


def test_results_inside_the_source_are_no_sources(folder: Path) -> None:
    inside = [*ARGUMENTS[:3], "-o", "in/out", "--each", "2", "--size", "8", "-q"]
    assert main(inside) == 0
    assert main(inside) == 0
    assert tree(folder / "in/out") == {".prepared", "a/b_00.png", "a/b_01.png", "tiny_00.png", "tiny_01.png"}


@pytest.mark.parametrize("option", ["size", "each", "seed"])
def test_a_folder_made_with_other_options_is_refused(
    folder: Path, option: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*ARGUMENTS, "-q"]) == 0
    before = {name: (folder / "out" / name).read_bytes() for name in tree(folder / "out")}
    assert main([*ARGUMENTS, f"--{option}", "7"]) == 2
    assert f"out: was made with {option} " in (said := capsys.readouterr().err)
    assert f"this would be {option} 7; choose another folder" in said
    assert {name: (folder / "out" / name).read_bytes() for name in tree(folder / "out")} == before


def test_a_folder_of_other_files_is_left_alone(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    save(folder / "out" / "a" / "b_00.png", SMALL)
    assert main(ARGUMENTS) == 2
    assert "out: holds files, and no .prepared that says" in capsys.readouterr().err
    assert tree(folder / "out") == {"a/b_00.png"}


def test_what_is_no_picture_has_a_reason(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "in" / "text.png").write_bytes(b"text")
    assert main(ARGUMENTS) == 1
    assert "l3c: text.png: is no picture that Pillow knows\n" in capsys.readouterr().err
