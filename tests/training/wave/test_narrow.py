"""A network with fewer units behind its cached features keeps those that count."""

from dataclasses import replace

import numpy as np
import pytest

from l3c.errors import InputError
from l3c.training.wave.narrow import narrowed
from l3c.training.wave.objective import gradient, initial_parameters, parameter_count
from l3c.training.wave.quantize import split
from tests.checks import COUPLED, smooth_picture

CROPS = [np.stack([smooth_picture(32, 64, 3)])]


def test_units_that_nothing_sees_are_left_out() -> None:
    """The cost is the very same without them."""
    wide = replace(COUPLED, hidden2=COUPLED.hidden2 + 8, hidden3=COUPLED.hidden3 + 4)
    parameters = initial_parameters(wide, 7)
    for layer, weights, _ in split(wide, parameters):
        if layer.name == "stage2.1":
            weights[:, 2:10] = 0
        elif layer.name.startswith("head") and layer.name.endswith(".0"):
            weights[:, 1:5] = 0
    narrow = narrowed(wide, parameters, COUPLED, CROPS)
    assert narrow.size == parameter_count(COUPLED)
    cost = gradient(wide, parameters, CROPS[0], False)[0]
    assert gradient(COUPLED, narrow, CROPS[0], False)[0] == pytest.approx(cost, rel=1e-5)


@pytest.mark.parametrize("changes", [{"hidden2": COUPLED.hidden2 + 4}, {"hidden3": COUPLED.hidden3 + 4}, {"head": 4}])
def test_only_narrower_networks_are_made(changes: dict[str, int]) -> None:
    with pytest.raises(InputError):
        narrowed(COUPLED, initial_parameters(COUPLED, 7), replace(COUPLED, **changes), CROPS)
