"""Coded data of scans: the engine gives the definition's coefficients, notes and bytes."""

import random
from collections.abc import Callable

import numpy as np
import pytest

from l3c.errors import FormatError
from l3c.jpeg import entropy, entropy_compiled
from l3c.jpeg.file import JpegFile, of_planes, zeros
from l3c.jpeg.layout import Scan, parts, read_layout
from l3c.jpeg.notes import Notes, SegmentEnd, pack_notes, unpack_notes
from tests.jpeg.files import SETTINGS, damaged, jpeg_file

REGULAR = pack_notes(Notes())
PAIR = entropy_compiled, entropy


def written(write: Callable[..., bytes], file: JpegFile, scan: Scan, notes: bytes, limit: int) -> bytes | None:
    try:
        return write(notes, limit, of_planes(file, scan))
    except FormatError:
        return None


def both(data: bytes) -> tuple[list[bytes], bool]:
    """The notes of a file's scans, and whether all its coded data came back."""
    header, ranges, _ = parts(data)
    layout, until = read_layout(header)
    files = [JpegFile(header[:until], layout, zeros(layout)) for _ in PAIR]
    coded = [data[start:end] for start, end in ranges]
    for scan, part in zip(layout.scans, coded, strict=False):
        for way, file in zip(PAIR, files, strict=True):
            file.notes.append(way.read_scan(part, of_planes(file, scan)))
        assert files[0].notes[-1] == files[1].notes[-1]
        for ours, theirs in zip(files[0].coefficients, files[1].coefficients, strict=True):
            np.testing.assert_array_equal(ours, theirs)
    exact = True
    for scan, part, notes in zip(layout.scans, coded, files[0].notes, strict=False):
        results = [written(way.write_scan, files[0], scan, notes, len(part)) for way in PAIR]
        assert results[0] == results[1]
        exact = exact and results[0] == part
    return files[0].notes, exact


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
    assert unpack_notes(pack_notes(NOTES)) == NOTES
    assert len(REGULAR) == 1


def test_damaged_notes_are_errors_or_give_the_same_bytes() -> None:
    chance, refused = random.Random(0), 0
    header, _, _ = parts(jpeg_file("progressive, restart markers", 21, 30))
    layout, _ = read_layout(header)
    file = JpegFile(header, layout, zeros(layout))
    for blocks in file.coefficients:
        blocks[:] = np.random.default_rng(0).integers(-3, 4, blocks.shape)
    for i in range(400):
        notes = bytearray(pack_notes(NOTES))
        for _ in range(chance.randrange(1, 4)):
            notes[chance.randrange(len(notes))] = chance.choice([0, 1, 8, chance.randrange(256)])
        scan = layout.scans[i % len(layout.scans)]
        results = [written(way.write_scan, file, scan, bytes(notes), 5000) for way in PAIR]
        assert results[0] == results[1]
        refused += results[0] is None
    assert refused > 100
