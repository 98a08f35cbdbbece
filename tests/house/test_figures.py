"""The sizes and speeds that documents state are those of benchmarks/results; the picture shows nothing else."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

from tests.house.sources import ROOT
from tests.house.test_paper import script

RESULTS = ROOT / "benchmarks" / "results"
pytestmark = pytest.mark.skipif(not RESULTS.is_dir(), reason="results are not in source archives")

PAGES = ["README.md", "docs/models.md", "docs/model-cards.md", "docs/paper.md"]
MEASURED = re.compile(r"(?<![\w.,-])\d\.\d{2,3}(?!\.\d|\d|\w)(?! %| MB| M\b| mega)|\d(?= MP/s)")
"""What looks like bits per sub-pixel, a ratio, or a speed."""


def prose(page: str) -> str:
    """A page without its tables that are made from results, its code and its links."""
    text = (ROOT / page).read_text(encoding="utf-8")
    text = re.sub(r"<!-- (?!end)[^>]+ -->\n.*?<!-- end -->", "", text, flags=re.DOTALL)
    text = re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)
    return re.sub(r"`[^`\n]+`|\[[^\]]*\]\([^)]*\)", "", text)


def test_every_page_and_picture_follows_from_the_results() -> None:
    tables = script(ROOT / "benchmarks" / "tables.py")
    differing = [str(path.relative_to(ROOT)) for path, text in tables.expected().items() if path.read_text() != text]
    assert not differing, "run `python benchmarks/tables.py --write`"


@pytest.mark.parametrize("page", PAGES)
def test_prose_states_no_figure_that_is_not_in_the_results(page: str) -> None:
    recorded = {row["figure"] for row in rows("recorded") if row["page"] == page}
    stated = set(MEASURED.findall(prose(page)))
    unknown = stated - recorded - {row["bits"] for row in rows("published")}
    assert not unknown, "give it a table of benchmarks/tables.py, or a row in results/recorded.csv or published.csv"
    assert recorded <= stated, "recorded.csv has rows that the page does not state"


@pytest.mark.parametrize("text", ["has 2.702 bits", "0.898 of", "at 3.4 MP/s", "(1.866)", "2.94, 2.64"])
def test_figures_in_prose_are_seen(text: str) -> None:
    assert MEASURED.search(text)


@pytest.mark.parametrize("text", ["19.25", "0.49 %", "release 0.1.0", "1024 x 1024", "of 4.2 megapixels"])
def test_other_numbers_are_not(text: str) -> None:
    assert not MEASURED.search(text)


def rows(name: str) -> list[dict[str, str]]:
    with (RESULTS / f"{name}.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_the_picture_shows_the_results() -> None:
    """Read without the code that draws it."""
    drawn = (ROOT / "docs" / "pictures" / "pareto.svg").read_text(encoding="utf-8")
    names = ("codec", "bits", "speed", "isa", "threads")
    points = re.findall(" ".join(f'data-{name}="(.*?)"' for name in names), drawn)
    images = rows("kodak")
    speeds = {(row["codec"], row["isa"], row["threads"]): float(row["decode"]) for row in rows("speed-ratios")}
    assert {"wave", "wave-light", "wave-fast", "wave-max", "jxl7", "webp", "png"} <= {point[0] for point in points}
    for codec, bits, speed, isa, threads in points:
        sizes = [8 * int(row[codec]) / (3 * int(row["height"]) * int(row["width"])) for row in images]
        assert bits == f"{sum(sizes) / len(sizes):.3f}"
        assert float(speed) == speeds[codec, isa, threads]
    theirs = set(re.findall(r'data-method="(.+?)" data-bits="(.+?)"', drawn))
    known = {(row["method"], f"{float(row['bits']):.2f}") for row in rows("published") if row["set"] == "Kodak"}
    assert theirs
    assert theirs <= known
    assert len(drawn) < 200_000


def test_the_png_is_drawn_from_the_svg() -> None:
    from PIL import Image

    pareto = script(ROOT / "benchmarks" / "pareto.py")
    with Image.open(pareto.PNG) as image:
        assert image.size == (pareto.SCALE * pareto.WIDTH, pareto.SCALE * pareto.HEIGHT)
        assert image.info["drawn-from"] == pareto.digest(pareto.TARGET.read_text(encoding="utf-8"))


def test_ratios_merge_by_codec_instruction_set_and_threads(tmp_path: Path) -> None:
    figures = script(ROOT / "benchmarks" / "figures.py")
    rest = ("abc", 0.5, "a processor")
    first = [figures.Ratio("wave", isa, 1, 2.0, 0.25, *rest) for isa in ("avx2", "sse41")]
    figures.merge_ratios(first, tmp_path)
    figures.merge_ratios([figures.Ratio("wave", "avx2", 1, 2.5, 0.5, *rest)], tmp_path)
    assert {key: r.decode for key, r in figures.ratios(tmp_path).items()} == {
        ("wave", "avx2", 1): 0.5,
        ("wave", "sse41", 1): 0.25,
    }


def test_the_readmes_pitch_is_that_of_its_table() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    saved = [float(x) for x in re.findall(r"^\| `wave[^|]*\|[^|]*\|[^|]*\| ([\d.]+) % \|", text, re.MULTILINE)]
    assert len(saved) == 4
    assert f"{min(saved):.0f} to {max(saved):.0f} % smaller than JPEG XL's" in " ".join(text.split())


def test_the_readmes_pitch_for_jpeg_files_is_that_of_the_results() -> None:
    ratios = [int(row["wave"]) / int(row["jpeg"]) for row in rows("jpeg-files")]
    assert 0.7 < sum(ratios) / len(ratios) < 0.755
    assert "JPEG files become a quarter smaller" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_results_are_of_whole_sets() -> None:
    counts = {"kodak": 24, "valid": 40, "valid-gray": 40}
    for name, count in counts.items():
        images = rows(name)
        assert len(images) == count
        assert all(all(row.values()) for row in images)


def test_memory_is_of_the_picture_that_the_pages_name() -> None:
    (megapixels,) = {row["megapixels"] for row in rows("memory")}
    assert f"picture of {megapixels} megapixels" in " ".join(prose("docs/models.md").split())


def test_merging_keeps_what_other_runs_measured(tmp_path: Path) -> None:
    figures = script(ROOT / "benchmarks" / "figures.py")
    images = [("a", 4, 6), ("b", 2, 2)]
    figures.merge_sizes("set", images, {"png": [50, 40], "wave": [30, 20]}, tmp_path)
    figures.merge_sizes("set", images, {"wave": [18, 6]}, tmp_path)
    assert figures.means("set", tmp_path) == {"wave": (2 + 4) / 2, "png": (50 / 9 + 80 / 3) / 2}
    first = [figures.Speed(codec, threads, 1.5, 2.5, "abc", 0.25) for codec in ("wave", "png") for threads in (1, 2)]
    figures.merge_speeds("set", first, tmp_path)
    figures.merge_speeds("set", [figures.Speed("wave", 1, 3.0, 4.0, "def", 0.5)], tmp_path)
    assert {codec: s.decode for codec, s in figures.speeds("set", tmp_path).items()} == {"wave": 4.0, "png": 2.5}
    assert figures.speeds("set", tmp_path, threads=2)["wave"].commit == "abc"
    figures.merge_sizes("set", [("c", 4, 6)], {"wave": [18]}, tmp_path)
    assert list(figures.means("set", tmp_path)) == ["wave"]


def test_results_are_of_the_models_that_are_here() -> None:
    """An image is encoded again by every preset: sizes are the same on every machine."""
    import numpy as np
    from PIL import Image

    import l3c

    with Image.open(ROOT / "docs" / "pictures" / "chelsea.png") as opened:
        pixels = np.asarray(opened.convert("RGB"))
    (row,) = rows("chelsea")
    presets = ("wave-light", "wave-fast", "wave", "wave-max")
    sizes = {preset: len(l3c.encode(pixels, model=preset, history=False)) for preset in presets}
    assert sizes == {preset: int(row[preset]) for preset in sizes}, "measure every set again, then this one"
