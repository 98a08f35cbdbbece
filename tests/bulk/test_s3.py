"""Source and target in S3, and Open Images from a bucket: against moto's server."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from l3c.cli import main
from l3c.storage.remote import OPTIONS, file_system
from tests.bulk.folders import encode_tree, make_tree, pixels_of, tree
from tests.prepare.photographs import WIDE, save, tar_of

pytest.importorskip("s3fs")
pytest.importorskip("moto.server")
pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from moto.server import ThreadedMotoServer

        server = ThreadedMotoServer("127.0.0.1", 0)
        server.start()
        host, port = server.get_host_and_port()
        yield f"http://{host}:{port}"
        server.stop()


@pytest.fixture
def bucket(endpoint: str, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> tuple[Any, str]:
    """The file system, and a bucket of its own."""
    options = {"endpoint_url": endpoint, "key": "k", "secret": "s"}
    monkeypatch.setenv(OPTIONS, json.dumps({"s3": options}))
    name = request.node.name.replace("_", "-")[:40].rstrip("-")
    fs, _ = file_system(f"s3://{name}")
    fs.mkdir(name)
    return fs, name


def test_a_tree_goes_to_a_bucket_and_back(bucket: tuple[Any, str], tmp_path: Path) -> None:
    fs, name = bucket
    pictures = make_tree(tmp_path / "in")
    target = f"s3://{name}/archive"
    assert encode_tree(tmp_path / "in", target, check=True).files["done"] == 4
    fs.invalidate_cache()
    assert encode_tree(tmp_path / "in", target).files["skipped"] == 4
    assert main(["verify", target, "-q"]) == 0
    assert main(["decode", target, "-o", str(tmp_path / "back"), "-q"]) == 0
    for picture, pixels in pictures.items():
        np.testing.assert_array_equal(pixels_of(tmp_path / "back" / picture), pixels)


def test_sources_in_a_bucket_are_deleted_when_safe(bucket: tuple[Any, str], tmp_path: Path) -> None:
    fs, name = bucket
    make_tree(tmp_path / "in")
    fs.put(str(tmp_path / "in"), f"{name}/in", recursive=True)
    assert encode_tree(f"s3://{name}/in", f"s3://{name}/out", delete=True).deleted == 4
    fs.invalidate_cache()
    assert fs.find(f"{name}/in") == []
    assert len(fs.find(f"{name}/out")) == 4


def test_a_bucket_that_is_not_there_is_an_error(bucket: tuple[Any, str], tmp_path: Path) -> None:
    make_tree(tmp_path / "in", 2)
    summary = encode_tree(tmp_path / "in", "s3://no-such-bucket/x", jobs=1)
    assert summary.exit_code == 1
    assert summary.finished == 1


def test_open_images_come_from_a_bucket(bucket: tuple[Any, str], tmp_path: Path) -> None:
    fs, name = bucket
    for archive in ("train_0", "train_1", "train_2", "validation"):
        save(tmp_path / archive / f"{archive}.jpg", WIDE)
        save(tmp_path / archive / "small.jpg", WIDE.resize((64, 64)))
        tar_of(tmp_path / archive, tmp_path / f"{archive}.tar.gz")
        fs.put(str(tmp_path / f"{archive}.tar.gz"), f"{name}/tar/{archive}.tar.gz")
    data = tmp_path / "data"
    command = ["prepare", "open-images", str(data), "--source", f"s3://{name}/tar", "-q", "-j", "2"]
    assert main(command) == 0
    assert {path.name for path in (data / "train_oi").rglob("*.png")} == {f"train_{i}.png" for i in range(3)}
    assert {path.name for path in (data / "val_oi").rglob("*.png")} == {"validation.png"}
    cached = json.loads((data / "cache.json").read_text()).values()
    assert {name for names in cached for name in names} == {f"train_{i}.png" for i in range(3)}
    before = tree(data)
    assert main(command) == 0
    assert tree(data) == before
