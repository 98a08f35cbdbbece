"""Chunks of zarr and numcodecs as l3c files."""

from __future__ import annotations

import tomllib
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from l3c.errors import InputError
from tests.checks import smooth_picture

zarr = pytest.importorskip("zarr")
numcodecs = pytest.importorskip("numcodecs")

from l3c.plugins.numcodecs_codec import L3C  # noqa: E402
from l3c.plugins.zarr_codec import L3CCodec  # noqa: E402

PICTURE = smooth_picture(70, 90, 3)
ARRAYS: dict[str, tuple[NDArray[Any], tuple[int, ...]]] = {
    "RGB": (PICTURE, (32, 40, 3)),
    "gray": (PICTURE[..., 0], (32, 40)),
    "16 bits": (PICTURE[..., 0].astype(np.uint16) * 257, (70, 45)),
    "big-endian": ((PICTURE[..., 0].astype(np.uint16) * 257).astype(">u2"), (70, 45)),
    "a stack": (PICTURE.transpose(2, 0, 1), (1, 35, 90)),
    "a film": (np.stack([PICTURE, PICTURE[::-1]]), (2, 35, 90, 3)),
    "flags": (PICTURE[..., 0] > 99, (70, 90)),
    "a row": (PICTURE.ravel(), (1000,)),
}


@pytest.fixture(autouse=True)
def _registered() -> None:
    numcodecs.register_codec(L3C)
    zarr.registry.register_codec("l3c", L3CCodec)


@pytest.mark.parametrize("name", ARRAYS)
@pytest.mark.filterwarnings("ignore")
def test_zarr_3_arrays_come_back(name: str, tmp_path: Path) -> None:
    array, chunks = ARRAYS[name]
    made = zarr.create_array(tmp_path / "a.zarr", shape=array.shape, chunks=chunks, dtype=array.dtype,
                             serializer=L3CCodec(model="wave-fast"), compressors=None)  # fmt: skip
    made[:] = array
    found = zarr.open_array(tmp_path / "a.zarr", mode="r")
    np.testing.assert_array_equal(found[:], array)
    np.testing.assert_array_equal(found[10:20], array[10:20])
    stored = sum(path.stat().st_size for path in (tmp_path / "a.zarr").rglob("*") if path.is_file())
    assert stored < array.nbytes + 4000


@pytest.mark.parametrize("name", ARRAYS)
@pytest.mark.filterwarnings("ignore")
def test_zarr_2_arrays_come_back(name: str, tmp_path: Path) -> None:
    array, chunks = ARRAYS[name]
    made = zarr.create_array(tmp_path / "a.zarr", shape=array.shape, chunks=chunks, dtype=array.dtype, zarr_format=2,
                             compressors=L3C("wave-fast"))  # fmt: skip
    made[:] = array
    np.testing.assert_array_equal(zarr.open_array(tmp_path / "a.zarr", mode="r")[:], array)


def test_numcodecs_finds_it_by_its_configuration() -> None:
    codec = numcodecs.get_codec({"id": "l3c", "model": "wave-fast"})
    data = codec.encode(PICTURE)
    np.testing.assert_array_equal(codec.decode(data).reshape(PICTURE.shape), PICTURE)
    out = np.empty_like(PICTURE)
    codec.decode(data, out=out)
    np.testing.assert_array_equal(out, PICTURE)
    assert codec.get_config() == {"id": "l3c", "model": "wave-fast", "threads": 1}


def test_other_dtypes_are_refused() -> None:
    with pytest.raises(InputError, match="float32"):
        L3C().encode(PICTURE.astype(np.float32))


def test_entry_points_name_what_there_is() -> None:
    groups = tomllib.loads(Path("pyproject.toml").read_text())["project"]["entry-points"]
    found = {group: points["l3c"].split(":") for group, points in groups.items()}
    assert {g: getattr(import_module(m), c) for g, (m, c) in found.items()} == {
        "numcodecs.codecs": L3C,
        "zarr.codecs": L3CCodec,
    }
