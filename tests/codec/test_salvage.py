"""What is intact of a damaged file comes back; what is lost is 0 and named."""

from __future__ import annotations

import re

import numpy as np
import pytest

import l3c
from l3c.container.constants import DATA, TILES
from l3c.container.read import read_file
from l3c.container.tiling import boxes
from tests.checks import encode_tiled, in_sections, packaged_model, smooth_picture

SIDE = 16
PICTURE = smooth_picture(40, 60, 3)
BOXES = boxes(40, 60, SIDE)
FILE = encode_tiled(PICTURE, packaged_model(3, SIDE))
START = FILE.index(DATA)
TILE_LINE = re.compile(r"tile (\d+) ")


def salvaged(damaged: bytes) -> tuple[set[int], list[str]]:
    """Numbers of the tiles that are lost, and all lines; tiles that are not named are equal, the others 0."""
    found = l3c.salvage(damaged, threads=1)
    lost = {int(match[1]) for line in found.lost if (match := TILE_LINE.match(line))}
    for number, box in enumerate(BOXES):
        tile = found.samples[box.top : box.bottom, box.left : box.right]
        whole = PICTURE[box.top : box.bottom, box.left : box.right]
        np.testing.assert_array_equal(tile, 0 * whole if number in lost else whole)
        assert (found.intact[box.top : box.bottom, box.left : box.right] != (number in lost)).all()
    return lost, found.lost


def flipped(place: int, bit: int = 0) -> bytes:
    return FILE[:place] + bytes([FILE[place] ^ 1 << bit]) + FILE[place + 1 :]


def test_a_whole_file_has_lost_nothing() -> None:
    assert salvaged(FILE) == (set(), [])


def test_what_stands_before_the_cut_comes_back() -> None:
    ends = np.cumsum([entry.length for entry in read_file(FILE).tiles])
    start = len(FILE) - 4 - ends[-1]
    for end in range(START, len(FILE), 37):
        lost, lines = salvaged(FILE[:end])
        assert lost == {number for number, last in enumerate(ends) if start + last > end}
        assert len(lines) > len(lost) or end >= len(FILE) - 4


def test_a_flipped_bit_costs_one_tile() -> None:
    for place in range(START + 8, len(FILE) - 4, 53):
        assert len(salvaged(flipped(place, place % 8))[0]) == 1


def test_a_flipped_bit_anywhere_is_survived_or_refused() -> None:
    for place in range(START + 8):
        damaged = flipped(place, place % 8)
        try:
            found = l3c.salvage(damaged, threads=1)
        except l3c.L3CError:
            continue
        assert found.lost or np.array_equal(found.samples, PICTURE)


def test_the_signature_and_check_sums_are_not_needed() -> None:
    for place in (0, 5, START - 1, START, START + 4, len(FILE) - 1):
        assert salvaged(flipped(place))[0] == set()


def test_nothing_is_to_be_had_without_the_list_of_tiles() -> None:
    with pytest.raises(l3c.FormatError, match="section TILE is missing or damaged"):
        l3c.salvage(FILE[: FILE.index(TILES) + 9])


def test_metadata_is_kept_and_missed_by_name() -> None:
    data = l3c.encode(PICTURE, metadata={"icc": b"colours", "exif": b"camera"})
    found = l3c.salvage(data.replace(b"colours", b"colourz"))
    assert found.metadata == {"exif": b"camera"}
    assert "iccp is damaged" in found.lost[0]
    np.testing.assert_array_equal(found.samples, PICTURE)


def test_samples_of_two_bytes_are_lost_together() -> None:
    picture = (PICTURE[..., 0].astype(np.uint16) << 6) + 1
    data = in_sections(l3c.encode(picture))
    found = l3c.salvage(data[:-30])
    assert found.samples.dtype == np.uint16
    assert not found.samples.any()


@pytest.mark.parametrize("layout", ["palette", "CMYK"])
def test_every_layout_is_salvaged(layout: str) -> None:
    indexed = layout == "palette"
    picture = PICTURE[..., 0] // 2 if indexed else np.dstack([PICTURE, PICTURE[..., :1]])
    palette = l3c.Palette(bytes(384)) if indexed else None
    found = l3c.salvage(in_sections(l3c.encode(picture, layout=layout, palette=palette))[:-2])
    assert (found.layout, found.palette) == (layout, palette)
    np.testing.assert_array_equal(found.samples, picture)
