"""The pictures that `l3c sample` writes."""

import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from l3c.cli import main
from l3c.training.evaluation.costs import Settings
from l3c.training.evaluation.probabilities import cost_of
from l3c.training.published.loading import load_trained
from l3c.training.published.sampling import sample_picture
from tests.checks import smooth_picture
from tests.published.test_network import SMALL, SMALL_RGB, SMALL_SHARED
from tests.training.evaluation.test_probabilities import untrained
from tests.training.pictures import write_pictures


def size_of(path: Path) -> tuple[int, int]:
    with Image.open(path) as image:
        return image.size


def test_four_pictures_each_and_a_contact_sheet(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pictures = write_pictures(tmp_path / "set", 2, 37, 53)
    experiment = untrained(tmp_path / "runs", SMALL)
    arguments = ["sample", str(experiment.folder), str(pictures), str(tmp_path / "out"), "--device", "cpu"]
    assert main(arguments) == 0
    out = tmp_path / "out" / experiment.name.split(" ")[0]
    names = sorted(path.name for path in out.iterdir())
    number = r"\d+\.\d{3}"
    for name, form in zip(names[:4], ["gt", "", "", ""], strict=True):
        pattern = rf"0_0_{number}_gt\.png" if form else rf"0_0_rgb(\+bn0)?(\+bn1)?_{number}\.png"
        assert re.fullmatch(pattern, name), name
    assert len(names) == 2 * 4 + 1
    assert names[-1] == "contact_sheet.png"
    assert {size_of(out / name) for name in names[:-1]} == {(56, 40)}
    assert size_of(out / "contact_sheet.png") == (4 * 256, 2 * 272)
    assert len(capsys.readouterr().out.splitlines()) == 9
    assert main(arguments) == 2
    assert "exists already" in capsys.readouterr().err


def test_bits_in_the_labels_are_those_of_what_stayed_true(tmp_path: Path) -> None:
    network = load_trained(untrained(tmp_path, SMALL)).network
    image = smooth_picture(16, 24, 3)
    bpsp = np.array(cost_of(network, image, Settings())) / image.size
    samples = sample_picture(network, image, Settings(), 0)
    assert [sample.label for sample in samples] == ["gt", "rgb", "rgb+bn0", "rgb+bn0+bn1"]
    assert [sample.bpsp for sample in samples] == pytest.approx([bpsp[i:].sum() for i in range(4)])
    np.testing.assert_array_equal(samples[0].picture, image)
    assert samples[3].bpsp == pytest.approx(5 * np.log2(25) / 192)


@pytest.mark.parametrize(("architecture", "count"), [(SMALL_RGB, 4), (SMALL_SHARED, 5)], ids=["rgb", "rgb-shared"])
def test_baselines_and_seeds(architecture, count: int, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    network = load_trained(untrained(tmp_path, architecture)).network
    image = smooth_picture(16, 16, 3)
    first, again, other = (sample_picture(network, image, Settings(), seed) for seed in (3, 3, 4))
    assert len(first) == count
    assert all((a.picture == b.picture).all() for a, b in zip(first, again, strict=True))
    assert any((a.picture != b.picture).any() for a, b in zip(first, other, strict=True))
