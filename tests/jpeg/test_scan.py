"""Scans: the engine reads what the definition reads, and refuses what it refuses."""

import random

import numpy as np
import pytest
from numpy.typing import NDArray

from l3c.errors import FormatError
from l3c.jpeg import scan, scan_compiled
from l3c.jpeg.bits import Code
from l3c.jpeg.scan_write import write_scan

UNITS = {"gray": [0], "4:4:4": [0, 1, 2], "4:2:0": [0, 0, 0, 0, 1, 2]}


def lively(units: int, per_unit: int, seed: int = 0) -> NDArray[np.int16]:
    """Blocks of all sorts: empty ones, long runs, extremes."""
    generator = np.random.default_rng(seed)
    blocks = np.rint(generator.laplace(0, 3, (units, per_unit, 64))) * (generator.random((units, per_unit, 64)) < 0.2)
    blocks[0] = 0
    blocks[-1, :, 1:], blocks[-1, :, 63] = 0, 1023
    blocks[1, :, 0], blocks[2, :, 0] = -1024, 1023
    return blocks.astype(np.int16)


@pytest.mark.parametrize("name", UNITS)
def test_blocks_come_back(name: str) -> None:
    blocks = lively(20, len(UNITS[name]))
    data, dc, ac = write_scan(blocks, UNITS[name])
    plain = data.replace(b"\xff\0", b"\xff")
    for read in (scan_compiled.read_scan, scan.read_scan):
        np.testing.assert_array_equal(read(plain, dc, ac, UNITS[name], 20), blocks)


def outcome(read: object, data: bytes, dc: Code, ac: Code) -> bytes | None:
    """The blocks' bytes, or None where the scan is refused."""
    try:
        return bytes(read(data, dc, ac, [0, 1], 6).tobytes())  # type: ignore[operator]
    except FormatError:
        return None


def test_the_engine_takes_and_refuses_what_the_definition_does() -> None:
    r, refused = random.Random(0), 0
    data, *codes = write_scan(lively(6, 2), [0, 1])
    data = data.replace(b"\xff\0", b"\xff")
    for _ in range(300):
        changed = bytearray(data[: r.choice([len(data), r.randrange(len(data))])] + r.randbytes(r.randrange(2)))
        for _ in range(r.randrange(3)):
            changed[r.randrange(len(changed))] ^= 1 << r.randrange(8)
        counts = bytes(r.randrange(4) for _ in range(16))
        odd = (counts, r.randbytes(sum(counts)))
        dc, ac = (r.choice([code, code, odd]) for code in codes)
        results = [outcome(read, bytes(changed), dc, ac) for read in (scan_compiled.read_scan, scan.read_scan)]
        assert results[0] == results[1]
        refused += results[0] is None
    assert 100 < refused < 300


def test_a_code_that_contradicts_itself_is_an_error() -> None:
    with pytest.raises(ValueError, match="symbols"):
        scan_compiled.read_scan(b"\0", (bytes([1] * 16), b""), (bytes(16), b""), [0], 1)
