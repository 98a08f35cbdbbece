"""Files of the original program are recognised, and the error says what they are."""

import struct

import numpy as np
import pytest

import l3c
from l3c.container.unknown import is_original
from tests.conformance.fixtures import DATA


@pytest.mark.parametrize("name", ["l3c_a_64x48", "l3c_b_37x53"])
def test_the_error_says_what_they_are(name: str) -> None:
    with pytest.raises(l3c.FormatError, match="original 2019 program"):
        l3c.decode((DATA / f"{name}.l3c").read_bytes())


def test_large_ones_are_recognised_by_their_first_bytes() -> None:
    assert is_original(struct.pack("<4HBHHI", 0, 0, 4, 4, 5, 375, 250, 54420) + b"...")


def test_others_are_not() -> None:
    noise = np.random.default_rng(0)
    assert not any(is_original(noise.bytes(64)) for _ in range(10000))
    assert not is_original(bytes(64))
    assert not is_original(b"")
