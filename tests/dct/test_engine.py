"""The engine codes what the definition says, bit for bit, on every instruction set of this machine."""

from dataclasses import replace

import numpy as np
import pytest

from l3c._engine import supported_isas
from l3c.dct.compiled import DctCoder
from l3c.dct.definition.architecture import Architecture
from l3c.dct.definition.network import Network, read_network
from l3c.dct.definition.plane import Plane, decode, encode
from l3c.errors import FormatError
from tests.dct.examples import picture, planes_of, random_networks, random_tensors

OTHERS = (Architecture(0, 36, 68, 44, 20, 3), Architecture(1, 20, 40, 28, 12, 1))
"""Widths that are no multiples of vectors; chroma is not predicted by slopes."""


def other_networks(seed: int = 5) -> tuple[Network, Network]:
    luma, chroma = (read_network(a, random_tensors(a, seed + a.chroma).__getitem__) for a in OTHERS)
    return luma, chroma


def quiet_networks(seed: int = 8) -> tuple[Network, Network]:
    """Heads that say little, as those of trained networks do: narrow windows, and zeros that are left out."""
    quiet = []
    for a in OTHERS:
        tensors = random_tensors(a, seed + a.chroma)
        tensors["heads.1.shift"] = np.full_like(tensors["heads.1.shift"], 12)
        tensors["heads.1.bias"][:] = 0
        tensors["heads.1.bias"][:, 2 * a.components : 3 * a.components] = -20 << 12
        quiet.append(read_network(a, tensors.__getitem__))
    return quiet[0], quiet[1]


def assert_equal(networks: tuple[Network, Network], planes: list[Plane], calibrated: bool = True) -> None:
    payload = encode(networks, planes, calibrated)
    for isa in supported_isas():
        coder = DctCoder(networks, isa, calibrated=calibrated)
        assert coder.encode(planes) == payload, isa
        for plane, coefficients in zip(planes, coder.decode(payload, planes), strict=True):
            assert np.array_equal(plane.coefficients, coefficients), isa


@pytest.mark.parametrize("networks", [random_networks(), other_networks(), quiet_networks()])
@pytest.mark.parametrize(("quality", "subsampling"), [(30, 2), (75, 1), (90, 0), (100, 0)])
@pytest.mark.parametrize("calibrated", [False, True])
def test_pictures(networks: tuple[Network, Network], quality: int, subsampling: int, calibrated: bool) -> None:
    assert_equal(networks, planes_of(picture(19, 50), quality, subsampling), calibrated)


@pytest.mark.parametrize(("height", "width"), [(1, 1), (8, 9), (9, 8), (1, 90), (90, 1), (80, 24)])
def test_small_and_narrow_pictures(height: int, width: int) -> None:
    assert_equal(quiet_networks(), planes_of(picture(height, width), 85, 2))
    assert_equal(other_networks(), planes_of(picture(height, width).convert("L"), 85))


@pytest.mark.parametrize("step", [1, 255])
@pytest.mark.parametrize("networks", [random_networks(), quiet_networks()])
@pytest.mark.parametrize("calibrated", [False, True])
def test_extreme_coefficients(networks: tuple[Network, Network], step: int, calibrated: bool) -> None:
    rng = np.random.default_rng(step)
    planes = []
    for rows, columns, horizontal, vertical in ((3, 2, 2, 3), (2, 2, 1, 2), (2, 2, 1, 2), (1, 2, 2, 1)):
        values = rng.integers(-(1 << 15), 1 << 15, (rows, columns, 64)) >> rng.integers(0, 17, (rows, columns, 64))
        values *= np.arange(64) < rng.integers(0, 66, (rows, columns, 1))
        planes.append(Plane(values.astype(np.int16), np.full(64, step, np.uint16), horizontal, vertical))
    planes[0].coefficients[1] = -(1 << 15)
    planes[1].coefficients[1] = (1 << 15) - 1
    assert_equal(networks, planes, calibrated)


