"""Networks are read with every dimension and limit checked."""

import numpy as np
import pytest

from l3c.training.wave.export import export
from l3c.training.wave.objective import initial_parameters
from l3c.wave.definition.network import read_network
from tests.checks import SMALL

TENSORS = export(SMALL, initial_parameters(SMALL, 0))


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("stage1.0.weight", TENSORS["stage1.0.weight"][:-1], "expected int8"),
        ("stage2.1.bias", TENSORS["stage2.1.bias"].astype(np.int64), "expected int32"),
        ("head2.1.weight", np.full_like(TENSORS["head2.1.weight"], 100), "a pair of weights sums to more than 128"),
    ],
)
def test_a_tensor_that_does_not_fit_is_refused(name: str, value: np.ndarray, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read_network(SMALL, {**TENSORS, name: value}.__getitem__)
