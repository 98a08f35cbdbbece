"""Model files: found by name, path, URL and digest, verified, listed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import fsspec
import pytest

from l3c import api
from l3c.cli import main
from l3c.codec.decode import memory_needed
from l3c.codec.models import find_model, model_by_digest, model_names
from l3c.container.read import read_file
from l3c.errors import InputError, LimitError, ModelError
from l3c.models.cache import Loaded
from l3c.models.search_path import VARIABLE
from l3c.published import models
from l3c.published.architecture import Architecture
from tests.published.integer import ARCHITECTURES, exported, picture

KINDS = list(ARCHITECTURES)


@pytest.fixture(autouse=True)
def nothing_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models, "_loaded", Loaded())


def write(folder: Path, kind: str = "l3c") -> Path:
    path = folder / f"my-{kind}.safetensors"
    models.write_model(path, ARCHITECTURES[kind], exported(kind))
    return path


@pytest.mark.parametrize("kind", KINDS)
def test_files_are_found_and_code(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path, kind)
    digest = find_model(str(path), 3).digest
    image = 112 + picture(96, 104) // 8
    data = api.encode(image, model=str(path))
    monkeypatch.setattr(models, "_loaded", Loaded())
    with pytest.raises(ModelError, match="L3C_MODELS"):
        api.decode(data)
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    assert (api.decode(data) == image).all()
    assert f"my-{kind}" in model_names()
    assert find_model(f"my-{kind}", 3).digest == digest == model_by_digest(digest[:16], "").digest


def test_changed_files_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path)
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    with pytest.raises(ModelError, match="not what its digest says"):
        models.read_model(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"none\.safetensors.*l3c export"):
        find_model(str(tmp_path / "none.safetensors"), 3)


def test_a_bucket_is_searched_and_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bucket = fsspec.filesystem("memory")
    bucket.pipe("/bucket/my-rgb.safetensors", write(tmp_path, "rgb").read_bytes())
    bucket.pipe("/bucket/notes.safetensors", b"no model")
    image = 112 + picture(96, 104) // 8
    data = api.encode(image, model="memory://bucket/my-rgb.safetensors")
    monkeypatch.setattr(models, "_loaded", Loaded())
    monkeypatch.setenv(VARIABLE, f"{tmp_path / 'empty'}:memory://bucket")
    assert (api.decode(data) == image).all()
    assert "my-rgb" in model_names()
    with pytest.raises(ModelError, match=r"memory://bucket/none\.safetensors"):
        find_model("memory://bucket/none", 3)


def test_models_lists_verifies_and_says_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    path = write(tmp_path / "weights")
    assert main(["models"]) == 0
    out, err = capsys.readouterr()
    (line,) = (line for line in out.splitlines() if line.startswith("my-l3c"))
    assert line.split() == ["my-l3c", "RGB", models.read_stored(str(path)).digest[:32], "weights/my-l3c.safetensors"]
    assert {row.split()[0] for row in out.splitlines()} >= {"wave", "wave-light", "wave-fast", "wave-max"}
    assert "note: there is no exported network of kind rgb or rgb-shared; `l3c models --fetch NAME`" in err


def test_models_names_what_is_broken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path / "absent"))
    path = write(tmp_path)
    assert main(["models", str(path)]) == 0
    path.write_bytes(path.read_bytes()[:-5])
    assert main(["models", str(path), str(tmp_path / "none.safetensors")]) == ModelError.exit_code
    assert main(["models"]) == ModelError.exit_code
    err = capsys.readouterr().err
    assert f"{path}: not an exported model" in err
    assert "none.safetensors: No such file" in err
    assert f"{tmp_path / 'absent'}: there is no such folder, but L3C_MODELS names it" in err


def test_what_a_network_takes_counts_against_the_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    image = 112 + picture(96, 104) // 8
    data = api.encode(image, model=str(write(tmp_path)))
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    header_alone = memory_needed(read_file(data), 1)
    with pytest.raises(LimitError):
        api.decode(data, threads=1, max_memory=header_alone + (16 << 20))
    assert (api.decode(data, threads=1, max_memory=header_alone + (128 << 20)) == image).all()


@pytest.mark.parametrize("field", ["scales", "features", "blocks", "latent_channels", "latent_levels", "components"])
@pytest.mark.parametrize("value", [2.0, True, "2", None, 0, -1, 4097, 10**400])
def test_sizes_are_integers_within_bounds(field: str, value: Any) -> None:
    with pytest.raises(InputError):
        Architecture(**{field: value})


@pytest.mark.parametrize("sigma", ["2", None, 0, -1.0, float("nan"), float("inf"), 10**400])
def test_sigma_is_a_positive_number(sigma: Any) -> None:
    with pytest.raises(InputError):
        Architecture(sigma=sigma)


def test_no_more_of_a_file_is_read_than_its_network_has(tmp_path: Path) -> None:
    path = write(tmp_path)
    with path.open("r+b") as file:
        file.truncate(1 << 32)
    with pytest.raises(ModelError, match="more than the"):
        models.read_model(path)
