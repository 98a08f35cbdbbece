"""Coefficients come back, whatever they and the network are."""

from dataclasses import replace

import numpy as np
import pytest

from l3c.dct.definition.network import read_network
from l3c.dct.definition.plane import (
    Plane,
    SymbolMeter,
    SymbolReader,
    SymbolWriter,
    code_excess,
    code_planes,
    decode,
    encode,
)
from l3c.errors import FormatError
from tests.dct.examples import SMALL, picture, planes_of, random_networks, random_tensors


def returned(planes: list[Plane], payload: bytes, calibrated: bool = False) -> list[Plane]:
    blank = [replace(plane, coefficients=np.zeros_like(plane.coefficients)) for plane in planes]
    decode(random_networks(), blank, payload, calibrated)
    return blank


def assert_same(planes: list[Plane], others: list[Plane]) -> None:
    for plane, other in zip(planes, others, strict=True):
        assert np.array_equal(plane.coefficients, other.coefficients)


@pytest.mark.parametrize(("quality", "subsampling"), [(30, 2), (90, 1), (100, 0)])
@pytest.mark.parametrize("calibrated", [False, True])
def test_pictures_come_back(quality: int, subsampling: int, calibrated: bool) -> None:
    planes = planes_of(picture(33, 41), quality, subsampling)
    assert_same(planes, returned(planes, encode(random_networks(), planes, calibrated), calibrated))


def test_gray_comes_back() -> None:
    planes = planes_of(picture(9, 30).convert("L"), 85)
    assert_same(planes, returned(planes, encode(random_networks(), planes)))


@pytest.mark.parametrize("calibrated", [False, True])
def test_any_coefficients_and_steps_come_back(calibrated: bool) -> None:
    rng = np.random.default_rng(3)
    planes = []
    for rows, columns, horizontal, vertical in ((3, 1, 2, 3), (1, 4, 1, 1), (2, 2, 1, 1), (1, 4, 1, 1)):
        coefficients = rng.integers(-(1 << 15), 1 << 15, (rows, columns, 64)) >> rng.integers(
            0, 16, (rows, columns, 64)
        )
        steps = (rng.integers(1, 1 << 16, 64) >> rng.integers(0, 16, 64)).clip(1)
        planes.append(Plane(coefficients.astype(np.int16), steps.astype(np.uint16), horizontal, vertical))
    assert_same(planes, returned(planes, encode(random_networks(), planes, calibrated), calibrated))


def test_gaps_in_values_are_found() -> None:
    rng = np.random.default_rng(4)
    coefficients = 3 * rng.integers(-3, 4, (12, 16, 64)).astype(np.int16)
    planes = [Plane(coefficients, np.ones(64, np.uint16), 1, 1)]
    tensors = random_tensors(SMALL[0], 1)
    for part in ("weight", "bias"):  # so that each mixture is around 0, with a scale of e
        tensors[f"heads.1.{part}"] = np.zeros_like(tensors[f"heads.1.{part}"])
    network = read_network(SMALL[0], tensors.__getitem__)
    sizes = [len(encode((network, network), planes, calibrated)) for calibrated in (False, True)]
    assert sizes[1] < 0.85 * sizes[0]


def test_the_meter_says_what_payloads_take() -> None:
    planes = planes_of(picture(40, 40), 90)
    meter = SymbolMeter()
    code_planes(random_networks(), planes, meter)
    assert abs(len(encode(random_networks(), planes)) - 40 - meter.bits / 8) < 16


def test_damaged_payloads_are_refused() -> None:
    planes = planes_of(picture(16, 24), 80)
    payload = encode(random_networks(), planes)
    with pytest.raises(FormatError):
        returned(planes, payload[:-2])
    with pytest.raises(FormatError):
        returned(planes, payload + b"\0\0")
    refused = 0
    for at in range(0, len(payload), 9):
        damaged = bytearray(payload)
        damaged[at] ^= 0x41
        try:
            returned(planes, bytes(damaged))
        except FormatError:
            refused += 1
    assert refused > 0.9 * len(range(0, len(payload), 9))


def test_excesses_of_any_size_come_back() -> None:
    excess = np.array([0, 1, 2, 3, 6, 7, 255, 256, 511, 32767, 65535, 131069])
    writer = SymbolWriter()
    code_excess(writer, excess)
    assert code_excess(SymbolReader(writer.finish()), np.zeros(len(excess), np.int64)).tolist() == excess.tolist()
