"""Every source has a target of its own."""

import pytest

from l3c.bulk.plan import plan
from l3c.bulk.stores.store import Listing, Stamp
from l3c.convert.files import EncodeOptions
from l3c.convert.operations import Decoding, Encoding
from l3c.prepare.naming import ToPng


def listing(*names: str) -> Listing:
    return Listing({name: Stamp(1, 0) for name in names})


def targets(kind: Encoding | Decoding | ToPng, *names: str) -> list[str]:
    return [job.target for job in plan(listing(*names), kind).jobs]


def test_pictures_of_one_name_do_not_collide() -> None:
    assert targets(Encoding(), "a.png", "a.tif", "b/A.PNG", "a.txt", "a.l3c") == [
        "a.png.l3c", "a.tif.l3c", "b/A.PNG.l3c",
    ]  # fmt: skip


def test_what_is_asked_for_does_not_change_names() -> None:
    names = ["a.JPG", "b.png", "c.heic", "d.NEF"]
    expected = [f"{name}.l3c" for name in names]
    assert targets(Encoding(), *names) == targets(Encoding(EncodeOptions(pixels=True)), *names) == expected


def test_everything_is_everything_but_what_a_run_has_written() -> None:
    names = ["a.png", "a.png.l3c", "b.docx", "README"]
    everything = EncodeOptions(everything=True)
    assert targets(Encoding(everything), *names) == [f"{name}.l3c" for name in names]
    assert targets(Encoding(everything, in_place=True), *names) == ["a.png.l3c", "b.docx.l3c", "README.l3c"]


@pytest.mark.parametrize(
    ("names", "others"),
    [
        (["a.png.l3c", "a.l3c"], [set(), {"a.png"}]),
        (["x/a.jpg.l3c", "x/a.jpg.png.l3c", "x/a.jpg.tif.l3c"], [{"x/a.jpg.png", "x/a.jpg.tif"}, set(), set()]),
        (["a.png.l3c", "a.l3c", "a.l3c.png.l3c"], [set(), {"a.png", "a.l3c.png"}, set()]),
    ],
)
def test_a_name_that_is_spelled_out_is_not_given_to_another(names: list[str], others: list[set[str]]) -> None:
    assert [job.others for job in plan(listing(*names), Decoding()).jobs] == others


def test_the_name_that_encoding_gives_is_no_other_source_s() -> None:
    assert [job.others for job in plan(listing("a.png", "a.png.png"), Encoding()).jobs] == [frozenset(), frozenset()]


def test_two_ways_to_spell_one_name_give_two_names() -> None:
    assert targets(Decoding(), "a.l3c", "a.L3C") == ["a.l3c.png", "a.L3C.png"]
    assert targets(ToPng(), "a.jpg", "a.png", "b.bmp") == ["a.jpg.png", "a.png", "b.png"]


def test_a_collision_that_stays_is_refused() -> None:
    found = plan(listing("a.jpg", "a.png", "a.jpg.png"), ToPng())
    assert [job.source for job in found.jobs] == ["a.png", "a.jpg.png"]
    assert [(outcome.source, outcome.code) for outcome in found.refused] == [("a.jpg", 2)]


def test_what_other_runs_have_left_is_known() -> None:
    there = {"a.jpg.l3c", "a.jpg.png.l3c", "b.jpg.png.l3c", "c.jpg.png.l3c"}
    jobs = plan(listing("a.jpg", "b.jpg", "b.jpg.png"), Encoding(), there).jobs
    assert [job.left for job in jobs] == [("a.jpg.png.l3c",), (), ()]
    jobs = plan(listing("a.jpg.l3c", "b.l3c", "b.png.l3c"), Decoding(), {"a.jpg.png", "b", "b.png", "b.tif"}).jobs
    assert [job.left for job in jobs] == [("a.jpg.png",), ("b", "b.tif"), ("b.png",)]


def test_folders_that_cannot_be_read_are_failures() -> None:
    found = plan(Listing({}, unreadable={"lost+found": "Permission denied"}), Encoding())
    assert [outcome.error for outcome in found.refused] == [
        "lost+found: what this folder holds cannot be read: Permission denied"
    ]
