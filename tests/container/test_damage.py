"""Small real files, cut at every byte and flipped in every bit: an error each, never wrong pixels."""

import numpy as np
import pytest

import l3c
from l3c.container.constants import COMPACT, DATA, TILES
from l3c.container.read import read_file
from l3c.container.write import section
from l3c.errors import L3CError
from tests.checks import in_sections, smooth_picture

PICTURE = smooth_picture(24, 28, 3)
SMALL = l3c.encode(PICTURE)
FILE = in_sections(l3c.encode(PICTURE, metadata={"icc": b"profile"}))
FILES = {"compact": SMALL, "of sections": FILE}
every_form = pytest.mark.parametrize("file", FILES.values(), ids=FILES)


def assert_refused_or_exact(data: bytes) -> None:
    try:
        pixels = l3c.decode(data, threads=1)
    except L3CError:
        return
    np.testing.assert_array_equal(pixels, PICTURE)


@every_form
def test_the_file_is_small_and_needs_its_model(file: bytes) -> None:
    assert 400 < len(file) < 2500
    assert l3c.info(file).stored_tiles == 0
    assert file.startswith(COMPACT) == (file is SMALL)


@every_form
def test_every_truncation_is_refused(file: bytes) -> None:
    for length in range(len(file)):
        with pytest.raises(L3CError):
            l3c.decode(file[:length], threads=1)


@every_form
def test_every_flipped_bit_is_refused_or_harmless(file: bytes) -> None:
    for bit in range(8 * len(file)):
        damaged = bytearray(file)
        damaged[bit // 8] ^= 1 << bit % 8
        assert_refused_or_exact(bytes(damaged))


def test_a_flipped_payload_with_a_forged_check_sum_is_refused_by_the_pixels() -> None:
    """What the section's CRC would notice first: the coder's own checks and the tile's CRC stand behind it."""
    start = FILE.index(DATA)
    payload = read_file(FILE).data
    for at in range(len(payload)):
        damaged = bytearray(payload[:])
        damaged[at] ^= 1 << at % 8
        with pytest.raises(L3CError, match="tile 0"):
            l3c.decode(FILE[:start] + section(DATA, bytes(damaged)), threads=1)


@every_form
def test_every_byte_removed_or_doubled_is_refused(file: bytes) -> None:
    for at in range(len(file)):
        for data in (file[:at] + file[at + 1 :], file[:at] + file[at : at + 1] + file[at:]):
            assert_refused_or_exact(data)


def test_the_tile_table_comes_before_the_data() -> None:
    assert FILE.index(TILES) < FILE.index(DATA)
