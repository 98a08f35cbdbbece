"""Released models: fetched from a server, verified, found by name, and listed as the folder of weights has them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from l3c import api
from l3c.cli import main
from l3c.codec.models import find_model
from l3c.errors import InputError, ModelError
from l3c.models import fetch
from l3c.models.search_path import CACHE_VARIABLE, VARIABLE, cache_folder, folders
from l3c.published.float_state import find_float, float_name, write_float
from l3c.published.models import write_model
from tests.house.sources import ROOT
from tests.house.test_imports import loaded_by
from tests.published.integer import ARCHITECTURES, exported, picture, plausible_state
from tests.server import serving


@pytest.fixture
def page(tmp_path: Path) -> Path:
    """A folder with both forms of a model."""
    path = tmp_path / "page" / "tiny.safetensors"
    digest = write_model(path, ARCHITECTURES["l3c"], exported("l3c"))
    torch.manual_seed(0)
    write_float(float_name(path), ARCHITECTURES["l3c"], plausible_state(ARCHITECTURES["l3c"]), 7, digest.hex())
    return path.parent


@pytest.fixture(autouse=True)
def released(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The page's URL; its files are those that the package knows, and the cache is empty."""
    listed = tmp_path / "released.json"
    listed.write_text(json.dumps(fetch.files_of(page)))
    monkeypatch.setattr(fetch, "LIST", listed)
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "cache"))
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.chdir(tmp_path)
    with serving(page) as url:
        monkeypatch.setenv(fetch.VARIABLE, f"{url}/")
        yield url


def test_a_fetched_model_is_found_by_name_in_both_forms(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ModelError, match="l3c models --fetch NAME"):
        find_model("tiny", 3)
    assert main(["models", "--fetch", "tiny"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.partition(":")[0] for line in lines] == [
        str(tmp_path / "cache" / name) for name in ("tiny.safetensors", "tiny-float.safetensors")
    ]
    assert all(line.endswith(" bytes, fetched") for line in lines)
    image = 112 + picture(40, 48) // 8
    assert (api.decode(api.encode(image, model="tiny")) == image).all()
    assert find_float("tiny") == str(tmp_path / "cache" / "tiny-float.safetensors")
    assert main(["models"]) == 0
    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert [row[:2] for row in rows if row[0].startswith("tiny")] == [["tiny", "RGB"], ["tiny-float", "float"]]


def test_what_is_there_is_not_fetched_again(released: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "--fetch", "tiny"]) == 0
    before = {path: path.stat().st_mtime_ns for path in cache_folder().iterdir()}
    assert main(["models", "--fetch", "tiny,tiny"]) == 0
    assert capsys.readouterr().out.count("was here already") == 4
    assert {path: path.stat().st_mtime_ns for path in cache_folder().iterdir()} == before
    path = cache_folder() / "tiny.safetensors"
    whole = path.read_bytes()
    path.write_bytes(whole[:-1] + b"?")
    assert main(["models", "--fetch", "tiny"]) == 0
    assert path.read_bytes() == whole


@pytest.mark.parametrize("change", ["byte", "end", "more", "missing", "nothing"])
def test_another_file_is_refused_and_leaves_nothing(
    change: str, page: Path, released: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = page / "tiny.safetensors"
    data = path.read_bytes()
    changed = {"byte": data[:-1] + b"?", "end": data[:-1], "more": data + b"?", "nothing": b""}
    if change == "missing":
        path.unlink()
    else:
        path.write_bytes(changed[change])
    code = main(["models", "--fetch", "tiny"])
    assert code == (InputError.exit_code if change in ("more", "missing") else ModelError.exit_code)
    assert f"{released}/tiny.safetensors: " in capsys.readouterr().err
    assert not list(cache_folder().iterdir())


def test_names_and_pages_that_are_unknown_are_explained(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["models", "--fetch", "tinier"]) == ModelError.exit_code
    assert "no model 'tinier' is released; there is tiny" in capsys.readouterr().err
    monkeypatch.delenv(fetch.VARIABLE)
    monkeypatch.setattr(fetch, "PAGE", "")
    assert main(["models", "--fetch", "tiny"]) == ModelError.exit_code
    assert "L3C_RELEASE_PAGE may name the URL" in capsys.readouterr().err
    assert main(["models", "--fetch", "tiny", "file"]) == InputError.exit_code


def test_caches_are_where_the_system_has_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(CACHE_VARIABLE)
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setenv("XDG_CACHE_HOME", "/caches")
    assert cache_folder() == Path("/caches/l3c/models")
    assert folders()[-1] == str(cache_folder())
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", "/home/me")
    assert cache_folder() == Path("/home/me/.cache/l3c/models")
    monkeypatch.setattr("sys.platform", "darwin")
    assert cache_folder() == Path("/home/me/Library/Caches/l3c/models")


def test_fetching_needs_no_training_packages(released: str) -> None:
    """The package's own list names l3c; its files are not on this page."""
    code = "from l3c.cli import main; assert main(['models', '--fetch', 'l3c']) == 2"
    assert not {"torch", "yaml"} & loaded_by(code)


def test_the_package_knows_the_files_of_the_repository() -> None:
    """After a change of weights: python scripts/list_weights.py."""
    if not (ROOT / "weights").is_dir():
        pytest.skip("not a checkout")
    known = json.loads((Path(fetch.__file__).parent / "released.json").read_text())
    assert known == fetch.files_of(ROOT / "weights")
