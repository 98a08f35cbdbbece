"""The tables are part of the format: their checksums must never change."""

import zlib

import numpy as np

from l3c.coding import tables

SIGMOID, EXPONENTIAL, MANTISSAS, SHIFTS = 0x4DF83937, 0xE4C73B97, 0xD693E4B6, 0xE00F364E


def check_sum(table: np.ndarray) -> int:
    return zlib.crc32(table.astype("<i4").tobytes())


def test_tables_are_those_of_the_format() -> None:
    mantissas, shifts = tables.inverse_scale_tables()
    found = [check_sum(t) for t in (tables.sigmoid_table(), tables.exponential_table(), mantissas, shifts)]
    assert found == [SIGMOID, EXPONENTIAL, MANTISSAS, SHIFTS]


def test_the_halves_of_the_sigmoid_mirror_each_other() -> None:
    """The engine keeps one half in registers."""
    table = tables.sigmoid_table()
    assert (table + table[::-1] == 65536).all()


def test_sigmoid_runs_from_0_to_65536_without_falling() -> None:
    table = tables.sigmoid_table()
    assert table[0] == 0
    assert table[-1] == 65536
    assert (np.diff(table) >= 0).all()
    assert np.diff(table).max() < 2048  # the engine keeps the rise in 11 bits


def test_inverse_scales_are_exact_to_a_quarter_of_a_thousandth() -> None:
    mantissas, shifts = tables.inverse_scale_tables()
    exact = 16 * np.exp(2.5 - np.arange(tables.LOG_SCALES) / 16)
    assert np.abs(mantissas / 2.0**shifts / exact - 1).max() < 1 / 4000
    assert mantissas.min() >= 2048
    assert mantissas.max() <= 4095
