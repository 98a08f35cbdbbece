"""Small images in one section, format 2.8.1."""

from dataclasses import replace

import numpy as np
import pytest

import l3c
from l3c.api import decode_picture
from l3c.container.constants import (
    COMPACT,
    EXIF,
    FIRST_MODEL,
    GRAPHICS,
    HEAD,
    NAMED,
    SIGNATURE,
    SOLE,
    STORED,
    TILE_SIDE_MIN,
    VERSION,
)
from l3c.container.cursor import Cursor, varint
from l3c.container.history import ColourTable, ValueTable, write_history
from l3c.container.lazy import read_lazily
from l3c.container.read import read_file, read_section
from l3c.container.sole import COMPACT_FILE_MAX, COMPACT_MAX, MODEL_MAX, SOLE_MAX, write_compact, write_sole
from l3c.container.structure import Adaptation, Contents, ImageHeader, ModelReference, Palette, TileEntry
from l3c.container.write import head, section, write_file
from l3c.errors import ChecksumError, FormatError, VersionError
from tests.checks import noise, smooth_picture

INDICES = np.arange(600, dtype=np.uint8).reshape(20, 30) // 90
PALETTE = Palette(bytes(range(21)), b"\0\x80")
DRAWING = np.zeros((20, 30, 4), np.uint8)
DRAWING[5:9, 3:20] = 1, 2, 3, 200
SMOOTH = smooth_picture(24, 28, 3)
DEEP = noise(9, 7, 3).astype(np.uint16) * 257
PICTURES = {
    "gray": (DRAWING[..., 0], None),
    "bits": (DRAWING[..., 0] > 0, None),
    "RGB": (DRAWING[..., :3], None),
    "RGBA, one payload": (DRAWING, None),
    "RGBA, two payloads": (np.dstack([DRAWING[..., :3], np.full((20, 30, 1), 255, np.uint8)]), None),
    "palette": (INDICES, PALETTE),
    "column": (DRAWING[:, :1, :3], None),
    "by a model": (SMOOTH, None),
    "by a model, deep": (SMOOTH.astype(np.uint16) * 16, None),
    "few colours": (np.arange(16, dtype=np.uint8).reshape(4, 4)[noise(20, 30, 1)[..., 0] % 4], None),
}


class Held:
    """Bytes that are read in ranges."""

    def __init__(self, data: bytes) -> None:
        self.data, self.size = data, len(data)

    def read(self, start: int, stop: int) -> bytes:
        return self.data[start:stop]


def encoded(name: str) -> bytes:
    picture, palette = PICTURES[name]
    return l3c.encode(picture, palette=palette)


def with_sole(content: bytes) -> bytes:
    return SIGNATURE + bytes([VERSION]) + section(SOLE, content)


@pytest.mark.parametrize("name", PICTURES)
def test_one_section_holds_the_picture(name: str) -> None:
    data = encoded(name)
    assert data.startswith(COMPACT)
    assert np.array_equal(l3c.decode(data), PICTURES[name][0])
    contents = read_file(data)
    assert contents.palette == PICTURES[name][1]
    assert write_file(contents) == data
    lazy = read_lazily(Held(data))
    assert replace(lazy.contents, data=contents.data) == contents
    assert bytes(lazy.payloads[0 : len(contents.data)]) == bytes(contents.data[:])


@pytest.mark.parametrize(
    ("name", "most"),
    [("gray", 15), ("RGB", 15), ("RGBA, one payload", 18), ("by a model", 40), ("by a model, deep", 46)],
)
def test_so_many_bytes_are_no_payload(name: str, most: int) -> None:
    data = encoded(name)
    assert len(data) - len(read_file(data).data) <= most


def test_metadata_and_pages_keep_their_places() -> None:
    data = l3c.encode(DRAWING, metadata={"exif": b"MM\0*\0\0\0\x08\0\0"})
    assert data[9:13] == EXIF
    assert l3c.info(data).metadata == {"exif": 10}
    pages = l3c.encode_pages([l3c.Picture(DRAWING), l3c.Picture(DRAWING[..., 0])])
    assert [page.samples.shape for page in decode_picture(pages).pages] == [(20, 30, 4), (20, 30)]
    lazy = read_lazily(Held(pages))
    assert [bytes(part[0:9]) for part in lazy.pages] == [bytes(p.contents.data[:9]) for p in read_file(pages).pages]


@pytest.mark.parametrize("name", PICTURES)
def test_any_cut_and_any_flipped_bit_is_refused(name: str) -> None:
    data = encoded(name)
    for size in range(len(data)):
        with pytest.raises(FormatError):
            read_file(data[:size])
        with pytest.raises(FormatError):
            read_lazily(Held(data[:size]))
    for place in range(len(data)):
        with pytest.raises((FormatError, VersionError)):
            l3c.decode(data[:place] + bytes([data[place] ^ 16]) + data[place + 1 :])


