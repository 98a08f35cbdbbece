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
    assert tree(out) == {f"val_data/{i:06}.png" for i in range(6)}
    planes = batch(6, 32)["data"][5].reshape(3, 32, 32)
    np.testing.assert_array_equal(pixels_of(out / "val_data" / "000005.png"), planes.transpose(1, 2, 0))


def test_pictures_that_are_there_are_left(packed: Path) -> None:
    out = packed.parent / "out"
    command = ["prepare", "imagenet", str(packed), "-o", str(out), "-q"]
    main(command)
    (out / "val_data" / "000002.png").unlink()
    times = {name: (out / name).stat().st_mtime_ns for name in tree(out)}
    assert main(command) == 0
    assert len(tree(out)) == 6
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
