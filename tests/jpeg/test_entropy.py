"""Coded data of scans: the engine gives the definition's coefficients, notes and bytes."""

import random
from collections.abc import Callable

import numpy as np
import pytest

from l3c.errors import FormatError
from l3c.jpeg import entropy, entropy_compiled
from l3c.jpeg.file import zeros
from l3c.jpeg.layout import ScanOfPlanes, parts, planes_of, read_layout
from l3c.jpeg.notes import REGULAR, Notes, SegmentEnd, most_ends, pack_notes, unpack_notes
from tests.jpeg.files import SETTINGS, coded_at, damaged, jpeg_file

PAIR = entropy_compiled, entropy


def written(write: Callable[..., bytes], scan: ScanOfPlanes, notes: bytes, limit: int) -> bytes | None:
    try:
        return write(notes, limit, scan)
    except FormatError:
        return None


def both(data: bytes) -> tuple[list[bytes], bool]:
    """The notes of a file's scans, and whether all its coded data came back."""
    header, ranges, _ = parts(data)
    layout, _ = read_layout(header)
    coefficients, found = [zeros(layout) for _ in PAIR], list[bytes]()
    coded = [data[start:end] for start, end in ranges]
    for scan, part in zip(layout.scans, coded, strict=False):
        both_notes = [
            way.read_scan(part, planes_of(layout, scan, into)) for way, into in zip(PAIR, coefficients, strict=True)
        ]
        assert both_notes[0] == both_notes[1]
        found.append(both_notes[0])
        for ours, theirs in zip(*coefficients, strict=True):
            np.testing.assert_array_equal(ours, theirs)
    exact = True
    for scan, part, notes in zip(layout.scans, coded, found, strict=False):
        planes = planes_of(layout, scan, coefficients[0])
        results = [written(way.write_scan, planes, notes, len(part)) for way in PAIR]
        assert results[0] == results[1]
        exact = exact and results[0] == part
    return found, exact


@pytest.mark.parametrize("name", SETTINGS)
def test_whole_files_come_back_with_nothing_to_note(name: str) -> None:
    notes, exact = both(jpeg_file(name))
    assert exact
    assert set(notes) == {REGULAR}


@pytest.mark.parametrize("name", SETTINGS)
def test_damaged_data_come_back(name: str) -> None:
    chance = random.Random(name)
    data, exact, noted = jpeg_file(name, 21, 30), 0, 0
    for _ in range(20):
        notes, came_back = both(damaged(data, chance))
        exact += came_back
        noted += set(notes) != {REGULAR}
    assert exact >= 18
    assert noted >= 5


NOTES = Notes(
    False,
    True,
    9,
    True,
    {3: 1, 200: 4},
    [0, 1, 700],
    [SegmentEnd(0, 0, 0, 5, b"", 3), SegmentEnd(9, 300, 2, 0, b"rest", 8)],
)


def test_notes_come_back() -> None:
    assert unpack_notes(pack_notes(NOTES), 9) == NOTES
    assert len(REGULAR) == 1


def test_damaged_notes_are_errors_or_give_the_same_bytes() -> None:
    chance, refused = random.Random(0), 0
    header, _, _ = parts(jpeg_file("progressive, restart markers", 21, 30))
    layout, _ = read_layout(header)
    coefficients = zeros(layout)
    for blocks in coefficients:
        blocks[:] = np.random.default_rng(0).integers(-3, 4, blocks.shape)
    for i in range(400):
        notes = bytearray(pack_notes(NOTES))
        for _ in range(chance.randrange(1, 4)):
            notes[chance.randrange(len(notes))] = chance.choice([0, 1, 8, chance.randrange(256)])
        scan = layout.scans[i % len(layout.scans)]
        planes = planes_of(layout, scan, coefficients)
        results = [written(way.write_scan, planes, bytes(notes), 5000) for way in PAIR]
        assert results[0] == results[1]
        refused += results[0] is None
    assert refused > 100


def test_ends_of_many_segments_are_noted_up_to_a_limit() -> None:
    chance = random.Random(0)
    data = bytearray(jpeg_file("restart markers", 130, 150))
    markers = [
        at for at in range(coded_at(bytes(data)), len(data)) if data[at] == 0xFF and 0xD0 <= data[at + 1] <= 0xD7
    ]
    for share in (0, 0.3, 1):
        for at in markers:
            if chance.random() < share:
                data[at + 1] ^= 1
            if chance.random() < share / 2:
                data[at - 1] &= 0xFC
        notes, exact = both(bytes(data))
        assert exact
        assert len(unpack_notes(notes[0], len(data)).ends) <= most_ends(len(data)) + 1
    zeros_at_ends = bytearray(jpeg_file("restart markers", 130, 150))
    for at in markers:
        last = zeros_at_ends[at - 1]
        zeros_at_ends[at - 1] = last & ~1 if last != 0xFF else last
    assert both(bytes(zeros_at_ends))[1]
