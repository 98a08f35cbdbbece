"""Several pictures in one file: each as it was, read and salvaged alone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import l3c
from l3c import api
from l3c.container.constants import DATA, FILE, HEAD, PAGES
from l3c.container.cursor import varint
from l3c.container.read import read_file
from l3c.container.structure import Palette
from l3c.container.write import write_file
from l3c.errors import FormatError, InputError, L3CError, LimitError, VersionError
from l3c.images.picture import Picture
from tests.checks import in_sections, smooth_picture
from tests.container.forge import assemble

FAST: dict[str, Any] = {"model": "wave-fast", "effort": 1}
PICTURES = [
    Picture(smooth_picture(40, 60, 3), {"icc": b"profile"}, layout="RGB"),
    Picture(smooth_picture(7, 90, 1)[..., 0], layout="gray", kind="thumbnail"),
    Picture(smooth_picture(7, 9, 1)[..., 0] > 99, layout="gray", kind="mask"),
    Picture(smooth_picture(30, 20, 1)[..., 0], layout="palette", palette=Palette(bytes(768))),
    Picture(smooth_picture(30, 20, 4).astype(np.float32), layout="RGB", extra=("associated alpha",)),
]
FRAMES = [
    replace(PICTURES[0], frame=l3c.Frame(0, 0, (7, 100), 1, False)),
    replace(PICTURES[1], kind="page", frame=l3c.Frame(3, 5, (0, 0), 3, True)),
    replace(PICTURES[3], kind="still", frame=l3c.Frame()),
]
ANIMATION = l3c.Animation(100, 45, 3, b"\1\2\3\4")
FILES = {
    "pages": l3c.encode_pages(PICTURES, metadata={"comment": b"hello", "exif": b"MM"}, **FAST),
    "animation": l3c.encode_pages(FRAMES, animation=ANIMATION, **FAST),
    "one frame": l3c.encode_pages(FRAMES[:1], animation=replace(ANIMATION, background=b""), **FAST),
}
GIVEN = {"pages": PICTURES, "animation": FRAMES, "one frame": FRAMES[:1]}


def assert_same(found: Any, given: Picture) -> None:
    np.testing.assert_array_equal(found.samples, given.samples)
    assert found.samples.dtype == given.samples.dtype
    for name in ("metadata", "layout", "palette", "extra", "kind", "frame"):
        assert getattr(found, name) == getattr(given, name), name


@pytest.mark.parametrize("name", FILES)
def test_every_page_comes_back(name: str, tmp_path: Path) -> None:
    (tmp_path / "pages.l3c").write_bytes(FILES[name])
    for source in (FILES[name], tmp_path / "pages.l3c"):
        image = l3c.open(source)
        assert len(image.pages) == len(GIVEN[name])
        for found, given in zip(image.pages, GIVEN[name], strict=True):
            np.testing.assert_array_equal(found[2:5, 3:9], given.samples[2:5, 3:9])
            assert_same(found, given)
        np.testing.assert_array_equal(image[1:3], GIVEN[name][0].samples[1:3])
    whole = api.decode_picture(FILES[name])
    for page, given in zip(whole.pages, GIVEN[name], strict=True):
        assert_same(page, given)
    assert api.encode_picture(whole, **FAST) == FILES[name]


def test_what_is_said_of_the_file() -> None:
    image = l3c.open(FILES["pages"])
    assert (image.metadata, image.animation) == ({"comment": b"hello", "exif": b"MM"}, None)
    info = l3c.verify(FILES["pages"])
    assert info == l3c.info(FILES["pages"])
    assert [page.kind for page in info.pages] == ["page", "thumbnail", "mask", "page", "page"]
    assert [page.dtype for page in info.pages] == ["uint8", "uint8", "bool", "uint8", "float32"]
    assert info.metadata == {"comment": 5, "exif": 2}
    moving = l3c.info(FILES["animation"])
    assert moving.animation == {"width": 100, "height": 45, "plays": 3, "background": "01020304"}
    assert moving.pages[1].frame is not None
    assert moving.pages[1].frame["duration"] == (0, 0)
    assert moving.to_dict()["pages"][1]["frame"]["left"] == 3
    assert l3c.open(FILES["animation"]).animation == ANIMATION


def test_a_single_picture_is_its_own_page() -> None:
    image = l3c.open(l3c.encode(PICTURES[0].samples, **FAST))
    assert image.pages == (image,)


def test_previews_of_pages() -> None:
    for page, given in zip(l3c.open(FILES["pages"]).pages, PICTURES, strict=True):
        shown = page.preview(16)
        assert max(shown.shape[:2]) == min(16, max(given.samples.shape[:2]))
    carried = l3c.open(l3c.encode_pages(PICTURES[:2], preview=True, **FAST))
    assert carried.pages[1].preview(90).shape == (7, 90, 3)


def test_decode_names_the_way_to_pages() -> None:
    with pytest.raises(InputError, match=r"holds 5 pages: take them from l3c.open"):
        l3c.decode(FILES["pages"])


@pytest.mark.parametrize(
    ("pages", "animation", "message"),
    [
        ([], None, "at least one"),
        ([Picture(PICTURES[0].samples, pages=tuple(PICTURES))], None, "no pages of their own"),
        ([replace(PICTURES[0], kind="leaf")], None, "page of kind 'leaf'"),
        (FRAMES, None, "belong to an animation"),
        ([replace(PICTURES[0], frame=l3c.Frame(disposal=7))], ANIMATION, "no file can hold"),
        ([replace(PICTURES[0], frame=l3c.Frame(left=1 << 40))], ANIMATION, "no file can hold"),
        (FRAMES, replace(ANIMATION, background=b"\1"), "no file can hold"),
    ],
)
def test_what_no_file_can_hold_is_refused(pages: list[Picture], animation: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        l3c.encode_pages(pages, animation=animation, **FAST)


def test_memory_is_bounded_over_all_pages() -> None:
    size = sum(picture.samples.nbytes for picture in PICTURES)
    with pytest.raises(LimitError, match=r"the 5 pages take [\d,]+ bytes"):
        api.decode_picture(FILES["pages"], max_memory=size - 1)
    with pytest.raises(LimitError):
        l3c.verify(FILES["pages"], max_memory=1000)


def sections(name: str) -> tuple[bytes, bytes]:
    """Content of PAGE and DATA of a file without metadata."""
    data = FILES[name]
    index = int.from_bytes(data[13:14], "little")
    return data[14 : 14 + index], write_file(read_file(data)).split(DATA)[-1]


PAGE = in_sections(l3c.encode(PICTURES[1].samples, **FAST))[9:]
KEPT = l3c.keep_file(b"text", "txt")[9:]
BROKEN = {
    "no pages": (b"\0\0", b"", FormatError, "0 pages cannot"),
    "more than are listed": (b"\x05\0\3\0", b"", FormatError, "5 pages cannot"),
    "unknown flags": (b"\1\4\0\0", b"", VersionError, "flags 4 of pages"),
    "a background without a canvas": (b"\1\2\0\0", b"", VersionError, "flags 2 of pages"),
    "an unknown kind": (b"\1\0\0\x09", b"", VersionError, "kind 9"),
    "other lengths": (b"\1\0\7\0", b"", FormatError, "pages take 7 bytes, section DATA has 0"),
    "an empty page": (b"\1\0\0\0", b"", FormatError, "section's tag needs 4 bytes"),
    "an unknown disposal": (b"\1\1\5\5\0\0\0\0\0\0\1\4", b"", VersionError, "flags 4 of a frame"),
    "more than the index": (b"\1\0\0\0\0", b"", FormatError, "PAGE has 1 bytes too many"),
    "a kept file": (bytes([1, 0, len(KEPT), 0]), KEPT, VersionError, "no plain picture"),
}


@pytest.mark.parametrize("name", BROKEN)
@pytest.mark.parametrize("lazily", [False, True])
def test_broken_indices_are_errors(name: str, lazily: bool, tmp_path: Path) -> None:
    index, data, error, message = BROKEN[name]
    file = assemble([(PAGES, index), (DATA, data)])
    (tmp_path / "broken.l3c").write_bytes(file)
    with pytest.raises(error, match=message):
        l3c.open(tmp_path / "broken.l3c" if lazily else file)


def test_pages_do_not_nest() -> None:
    inner = assemble([(PAGES, b"\1\0" + varint(len(PAGE)) + b"\0"), (DATA, PAGE)])[9:]
    for _ in range(2000):  # deeper than Python's stack
        length = len(inner)
        inner = assemble([(PAGES, b"\1\0" + varint(length) + b"\0"), (DATA, inner)])[9:]
    file = assemble([])[:9] + inner
    with pytest.raises(VersionError, match="no plain picture"):
        l3c.decode(file)
    np.testing.assert_array_equal(l3c.salvage(file).samples, PICTURES[1].samples)


@pytest.mark.parametrize("tag", [HEAD, FILE])
def test_pages_stand_alone(tag: bytes) -> None:
    with pytest.raises(FormatError, match=f"section {tag.decode()} where DATA belongs"):
        l3c.info(assemble([(PAGES, b"\1\0\0\0"), (tag, b""), (DATA, b"")]))


def test_every_truncation_is_an_error() -> None:
    data = FILES["animation"]
    for length in range(0, len(data), 7):
        with pytest.raises(L3CError):
            l3c.verify(data[:length], threads=1)


def test_a_damaged_page_costs_no_other() -> None:
    data = FILES["pages"]
    lengths = [page.size for page in l3c.info(data).pages]
    start = len(data) - 4 - sum(lengths)
    middle = start + lengths[0] + lengths[1] - 12  # in the second page's payload
    damaged = bytearray(data)
    damaged[middle] ^= 255
    found = l3c.salvage(bytes(damaged), threads=1)
    assert all(line.startswith("page 1: ") for line in found.lost)
    assert found.lost
    assert found.metadata == {"comment": b"hello", "exif": b"MM"}
    for number in (0, 2, 3, 4):
        assert_same(found.picture.pages[number], PICTURES[number])


def test_without_an_index_pages_are_found_by_their_heads() -> None:
    data = bytearray(FILES["pages"])
    data[16] ^= 255
    data[9] ^= 255
    found = l3c.salvage(bytes(data), threads=1)
    assert "section PAGE is lost" in found.lost[0]
    assert [page.samples.shape for page in found.picture.pages] == [p.samples.shape for p in PICTURES]
    np.testing.assert_array_equal(found.picture.pages[3].samples, PICTURES[3].samples)


def test_what_was_not_written_of_the_last_pages_is_lost_alone() -> None:
    data = FILES["pages"]
    sizes = [page.size for page in l3c.info(data).pages]
    found = l3c.salvage(data[: len(data) - 4 - sizes[4] - sizes[3] // 2], threads=1)
    assert any(line.startswith("page 4: ") for line in found.lost)
    for number in (0, 1, 2):
        assert_same(found.picture.pages[number], PICTURES[number])
