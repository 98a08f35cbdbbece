"""Networks whose sums might leave 32 bits are refused."""

import numpy as np
import pytest

from l3c.dct.definition.architecture import Architecture
from l3c.dct.definition.network import read_network
from tests.dct.examples import SMALL, random_tensors


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("trunk.0.weight", 65),
        ("heads.0.weight", -66),
        ("heads.1.shift", 15),
        ("last.bias", -(2**31) + 1),
        ("positions", 2**31 - 1),
    ],
)
def test_numbers_beyond_their_bounds_are_refused(name: str, value: int) -> None:
    tensors = random_tensors(SMALL[0], 1)
    tensors[name].flat[0] = value
    with pytest.raises(ValueError, match=name.rsplit(".", 1)[0] if "." in name else "accumulator"):
        read_network(SMALL[0], tensors.__getitem__)


def test_other_shapes_are_refused() -> None:
    tensors = random_tensors(SMALL[0], 1)
    tensors["columns"] = tensors["columns"][:-1]
    with pytest.raises(ValueError, match="columns"):
        read_network(SMALL[0], tensors.__getitem__)


@pytest.mark.parametrize("name", ["chroma", "trunk1", "trunk2", "hidden", "head", "components"])
@pytest.mark.parametrize("value", [-4, 516, 3.0, True])
def test_other_widths_are_refused(name: str, value: object) -> None:
    with pytest.raises(ValueError, match=name):
        Architecture(**{name: value})  # type: ignore[arg-type]


def test_columns_add_up() -> None:
    tensors = random_tensors(SMALL[1], 2)
    network = read_network(SMALL[1], tensors.__getitem__)
    accumulators = np.zeros((2, SMALL[1].hidden), np.int64)
    network.add(7, accumulators, np.array([-3, 4]))
    first, second = tensors["columns"][7].astype(np.int64)
    assert np.array_equal(accumulators, [-3 * first + 3 * second, 4 * first + 4 * second])