@pytest.mark.parametrize("name", PICTURES)
def test_one_flipped_bit_is_mended(name: str) -> None:
    data = encoded(name)
    place = len(data) - 6
    with pytest.raises(ChecksumError):
        l3c.decode(data[:place] + bytes([data[place] ^ 16]) + data[place + 1 :])
    salvaged = l3c.salvage(data[:place] + bytes([data[place] ^ 16]) + data[place + 1 :])
    assert np.array_equal(salvaged.samples, PICTURES[name][0])
    assert any("one bit of it was mended" in reason for reason in salvaged.lost)
    salvaged = l3c.salvage(data[:-2] + bytes([data[-2] ^ 64]) + data[-1:])
    assert np.array_equal(salvaged.samples, PICTURES[name][0])


def test_what_cannot_be_mended_is_refused_with_the_reason() -> None:
    data = encoded("RGB")
    with pytest.raises(FormatError, match="too small for a part of it to be salvaged"):
        l3c.salvage(data[:-3])


def content(header: ImageHeader, entries: list[TileEntry], data: bytes, model: ModelReference | None = None) -> bytes:
    history = write_history(header.history) if header.history else None
    return write_sole(head(header), None, history, entries, data, model)


MODEL = ModelReference(bytes(16), "one")


HEADER = ImageHeader(0, 2, 2)
STORED_TILE = TileEntry(STORED, 4)
WRONG = {
    "a reserved coder": (content(HEADER, [replace(STORED_TILE, coder=3)], b"1234"), VersionError, "tile coder 3"),
    "a reserved coder beside a model": (
        content(HEADER, [replace(STORED_TILE, coder=4, crc=0)], b"1234", MODEL),
        VersionError,
        "tile coder 4",
    ),
    "no model": (varint(18) + b"\0\2\2\7" + bytes(15), FormatError, "a model's digest needs 16 bytes"),
    "no check": (varint(18) + b"\0\2\2\7" + bytes(17) + b"\1", FormatError, "a tile's check needs 4 bytes"),
    "a stored tile of another size": (content(HEADER, [STORED_TILE], b"123"), FormatError, "stored in 3 bytes"),
    "no payload": (content(HEADER, [replace(STORED_TILE, coder=GRAPHICS)], b""), FormatError, "no graphics payload"),
    "long payloads": (
        content(ImageHeader(2, 2, 2), [replace(STORED_TILE, length=9), STORED_TILE], b"1234"),
        FormatError,
        "payloads take 9 bytes",
    ),
    "a long side": (content(ImageHeader(0, 70000, 1), [STORED_TILE], b"1"), FormatError, "a side above 65535"),
    "a long header": (varint(2000) + b"\0", FormatError, "a header needs 500 bytes"),
    "no header": (b"\0", FormatError, "layout needs 1 bytes"),
    "no palette": (varint(16) + b"\4\2\2\7", FormatError, "length of a palette"),
    "no history": (varint(17) + b"\1\2\2\7", FormatError, "length of a history"),
    "an unknown history": (varint(17) + b"\1\2\2\7" + varint(2) + b"\x63\0", VersionError, "history 99"),
    "opacities in RGB": (
        content(replace(HEADER, layout=1, history=ColourTable(Palette(b"123", b"4"))), [STORED_TILE], b"\0\0\0\0"),
        FormatError,
        "with alpha, of an image without",
    ),
    "nothing": (b"", FormatError, "length of a header"),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_contents_are_refused(name: str) -> None:
    data, error, message = WRONG[name]
    with pytest.raises(error, match=message):
        read_file(with_sole(data))


def test_it_stands_alone() -> None:
    first = section(HEAD, head(HEADER))
    file = with_sole(content(HEADER, [STORED_TILE], b"1234"))
    with pytest.raises(FormatError, match="section SOLE where MODL belongs"):
        read_file(file[:9] + first + file[9:])
    with pytest.raises(FormatError, match="bytes too many"):
        read_file(file + first)


def test_long_payloads_stay_in_sections_of_their_own() -> None:
    header = ImageHeader(0, 1, SOLE_MAX)
    entry = TileEntry(STORED, header.samples, 0)
    contents = Contents(header, [], header.width, [entry], bytes(header.samples))
    assert SOLE not in write_file(replace(contents, header=replace(header, width=header.width - 1)))[:20]
    assert write_file(replace(contents, tile_side=65535))[9:13] == HEAD


def test_two_models_and_long_payloads_of_one_stay_in_sections_of_their_own() -> None:
    header = ImageHeader(0, 1, MODEL_MAX)
    entry = TileEntry(FIRST_MODEL, header.samples, 0)
    contents = Contents(header, [MODEL], header.width, [entry], bytes(header.samples))
    assert write_file(contents).startswith(COMPACT)
    assert write_file(replace(contents, models=[MODEL, MODEL]))[9:13] == HEAD
    longer = replace(contents, tiles=[replace(entry, length=entry.length + 1)], data=bytes(entry.length + 1))
    assert write_file(longer)[9:13] == HEAD
    assert write_file(replace(contents, adaptations=[Adaptation(0, b"1")]))[9:13] == HEAD
    with pytest.raises(ValueError, match="beside a model's has a check"):
        write_file(replace(contents, tiles=[replace(entry, crc=None)]))


def test_compact_files_are_small_and_have_no_metadata() -> None:
    header = ImageHeader(0, 1, COMPACT_MAX)
    contents = Contents(header, [], header.width, [TileEntry(STORED, header.samples, 0)], bytes(header.samples))
    assert write_file(contents).startswith(COMPACT)
    assert write_file(replace(contents, metadata={EXIF: b"MM\0*"}))[9:13] == EXIF
    longer = replace(contents.tiles[0], length=COMPACT_MAX + 1)
    more = replace(contents, header=replace(header, width=COMPACT_MAX + 1), tile_side=COMPACT_MAX + 1, tiles=[longer])
    assert write_file(replace(more, data=bytes(COMPACT_MAX + 1)))[9:13] == SOLE
    with pytest.raises(FormatError, match="at most 65536"):
        read_file(COMPACT + bytes(COMPACT_FILE_MAX))
    with pytest.raises(VersionError, match="compact file of version 2"):
        read_file(COMPACT[:-1] + bytes([COMPACT[-1] + 1]) + bytes(20))
    with pytest.raises(FormatError, match="ends early"):
        read_file(COMPACT + b"\0")


@pytest.mark.parametrize("name", WRONG)
def test_wrong_contents_of_compact_files_are_refused(name: str) -> None:
    data, error, message = WRONG[name]
    with pytest.raises(error, match=message):
        read_file(write_compact(data))


@pytest.mark.parametrize("name", PICTURES)
def test_a_section_holds_the_picture_beside_metadata(name: str) -> None:
    picture, palette = PICTURES[name]
    data = l3c.encode(picture, palette=palette, metadata={"comment": b"small"})
    cursor = Cursor(memoryview(data)[9:])
    assert read_section(cursor)[0] == NAMED
    assert read_section(cursor)[0] == SOLE
    assert np.array_equal(l3c.decode(data), picture)
    place = len(data) - 6
    salvaged = l3c.salvage(data[:place] + bytes([data[place] ^ 16]) + data[place + 1 :])
    assert np.array_equal(salvaged.samples, picture)
    assert "section SOLE is damaged: one bit of it was mended" in salvaged.lost


def test_what_a_model_coded_is_judged_by_its_own_check() -> None:
    data = l3c.encode(SMOOTH, metadata={"comment": b"small"})
    for damaged in (data[:-20], data[:-30] + bytes(20) + data[-10:], data[:-2]):
        salvaged = l3c.salvage(damaged)
        assert salvaged.metadata == {"comment": b"small"}
        whole = damaged == data[:-2]
        assert np.array_equal(salvaged.samples, SMOOTH if whole else 0 * SMOOTH)
        assert "section SOLE is damaged: the checks of its tiles tell what is wrong" in salvaged.lost
    with pytest.raises(FormatError, match="section SOLE is missing or damaged"):
        l3c.salvage(l3c.encode(DRAWING, metadata={"comment": b"small"})[:-9])


def test_tiles_without_a_check_belong_to_small_images() -> None:
    header = ImageHeader(0, 1, SOLE_MAX + 1)
    contents = Contents(header, [], TILE_SIDE_MIN, [TileEntry(STORED, header.samples)], bytes(header.samples))
    with pytest.raises(ValueError, match="belongs to a small image"):
        write_file(contents)


def test_a_long_history_stays_in_its_section() -> None:
    header = ImageHeader(1, 2, 2, history=ValueTable(True, (tuple(range(0, 256, 3)),)))
    contents = Contents(header, [], TILE_SIDE_MIN, [TileEntry(STORED, 4, 0)], b"1234")
    assert write_file(contents).startswith(COMPACT)
    table = tuple(np.cumsum(np.random.default_rng(0).integers(1, 25, 5000)).tolist())
    deep = replace(contents.header, depth=16, history=ValueTable(True, (table,)))
    tiles = [TileEntry(STORED, 4, 0)] * 2
    file = write_file(replace(contents, header=deep, tiles=tiles, data=b"12341234"))
    assert file[9:13] == HEAD
