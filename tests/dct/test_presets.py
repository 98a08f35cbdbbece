"""The models of the package."""

import numpy as np
import pytest

from l3c.dct import presets
from l3c.dct.definition.plane import SymbolMeter, code_planes
from tests.dct.examples import picture, planes_of
from tests.house.sources import PACKAGE

PACKED_BYTES = {"jpeg": 900_000, "jpeg-fast": 225_000}
"""What a model may take in a wheel, which deflates it."""


def test_weights_are_those_of_the_presets() -> None:
    weights = {path.name for path in (PACKAGE / "dct" / "weights").iterdir()}
    assert weights == {preset.file for preset in presets.PRESETS.values()}


@pytest.mark.parametrize("name", sorted(presets.PRESETS))
def test_weights_are_small(name: str) -> None:
    import zlib

    assert len(zlib.compress((presets.FOLDER / presets.PRESETS[name].file).read_bytes())) < PACKED_BYTES[name]


@pytest.mark.parametrize("name", sorted(presets.PRESETS))
def test_presets_code(name: str) -> None:
    model = presets.load(name)
    assert model is not None
    assert model.name == name
    planes = planes_of(picture(32, 32), 85, 2)
    for plane, decoded in zip(planes, model.decode(model.encode(planes), planes), strict=True):
        assert np.array_equal(plane.coefficients, decoded)


def test_what_is_calibrated() -> None:
    found = {name: model.calibrated for name in presets.names() if (model := presets.load(name))}
    assert found == {"jpeg": True, "jpeg-fast": False}


def test_the_fast_model_has_less_to_compute() -> None:
    """Widths of its layers are at most half, but of the heads: 16 outputs are one vector of sums."""
    large, small = presets.load("jpeg"), presets.load("jpeg-fast")
    assert large is not None
    assert small is not None
    for of, less in zip(large.networks, small.networks, strict=True):
        a, b = of.architecture, less.architecture
        assert all(2 * getattr(b, width) <= getattr(a, width) for width in ("trunk1", "trunk2", "hidden"))


@pytest.mark.parametrize("name", presets.names())
def test_a_preset_knows_pictures(name: str) -> None:
    model = presets.load(name)
    assert model is not None
    planes = planes_of(picture(64, 64), 90)
    coefficients = sum(plane.coefficients != 0 for plane in planes).sum()
    meter = SymbolMeter()
    code_planes(model.networks, planes, meter)
    assert meter.bits < 4.5 * coefficients


def test_other_names_are_no_presets() -> None:
    assert presets.load("wave") is None
