"""Every source has a target of its own."""

import pytest

from l3c.bulk.kinds import Decoding, Encoding
from l3c.bulk.plan import plan
from l3c.bulk.store import Listing, Stamp


def targets(kind: Encoding | Decoding, *names: str) -> list[str]:
    listing = Listing({name: Stamp(1, 0) for name in names})
    return [job.target for job in plan(listing, kind).jobs]


def test_pictures_of_one_name_do_not_collide() -> None:
    assert targets(Encoding(), "a.png", "a.tif", "b/A.PNG", "a.txt", "a.l3c") == [
        "a.png.l3c", "a.tif.l3c", "b/A.PNG.l3c",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["a.png.l3c", "a.l3c"], ["a.png", "a.l3c.png"]),
        (["x/a.jpg.l3c", "x/a.jpg.png.l3c"], ["x/a.jpg", "x/a.jpg.png"]),
        (["a.tif.l3c", "a.l3c"], ["a.tif", "a.png"]),
    ],
)
def test_decoded_names_that_collide_are_told_apart(names: list[str], expected: list[str]) -> None:
    assert targets(Decoding(), *names) == expected


def test_names_tell_whether_a_jpeg_file_or_its_pixels_come_back() -> None:
    assert targets(Encoding(), "a.JPG") == ["a.JPG.l3c"]
    assert targets(Encoding(pixels=True), "a.JPG", "b.png") == ["a.JPG.png.l3c", "b.png.l3c"]
    assert targets(Decoding(), "a.JPG.l3c", "b.JPG.png.l3c") == ["a.JPG", "b.JPG.png"]


def test_a_collision_that_stays_is_refused() -> None:
    listing = Listing({name: Stamp(1, 0) for name in ["a.png.l3c", "a.l3c", "a.l3c.png.l3c"]})
    found = plan(listing, Decoding())
    assert [job.source for job in found.jobs] == ["a.png.l3c"]
    assert [outcome.code for outcome in found.refused] == [2, 2]
