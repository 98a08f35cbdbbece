"""One flipped bit is found and put right; other damage is left."""

from zlib import crc32

import pytest

from l3c.container.mending import MENDED_MAX, mended
from tests.checks import noise


@pytest.mark.parametrize("size", [1, 2, 300, MENDED_MAX])
def test_any_flipped_bit_is_mended(size: int) -> None:
    data = noise(1, size, 1).tobytes()
    stored = crc32(data, crc32(b"before"))
    for bit in {0, 5, 4 * size, 8 * size - 8, 8 * size - 1}:
        damaged = bytearray(data)
        damaged[bit // 8] ^= 1 << bit % 8
        assert mended(bytes(damaged), stored, b"before") == data
        assert mended(bytes(damaged), stored ^ 2, b"before") is None


def test_other_damage_is_left() -> None:
    data = noise(1, MENDED_MAX + 1, 1).tobytes()
    assert mended(b"\1" + data[1:], crc32(b"\0" + data[1:]), b"") is None  # longer than what is searched
    assert mended(data[:9], crc32(data[:9]), b"") is None  # nothing is wrong
    assert mended(data[:9], crc32(b"\1" + data[1:9]), b"\2") is None  # before it
    assert mended(b"", 5, b"") is None