@pytest.mark.parametrize(("rows", "columns"), [(1, 6), (6, 1), (5, 7)])
@pytest.mark.parametrize("step", [1, 7, 65535])
def test_chroma_follows_other_planes(rows: int, columns: int, step: int) -> None:
    rng = np.random.default_rng(rows)
    luma = rng.integers(-30, 31, (rows, columns, 64)) * (np.arange(64) < 12)
    luma[-1, -1, :12] = rng.choice([-(1 << 15), (1 << 15) - 1], 12)
    first = np.where(np.arange(columns)[:, None] < columns / 2, -2 * luma, luma // 3)
    steps = (np.full(64, step), np.arange(1, 65), np.full(64, 3), np.full(64, 1))
    planes = [
        Plane(np.clip(values, -(1 << 15), (1 << 15) - 1).astype(np.int16), q.astype(np.uint16), 1, 1)
        for values, q in zip((luma, first, first // 2 + luma, luma), steps, strict=True)
    ]
    assert_equal(random_networks(), planes, False)
    planes[1] = replace(planes[1], coefficients=np.ascontiguousarray(planes[1].coefficients[:1, :1]))
    assert_equal(random_networks(), planes, False)


def test_statistics_fade() -> None:
    rng = np.random.default_rng(4)
    coefficients = rng.integers(-1100, 1100, (66, 130, 64)) * (np.arange(64) < 2)
    plane = Plane(coefficients.astype(np.int16), np.full(64, 3, np.uint16), 1, 1)
    assert_equal(random_networks(), [plane], False)


def test_counts_fade_and_reach_far() -> None:
    """Values that were multiples of others, as in pictures that were JPEG files before."""
    rng = np.random.default_rng(7)
    coefficients = np.zeros((104, 170, 64), np.int64)
    for k, scale in enumerate((40, 9, 3)):
        coefficients[..., k] = np.round(rng.laplace(0, scale, (104, 170))) * 8 // 3
    plane = Plane(coefficients.astype(np.int16), np.full(64, 3, np.uint16), 1, 1)
    assert_equal(quiet_networks(), [plane])


def outcome(networks: tuple[Network, Network], planes: list[Plane], payload: bytes) -> str | list[bytes]:
    blank = [replace(plane, coefficients=np.zeros_like(plane.coefficients)) for plane in planes]
    try:
        decode(networks, blank, payload, True)
    except FormatError:
        return "refused"
    return [plane.coefficients.tobytes() for plane in blank]


def test_damaged_payloads() -> None:
    networks = quiet_networks()
    planes = planes_of(picture(20, 24), 50, 2)
    payload = encode(networks, planes, True)
    coders = [DctCoder(networks, isa) for isa in supported_isas()]
    rng = np.random.default_rng(1)
    damaged = [b"", payload[:39], payload[:-1], payload[:-2], payload + b"\0\0", b"\0" * len(payload), rng.bytes(400)]
    for at in rng.integers(0, len(payload), 12).tolist():
        damaged.append(payload[:at] + bytes([payload[at] ^ 0x15]) + payload[at + 1 :])
    for other in damaged:
        expected = outcome(networks, planes, other)
        for coder in coders:
            try:
                given: str | list[bytes] = [c.tobytes() for c in coder.decode(other, planes)]
            except FormatError:
                given = "refused"
            assert given == expected, coder.isa


def test_planes_of_other_kinds_are_refused() -> None:
    coder = DctCoder(random_networks())
    plane = planes_of(picture(9, 9), 80)[0]
    for wrong in (
        replace(plane, horizontal=0),
        replace(plane, vertical=5),
        replace(plane, steps=np.zeros(64, np.uint16)),
        replace(plane, coefficients=plane.coefficients[:0]),
    ):
        with pytest.raises(ValueError, match=r"factors|step|sides"):
            coder.encode([wrong])
    with pytest.raises(ValueError, match="4 planes"):
        coder.encode([plane] * 5)
    with pytest.raises(ValueError, match="luma"):
        DctCoder((random_networks()[1], random_networks()[1]))
