"""Packed batches of both kinds become pictures; nothing in them is run."""

import os
import pickle
from pathlib import Path

import numpy as np
import pytest

from l3c.cli import main
from l3c.errors import InputError
from l3c.prepare import imagenet
from tests.bulk.folders import pixels_of, tree
from tests.prepare.photographs import batch


class Harmful:
    """Runs a command when it is unpickled."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, ("touch harmed",)


@pytest.fixture(params=["pickle", "npz"])
def packed(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(imagenet, "PART", 4)
    imagenet._packed.cache_clear()
    content = batch(6, 32)
    if request.param == "npz":
        np.savez(tmp_path / "val_data.npz", **content)
        return tmp_path / "val_data.npz"
    (tmp_path / "val_data").write_bytes(pickle.dumps(content, protocol=2))
    return tmp_path / "val_data"


def test_a_packed_file_becomes_pictures(packed: Path) -> None:
    out = packed.parent / "out"
    assert main(["prepare", "imagenet", str(packed), "-o", str(out), "-q"]) == 0
    assert tree(out) == {"val_data/.prepared", *(f"val_data/{i:06}.png" for i in range(6))}
    planes = batch(6, 32)["data"][5].reshape(3, 32, 32)
    np.testing.assert_array_equal(pixels_of(out / "val_data" / "000005.png"), planes.transpose(1, 2, 0))


def test_pictures_that_are_there_are_left(packed: Path) -> None:
    out = packed.parent / "out"
    command = ["prepare", "imagenet", str(packed), "-o", str(out), "-q"]
    main(command)
    (out / "val_data" / "000002.png").unlink()
    times = {name: (out / name).stat().st_mtime_ns for name in tree(out)}
    assert main(command) == 0
    assert len(tree(out)) == 7
    assert times.items() <= {name: (out / name).stat().st_mtime_ns for name in tree(out)}.items()


@pytest.mark.parametrize(
    "content", [Harmful(), {"data": Harmful()}, {"labels": [1]}, {"data": np.zeros((2, 100), np.uint8)}, 5]
)
def test_other_files_are_refused_and_not_run(tmp_path: Path, content: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    imagenet._packed.cache_clear()
    Path("train_data_batch_1").write_bytes(pickle.dumps(content))
    with pytest.raises(InputError, match="train_data_batch_1"):
        imagenet.packed("train_data_batch_1")
    assert tree(tmp_path) == {"train_data_batch_1"}


def pickled(path: Path, count: int, side: int) -> str:
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(pickle.dumps(batch(count, side), protocol=2))
    return str(path)


@pytest.mark.parametrize("names", [("in32/val_data", "in64/val_data"), ("batch_1", "batch_1.npz")])
def test_two_files_of_one_folder_are_refused(
    tmp_path: Path, names: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    files = [pickled(tmp_path / name, 2, side) for name, side in zip(names, (32, 64), strict=True)]
    assert main(["prepare", "imagenet", *files, "-o", str(tmp_path / "out")]) == 2
    assert f"{' and '.join(files)}: would all go to the folder" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_another_file_of_the_same_name_is_not_taken_for_done(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["prepare", "imagenet", "-o", str(tmp_path / "out"), "-q"]
    assert main([*command, pickled(tmp_path / "in32" / "val_data", 2, 32)]) == 0
    assert main([*command, pickled(tmp_path / "in64" / "val_data", 2, 64)]) == 1
    assert "val_data: was made with size" in capsys.readouterr().err
    assert pixels_of(tmp_path / "out" / "val_data" / "000000.png").shape == (32, 32, 3)


def test_a_file_that_cannot_be_read_fails_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "bad").write_bytes(b"bad")
    sources = [str(tmp_path / "bad"), str(tmp_path / "none"), pickled(tmp_path / "good", 2, 32)]
    assert main(["prepare", "imagenet", *sources, "-o", str(tmp_path / "out"), "-q"]) == 1
    said = capsys.readouterr().err
    assert "bad: not a packed file" in said
    assert "none: " in said
    assert tree(tmp_path / "out") == {"good/.prepared", "good/000000.png", "good/000001.png"}
