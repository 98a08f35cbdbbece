"""Chunks of zarr and numcodecs as l3c files."""

from __future__ import annotations

import tomllib
from importlib import import_module
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
from numpy.typing import NDArray

import l3c
from l3c.container.read import read_file
from l3c.errors import FormatError, InputError
from tests.checks import smooth_picture

zarr = pytest.importorskip("zarr")
numcodecs = pytest.importorskip("numcodecs")

from l3c.plugins.chunks import check_header  # noqa: E402
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
    "floats": (PICTURE[..., 0].astype(np.float32) / 255, (70, 45)),
    "big-endian floats": ((PICTURE[..., 0] / 255).astype(">f8"), (35, 45)),
    "signed": (PICTURE[..., 0].astype(np.int16) - 128, (32, 40)),
    "32 bits": (PICTURE.astype(np.int32) * 99_999, (32, 40, 3)),
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
    assert codec.get_config() == {"id": "l3c", "model": "wave-fast", "threads": 1, "effort": 2}


def test_other_dtypes_are_refused() -> None:
    with pytest.raises(InputError, match="complex64"):
        L3C().encode(PICTURE.astype(np.complex64))


@pytest.mark.parametrize("dtype", ["u1", "<u2", ">u2", ">i4", ">f4"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_numcodecs_gives_back_the_bytes_of_memory(dtype: str, order: Literal["C", "F"]) -> None:
    chunk = np.asarray(np.arange(0, 3500, 100).reshape(5, 7) % 251, dtype, order=order)
    codec = L3C("wave-fast")
    data = codec.encode(chunk)
    assert bytes(codec.decode(data)) == numcodecs.Zlib().decode(numcodecs.Zlib().encode(chunk))
    for other in ("C", "F"):
        mine, theirs = (np.empty((5, 7), dtype, order=other) for _ in range(2))
        codec.decode(data, out=mine)
        numcodecs.Zlib().decode(numcodecs.Zlib().encode(chunk), out=theirs)
        np.testing.assert_array_equal(mine, theirs)


@pytest.mark.filterwarnings("ignore")
def test_fortran_order_of_zarr_2(tmp_path: Path) -> None:
    array = np.asfortranarray(PICTURE[..., 0])
    made = zarr.create_array(tmp_path / "a.zarr", shape=array.shape, chunks=(32, 40), dtype=array.dtype, order="F",
                             zarr_format=2, compressors=L3C("wave-fast"))  # fmt: skip
    made[:] = array
    np.testing.assert_array_equal(zarr.open_array(tmp_path / "a.zarr", mode="r")[:], array)


@pytest.mark.parametrize(
    ("stored", "message"),
    [(np.full((4, 4), 300, np.uint16), "the chunk holds uint16"), (np.zeros((4, 5), np.uint8), "holds 20 samples")],
)
def test_zarr_chunks_of_another_array_are_refused(stored: NDArray[Any], message: str) -> None:
    with pytest.raises(FormatError, match=message):
        check_header(read_file(l3c.encode(stored)), np.dtype(np.uint8), 16)
    codec = L3C()
    with pytest.raises(FormatError, match="not of the 16 bytes"):
        codec.decode(codec.encode(stored), out=np.empty((4, 4), np.uint8))


def test_entry_points_name_what_there_is() -> None:
    groups = tomllib.loads(Path("pyproject.toml").read_text())["project"]["entry-points"]
    found = {group: points["l3c"].split(":") for group, points in groups.items()}
    assert {g: getattr(import_module(m), c) for g, (m, c) in found.items()} == {
        "numcodecs.codecs": L3C,
        "zarr.codecs": L3CCodec,
    }


@pytest.mark.parametrize("configuration", [None, [], 5, {"evil": 1}, {"model": 5}, {"threads": "3"}, {"threads": True}])
def test_strange_metadata_of_arrays_are_refused(configuration: Any) -> None:
    with pytest.raises(InputError, match="an array's metadata"):
        L3CCodec.from_dict({"name": "l3c", "configuration": configuration})
    assert L3CCodec.from_dict({"name": "l3c", "configuration": {"model": "wave-fast"}}).model == "wave-fast"


@pytest.mark.parametrize("dtype", ["complex64", "datetime64[ns]"])
@pytest.mark.filterwarnings("ignore")
def test_zarr_refuses_other_dtypes_when_an_array_is_made(dtype: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="l3c takes bool"):
        zarr.create_array(tmp_path / "a.zarr", shape=(9, 9), chunks=(9, 9), dtype=dtype, serializer=L3CCodec(),
                          compressors=None)  # fmt: skip


@pytest.mark.filterwarnings("ignore")
def test_effort_is_an_option_of_the_codecs(tmp_path: Path) -> None:
    sizes = []
    for effort in (1, 3):
        made = zarr.create_array(tmp_path / f"{effort}.zarr", shape=PICTURE.shape, chunks=PICTURE.shape, dtype="uint8",
                                 serializer=L3CCodec(effort=effort), compressors=None)  # fmt: skip
        made[:] = PICTURE
        again = zarr.open_array(tmp_path / f"{effort}.zarr", mode="r")
        np.testing.assert_array_equal(again[:], PICTURE)
        assert again.metadata.codecs[0].effort == effort
        sizes.append(len(L3C(effort=effort).encode(PICTURE)))
        assert len(l3c.encode(PICTURE, effort=effort)) == sizes[-1]
    for make in (L3C, L3CCodec):
        with pytest.raises(InputError, match="effort 10: 1 to 9"):
            make_array(tmp_path, make)


def make_array(folder: Path, make: Any) -> None:
    zarr.create_array(folder / "no.zarr", shape=(9, 9), chunks=(9, 9), dtype="uint8", serializer=make(effort=10))
