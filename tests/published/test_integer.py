"""Integer networks: bounds, round trips, sizes."""

import pytest

from l3c.errors import FormatError
from l3c.published.layers_integer import SUM_MAX
from tests.published.integer import ARCHITECTURES, exported, model, picture

KINDS = list(ARCHITECTURES)
SIZES = [(i // 70 + 1, i % 70 + 1) for i in range(0, 4900, 200)]


@pytest.mark.parametrize("kind", KINDS)
def test_every_sum_is_bounded(kind: str) -> None:
    assert all(layer.bound().max() < SUM_MAX for layer in exported(kind))


@pytest.mark.parametrize("kind", KINDS)
def test_sizes_round_trip(kind: str) -> None:
    for height, width in SIZES:
        image = picture(height, width)
        assert (model(kind).decode(model(kind).encode(image), height, width) == image).all()


@pytest.mark.parametrize("kind", KINDS)
def test_payloads_are_near_theory(kind: str) -> None:
    image = picture(160, 160)
    encoder = model(kind).code(image)
    assert len(encoder.finish()) <= encoder.bits / 8 * 1.005


def test_damage_is_an_error() -> None:
    payload = model("l3c").encode(picture(20, 20))
    with pytest.raises(FormatError):
        model("l3c").decode(payload[:-2], 20, 20)
