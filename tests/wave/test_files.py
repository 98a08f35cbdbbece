"""Exported wave models: found by name, path, URL and digest, verified, listed, told from other files."""

from __future__ import annotations

from pathlib import Path

import fsspec
import numpy as np
import pytest

import l3c
from l3c.cli import main
from l3c.codec.models import describe_file, find_model, model_by_digest, model_names
from l3c.errors import EngineError, ModelError
from l3c.models.cache import Loaded
from l3c.models.search_path import VARIABLE
from l3c.published.models import write_model
from l3c.wave import files, presets
from l3c.wave.model_file import file_content, read_stored
from tests.checks import smooth_picture
from tests.published.integer import ARCHITECTURES, exported

SOURCES = {1: presets.GRAY, 3: presets.SMALL}
PICTURE = smooth_picture(40, 50, 3)


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing lies, and nothing is loaded."""
    monkeypatch.setattr(files._files, "_loaded", Loaded())
    monkeypatch.chdir(tmp_path)


def write(path: Path, channels: int = 3, learning: str = "everyday") -> Path:
    """The network of a preset, as `l3c export` would write it."""
    plain = read_stored(str(presets.FOLDER / SOURCES[channels]))
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(file_content(plain.network.architecture, plain.tensors, presets.LEARNING[learning])[0])
    return path


@pytest.mark.parametrize("learning", presets.LEARNING)
def test_files_are_found_and_code(learning: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "models" / "my.safetensors", learning=learning)
    digest = find_model("./models/my", 3).digest
    data = l3c.encode(PICTURE, model=str(path), effort=1)
    assert l3c.info(data).models[0][0] == "my"
    assert (l3c.decode(data) == PICTURE).all()
    monkeypatch.setattr(files._files, "_loaded", Loaded())
    if learning != "fast":  # which is what a preset does
        with pytest.raises(ModelError, match=r"needs model 'my'.*L3C_MODELS"):
            l3c.decode(data)
    monkeypatch.setenv(VARIABLE, "models")
    assert (l3c.decode(data) == PICTURE).all()
    assert "my" in model_names()
    assert find_model("my", 3).digest == digest == model_by_digest(digest[:16], "").digest


def test_a_tuned_file_needs_the_model_too(tmp_path: Path) -> None:
    write(tmp_path / "weights" / "my.safetensors", learning="none")
    data = l3c.encode(PICTURE, model="my", effort=3)
    assert (l3c.decode(data) == PICTURE).all()


def test_a_bucket_is_searched_and_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = write(tmp_path / "my.safetensors", learning="archives").read_bytes()
    fsspec.filesystem("memory").pipe("/waves/cloudy.safetensors", content)
    data = l3c.encode(PICTURE, model="memory://waves/cloudy.safetensors", effort=1)
    monkeypatch.setattr(files._files, "_loaded", Loaded())
    monkeypatch.setenv(VARIABLE, "memory://waves")
    assert (l3c.decode(data) == PICTURE).all()
    assert describe_file("memory://waves/cloudy.safetensors").channels == 3


@pytest.mark.parametrize(
    ("channels", "picture", "said"),
    [
        (3, PICTURE[..., 0], r"'my' is for three channels \(RGB\), not for one channel \(gray"),
        (3, PICTURE[..., [0, 1, 2, 0]], "not for one channel .*alpha"),
        (1, PICTURE, r"'my' is for one channel .*, not for three channels \(RGB\)"),
    ],
)
def test_other_pictures_are_refused_saying_what_it_is_for(
    channels: int, picture: np.ndarray, said: str, tmp_path: Path
) -> None:
    write(tmp_path / "weights" / "my.safetensors", channels)
    with pytest.raises(ModelError, match=said):
        l3c.encode(picture, model="my")


def test_gray_pictures_are_coded_by_a_gray_model(tmp_path: Path) -> None:
    write(tmp_path / "weights" / "my.safetensors", 1)
    gray = PICTURE[..., 0]
    assert (l3c.decode(l3c.encode(gray, model="my", effort=1)).squeeze() == gray).all()


def test_a_name_is_the_first_file_of_that_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "weights" / "my.safetensors")
    write_model(tmp_path / "others" / "my.safetensors", ARCHITECTURES["l3c"], exported("l3c"))
    assert find_model("my", 3).digest == find_model("./weights/my", 3).digest
    monkeypatch.setenv(VARIABLE, "others")
    assert find_model("my", 3).digest == find_model("others/my", 3).digest
    assert find_model("my", 3).digest != find_model("./weights/my", 3).digest


def test_other_devices_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "my.safetensors")
    with pytest.raises(EngineError, match="by the processor"):
        find_model(str(path), 3, "cuda")


def test_a_file_of_no_family_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "notes.safetensors"
    path.write_bytes((2).to_bytes(8, "little") + b"{}")
    for channels in (1, 3):
        with pytest.raises(ModelError, match=r"notes\.safetensors: not an exported model"):
            find_model(str(path), channels)
        with pytest.raises(ModelError, match=r"none\.safetensors.*l3c export"):
            find_model(str(tmp_path / "none"), channels)


def test_a_file_without_a_digest_is_refused() -> None:
    with pytest.raises(ModelError, match="has no digest"):
        find_model(str(presets.FOLDER / presets.SMALL), 3)


def test_models_lists_and_verifies_each_file_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for channels, kind in ((3, "RGB"), (1, "gray")):
        path = write(tmp_path / "weights" / f"my-{kind}.safetensors", channels)
        digest = find_model(str(path), channels).digest.hex()[:32]
        expected = [f"my-{kind}", kind, digest, f"weights/my-{kind}.safetensors"]
        assert main(["models", str(path)]) == 0
        assert capsys.readouterr().out.split()[:3] == expected[:3]
        assert main(["models"]) == 0
        out, err = capsys.readouterr()
        assert [line.split() for line in out.splitlines() if line.startswith(f"my-{kind}")] == [expected]
        assert "my-" not in err


def test_changed_files_are_named_and_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path / "weights" / "my.safetensors")
    changed = bytearray(path.read_bytes())
    changed[-1] ^= 1
    path.write_bytes(changed)
    with pytest.raises(ModelError, match="not what its digest says"):
        find_model("my", 3)
    assert main(["models", str(path)]) == ModelError.exit_code
    assert main(["models"]) == ModelError.exit_code
    assert capsys.readouterr().err.count("my.safetensors: its tensors are not what its digest says") == 2
