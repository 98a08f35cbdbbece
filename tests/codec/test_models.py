"""Models are found by name and by digest."""

import pytest

from l3c.codec.models import find_model, model_by_digest, model_names
from l3c.errors import ModelError
from tests.checks import CHANNELS


@pytest.mark.parametrize("channels", CHANNELS.values(), ids=CHANNELS)
def test_the_default_model_codes_both_layouts(channels: int) -> None:
    model = find_model("wave", channels)
    assert model.channels == channels
    assert model_by_digest(model.digest[:16], "whatever") is model


def test_names_are_sorted_and_hold_the_default() -> None:
    assert "wave" in model_names()
    assert model_names() == sorted(model_names())


def test_an_unknown_name_lists_what_there_is() -> None:
    with pytest.raises(ModelError, match=r"no model 'tsunami' for 3 channels; there is .*wave"):
        find_model("tsunami", 3)


def test_an_unknown_digest_is_shown() -> None:
    with pytest.raises(ModelError, match="needs model 'x' with digest ffff"):
        model_by_digest(b"\xff" * 16, "x")
