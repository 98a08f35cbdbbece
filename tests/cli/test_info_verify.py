"""l3c info, l3c verify, l3c models."""

import json
from pathlib import Path

import numpy as np
import pytest

import l3c
from l3c.cli import main
from tests.checks import noise, smooth_picture
from tests.cli.conftest import Run
from tests.images.pictures import ICC

PHOTO = smooth_picture(40, 60, 3)


@pytest.fixture(autouse=True)
def _encoded(folder: Path) -> None:
    Path("photo.l3c").write_bytes(l3c.encode(PHOTO, metadata={"icc": ICC}))
    Path("noise.l3c").write_bytes(l3c.encode(noise(20, 30, 3)))
    Path("bad.l3c").write_bytes(Path("photo.l3c").read_bytes()[:-1])


def test_info_is_for_people(run: Run) -> None:
    done = run("info", "photo.l3c")
    size, digest = Path("photo.l3c").stat().st_size, l3c.info(Path("photo.l3c").read_bytes()).models[0][1]
    assert (done.code, done.err) == (0, "")
    assert done.out.decode().splitlines() == [
        "photo.l3c",
        "  image:    60 x 40, RGB, 8 bits",
        f"  file:     {size:,} bytes, {8 * size / PHOTO.size:.3f} bits per sub-pixel, lossless",
        f"  model:    wave ({digest[:8]})",
        "  tiles:    1 of at most 60 x 60",
        "  metadata: icc (512 bytes)",
    ]


def test_info_says_what_is_stored(run: Run) -> None:
    lines = run("info", "noise.l3c").out.decode().splitlines()
    assert lines[3:] == [
        "  model:    none, samples are stored",
        "  tiles:    1 of at most 30 x 30, 1 stored",
        "  metadata: none",
    ]


def test_info_says_what_tuning_takes(run: Run) -> None:
    picture = smooth_picture(220, 280, 3)[35:185, 40:240]
    data = l3c.encode(picture, model="wave-light", effort=3, history=False)
    Path("adapted.l3c").write_bytes(data)
    assert f", adapted by {l3c.info(data).adaptation_size:,} bytes" in run("info", "adapted.l3c").out.decode()


def test_info_says_what_samples_pages_and_kept_files_are(run: Run) -> None:
    golden = Path(__file__).parents[1] / "golden" / "v1" / "samples"
    expected = {
        "pages": [
            "image:    30 x 20, RGBA, 8 bits",
            "frames:   2 on a canvas of 30 x 20, plays: 2",
            "1:        7 x 9, gray",
        ],
        "float32": ["30 x 24, gray, 32 bits, float32", "4 graphics", "history:  differences of upper neighbours"],
        "extra": ["30 x 20, RGB and associated alpha, unspecified, alpha, 8 bits"],
        "maximum-100": ["gray, 7 bits (white is 100)"],
        "kept-text": ["txt:      the file itself, 240 bytes, deflated"],
        "kept-bytes": ["kept:     the file itself, 9 bytes, stored"],
    }
    for name, lines in expected.items():
        said = run("info", str(golden / f"{name}.l3c")).out.decode()
        for line in lines:
            assert line in said


def test_info_is_for_programs(run: Run) -> None:
    done = run("info", "photo.l3c", "--json")
    expected = l3c.info(Path("photo.l3c").read_bytes()).to_dict()
    found = json.loads(done.out)
    assert found.pop("file") == "photo.l3c"
    assert found == json.loads(json.dumps(expected))
    assert done.out.count(b"\n") == 1


def test_info_of_standard_input(run: Run) -> None:
    done = run("info", "-", "--json", stdin=Path("photo.l3c").read_bytes())
    assert json.loads(done.out)["file"] == "standard input"


def test_verify_says_of_every_file_that_it_is_intact(run: Run) -> None:
    done = run("verify", "photo.l3c", "noise.l3c")
    assert (done.code, done.err) == (0, "")
    assert done.out.decode().splitlines() == ["photo.l3c: intact, 60 x 40 RGB", "noise.l3c: intact, 30 x 20 RGB"]
    assert run("verify", "photo.l3c", "-q").out == b""


def test_verify_goes_on_after_a_failure_and_returns_the_first_code(run: Run) -> None:
    Path("empty").mkdir()
    done = run("verify", "bad.l3c", "photo.l3c", "absent.l3c", "empty", "noise.l3c")
    assert done.code == 3
    assert [line.split(": ")[1] for line in done.lines] == ["bad.l3c", "absent.l3c", "empty"]
    assert done.out.count(b"intact") == 2
    assert run("verify", "absent.l3c", "bad.l3c").code == 1


def test_verify_reads_standard_input_and_keeps_to_its_limits(run: Run) -> None:
    data = Path("photo.l3c").read_bytes()
    assert run("verify", "-", stdin=data).out == b"standard input: intact, 60 x 40 RGB\n"


def test_verify_tells_of_a_file_whose_picture_is_not_known(run: Run) -> None:
    Path("odd.l3c").write_bytes(l3c.keep_file(b"\xff\xd8\xff" + bytes(1000), "jpg"))
    assert run("verify", "odd.l3c").out == b"odd.l3c: intact, a file of 1,003 bytes\n"
    done = run("verify", "photo.l3c", "--max-memory", "10k", "-t", "1")
    assert done.code == 5
    assert done.lines[0].startswith("l3c: photo.l3c: decoding takes")


def test_models_are_listed_with_their_digests(run: Run) -> None:
    done = run("models")
    digest = l3c.info(Path("photo.l3c").read_bytes()).models[0][1]
    assert ["wave", "RGB", digest] in [line.split()[:3] for line in done.out.decode().splitlines()]


@pytest.mark.parametrize("name", ["a\x1b[2Jb", "new\nline", "c1\x9b31m", "turned\u202eround", "no text\udcff"])
def test_names_of_files_do_not_steer_a_terminal(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good = l3c.encode(np.zeros((8, 8, 3), np.uint8))
    folder = tmp_path / "in"
    folder.mkdir()
    path, bad = folder / f"{name}.l3c", folder / f"bad {name}.l3c"
    path.write_bytes(good)
    bad.write_bytes(good[:-3])
    commands = [
        ["info", path],
        ["info", bad],
        ["verify", path],
        ["verify", folder],
        ["models", path],
        ["decode", folder, "-o", tmp_path / "out"],
        ["decode", path, path.with_suffix(".png")],
        ["decode", "--salvage", path, path.with_suffix(".ppm")],
    ]
    for command in commands:
        main([str(word) for word in command])
        said = capsys.readouterr()
        lines = (said.out + said.err).split("\n")
        assert all(line.isprintable() for line in lines)
        assert "line.l3c" not in lines


def test_several_files_are_described_and_a_bad_one_does_not_stop_the_others(run: Run) -> None:
    Path("a.l3c").write_bytes(l3c.encode(np.zeros((2, 5), np.uint8)))
    Path("bad.l3c").write_bytes(b"no file of ours")
    done = run("info", "bad.l3c", "a.l3c")
    assert done.code == 3
    assert done.err.startswith("l3c: bad.l3c: ")
    assert done.out.startswith(b"a.l3c\n")
    assert run("info", "a.l3c", "a.l3c", "--json").out.count(b'"width": 5') == 2


def test_a_folder_is_not_described(run: Run) -> None:
    Path("folder").mkdir()
    done = run("info", "folder")
    assert done.code == 2
    assert done.lines == ["l3c: folder: is a folder; name its files, or check all of them with `l3c verify folder`"]
