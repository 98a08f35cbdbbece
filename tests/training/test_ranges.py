"""Numbers in configurations that nothing could be trained with are refused by name."""

from __future__ import annotations

import math
import typing
from dataclasses import fields
from typing import Any

import pytest

from l3c.errors import InputError
from l3c.training.config_keys import build
from l3c.training.dct.config import DctConfig
from l3c.training.published.config import Config
from l3c.training.ranges import Range
from l3c.training.wave.config import WaveConfig

CONFIGS: tuple[type[Any], ...] = (Config, WaveConfig, DctConfig)
NUMBERS = {int, float, int | None, float | None}


def sections(config: type) -> dict[str, type[Any]]:
    """Those that this package defines as configurations; networks check their widths themselves."""
    return {name: kind for name, kind in typing.get_type_hints(config).items() if name != "network"}


@pytest.mark.parametrize("config", CONFIGS)
def test_every_number_has_a_range_that_holds_its_default(config: type) -> None:
    for name, section in sections(config).items():
        hints = typing.get_type_hints(section)
        numbers = {f.name: f.default for f in fields(section) if hints[f.name] in NUMBERS}
        assert section.RANGES.keys() == numbers.keys(), f"{config.__name__}.{name}"


@pytest.mark.parametrize("config", CONFIGS)
def test_what_is_out_of_its_range_is_refused_by_name(config: type) -> None:
    for name, section in sections(config).items():
        for key, allowed in section.RANGES.items():
            kind = typing.get_type_hints(section)[key]
            wrong: list[float] = [-1] if int in (kind, *typing.get_args(kind)) else [-1.0, math.nan, math.inf]
            for value in wrong:
                assert value not in allowed
                with pytest.raises(InputError, match=rf"{name}\.{key}: .* expected "):
                    build(config, {name: {key: value}}, "here")


def test_ranges_say_what_they_hold() -> None:
    assert 0 in Range(0)
    assert 0 not in Range(0, open_low=True)
    assert 1 not in Range(0, 1, open_high=True)
    assert math.nan not in Range(0)
    assert math.inf not in Range(0)
    said = [str(Range(0)), str(Range(0, 1)), str(Range(0, 1, open_low=True, open_high=True))]
    assert said == ["at least 0", "at least 0 and at most 1", "above 0 and below 1"]


@pytest.mark.parametrize(
    "schedule", ["exp_0_e1", "exp_0.5_e0", "exp_.._e1", "cos_1e-4_1e-6_i0", "exp_1_e1e99999", "often"]
)
def test_schedules_that_are_none(schedule: str) -> None:
    with pytest.raises(InputError, match=r"optimizer\.schedule: "):
        build(Config, {"optimizer": {"schedule": schedule}}, "here")


def test_numbers_that_are_no_floating_point_ones_are_refused_too() -> None:
    with pytest.raises(InputError, match=r"run\.iterations: "):
        build(Config, {"run": {"iterations": 10**400}}, "here")
