"""Arrays of all kinds come back to the bit; `make strange` tries thousands more (tests/strange/arrays.py)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import l3c
from l3c.errors import InputError
from tests.checks import smooth_picture
from tests.strange.arrays import check, make, photograph, same

CASES, GROUP = 200, 10
TYPES = ("int8", "int16", "int32", "int64", "uint32", "uint64", "float16", "float32", "float64")


@pytest.mark.parametrize("group", range(CASES // GROUP))
def test_random_arrays_come_back(group: int) -> None:
    for seed in range(group * GROUP, (group + 1) * GROUP):
        check(make(seed))


def limits(dtype: str) -> NDArray[Any]:
    """Every extreme of a type, NaN with payloads and both signs among them."""
    kind = np.dtype(dtype)
    bits = 8 * kind.itemsize
    numbers = [0, 1, 2**bits - 1, 2 ** (bits - 1), 2 ** (bits - 1) - 1, 2 ** (bits - 1) + 1, 0x7C01, 0x7F800001]
    array = np.array([n % 2**bits for n in numbers] * 8, f"u{kind.itemsize}").view(kind)
    return array.reshape(8, 8)


@pytest.mark.parametrize("history", [False, True])
@pytest.mark.parametrize("dtype", TYPES)
def test_every_bit_of_every_type_comes_back(dtype: str, history: bool) -> None:
    array = limits(dtype)
    data = l3c.encode(array, model="wave-fast", effort=1, history=history)
    assert same(l3c.decode(data), array)
    assert same(l3c.open(data)[2:5, 3:], array[2:5, 3:])
    info = l3c.info(data)
    assert (info.dtype, info.depth, info.maximum) == (dtype, 8 * array.itemsize, None if dtype[0] != "u" else
                                                      2 ** (8 * array.itemsize) - 1)  # fmt: skip


@pytest.mark.parametrize("dtype", ["int32", "uint32", "float32", "float64"])
def test_parts_of_predicted_arrays_are_those_of_the_whole(dtype: str) -> None:
    y, x = np.mgrid[:600, :530]
    array = (np.sin(x / 50) * np.cos(y / 40) * 1e5 + x).astype(dtype)
    data = l3c.encode(array, model="wave-fast", effort=1)
    assert str(l3c.info(data).history).startswith("differences of")
    image = l3c.open(data)
    for part in (np.s_[510:514, 505:520], np.s_[3:9, :], np.s_[599, 529]):
        assert same(np.asarray(image[part]), np.asarray(array[part]))


def test_floats_of_few_values_become_ranks() -> None:
    array = (smooth_picture(100, 100, 1)[..., 0] / 255).astype(np.float32)
    data = l3c.encode(array, model="wave-fast", effort=1)
    assert same(l3c.decode(data), array)
    assert "values" in str(l3c.info(data).history)
    assert len(data) < 1.3 * len(l3c.encode(smooth_picture(100, 100, 1), model="wave-fast", effort=1)) + 1000


def test_twelve_bits_in_sixteen_keep_their_depth_and_value() -> None:
    array = (photograph()[:40, :50] * 4095).round().astype(np.uint16)
    data = l3c.encode(array, maximum=4095, history=False)
    image = l3c.open(data)
    assert (image.depth, image.maximum, image.dtype) == (12, 4095, np.dtype(np.uint16))
    assert same(image.samples, array)
    assert len(data) < len(l3c.encode(array, history=False))


@pytest.mark.parametrize(
    ("dtype", "maximum", "message"),
    [
        (np.uint16, 3, "a sample of 7, the maximum is 3|a maximum of 3 for samples of uint16"),
        (np.uint16, 300, None),
        (np.uint16, 255, "a maximum of 255 for samples of uint16"),
        (np.uint8, 6, "a sample of 7, the maximum is 6"),
        (np.uint8, 1, "a maximum of 1"),
        (np.uint8, 256, "a maximum of 256"),
        (np.int16, 4095, "a maximum of 4095 for samples of int16"),
        (np.float32, 1, "a maximum of 1 for samples of float32"),
        (bool, 2, "a maximum of 2 for samples of bool"),
    ],
)
def test_a_maximum_fits_the_samples(dtype: Any, maximum: int, message: str | None) -> None:
    array = np.full((3, 4), 7).astype(dtype)
    if message is None:
        assert l3c.open(l3c.encode(array, maximum=maximum)).maximum == maximum
        return
    with pytest.raises(InputError, match=message):
        l3c.encode(array, maximum=maximum)


def test_sixteen_extra_planes_at_most() -> None:
    array = smooth_picture(20, 30, 17)
    image = l3c.open(l3c.encode(array, layout="gray", extra=["alpha", *["unspecified"] * 15]))
    assert image.extra[:2] == ("alpha", "unspecified")
    np.testing.assert_array_equal(image[3:5, 4:9], array[3:5, 4:9])
    with pytest.raises(InputError, match="extra planes"):
        l3c.encode(smooth_picture(5, 5, 18), layout="gray", extra=["alpha"] * 17)
    with pytest.raises(InputError, match="extra planes"):
        l3c.encode(smooth_picture(5, 5, 4), layout="RGB", extra=["beta"])
    with pytest.raises(InputError, match="RGBA"):
        l3c.encode(smooth_picture(5, 5, 5), layout="RGBA")


def test_lists_are_arrays() -> None:
    np.testing.assert_array_equal(l3c.decode(l3c.encode([[1, 2], [3, 4]])), [[1, 2], [3, 4]])  # type: ignore[arg-type]


def test_chunks_that_no_reader_takes_are_refused_before_anything_is_encoded() -> None:
    with pytest.raises(l3c.InputError, match=r"metadata 'png chunks': .* holds a chunk b'IDAT'"):
        l3c.encode(np.zeros((3, 4), np.uint8), metadata={"png chunks": b"IDAT\0"})
