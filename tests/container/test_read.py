"""Every rule of the format, broken once: the error's class, place and reason; nothing is believed unchecked."""

import time
import tracemalloc

import numpy as np
import pytest

import l3c
from l3c.container.constants import ADAPTATIONS, DATA, EXIF, HEAD, ICC, MODELS, RGB, SIGNATURE, TILES, VERSION, XMP
from l3c.container.cursor import varint
from l3c.container.read import read_file
from l3c.container.write import head, section, tiles, write_file
from l3c.errors import ChecksumError, FormatError, L3CError, LimitError, VersionError
from tests.container.forge import (
    HEADER,
    PIXELS,
    SIDE,
    assemble,
    head_of,
    stored_contents,
    stored_sections,
    with_section,
)

GOOD = write_file(stored_contents())
MILLION = 10**6
DIGEST = bytes(16)


def without(tag: bytes) -> bytes:
    return assemble([item for item in stored_sections().items() if item[0] != tag])


def twice(tag: bytes) -> bytes:
    sections = list(stored_sections().items())
    return assemble([item for item in sections for _ in range(2 if item[0] == tag else 1)])


def declared_length(tag: bytes, length: int) -> bytes:
    """The good file, cut where section `tag` begins, which then claims to hold `length` bytes."""
    return GOOD[: GOOD.index(tag)] + tag + varint(length) + bytes(20)


def before_tiles(content: bytes) -> bytes:
    """The good file with a section ADPT."""
    return GOOD.replace(TILES, section(ADAPTATIONS, content) + TILES)


def test_the_forged_file_is_good() -> None:
    assert assemble(list(stored_sections().items())) == GOOD
    np.testing.assert_array_equal(l3c.decode(GOOD), PIXELS)


STRANGERS = {
    "nothing": (b"", FormatError, "the file is empty"),
    "half a signature": (SIGNATURE[:5], FormatError, "ends inside the signature"),
    "a text": (b"hello, world", FormatError, "not an l3c file"),
    "a text-mode transfer": (SIGNATURE.replace(b"\r\n", b"\n") + b"\1", FormatError, "transfer in text mode"),
    "the 2019 program's file": (b"\1\2\3\x46\xe2\x84\x92\4", FormatError, "original 2019 program"),
    "a signature alone": (SIGNATURE, FormatError, "version needs 1 bytes, 0 are left"),
    "the next version": (assemble([], version=VERSION + 1), VersionError, "format version 2"),
    "version 0": (assemble([], version=0), VersionError, "format version 0"),
    "no section": (assemble([]), FormatError, "a section's tag needs 4 bytes, 0 are left"),
}
SECTIONS = {
    "no HEAD": (without(HEAD), FormatError, "section MODL where HEAD belongs"),
    "no MODL": (without(MODELS), FormatError, "section TILE where MODL belongs"),
    "no TILE": (without(TILES), FormatError, "section DATA where TILE belongs"),
    "no DATA": (without(DATA), FormatError, "a section's tag needs 4 bytes"),
    "HEAD twice": (twice(HEAD), FormatError, "a second section HEAD"),
    "ICC twice": (assemble([(ICC, b"1"), (ICC, b"1")]), FormatError, "a second section iccp"),
    "something behind": (GOOD + b"!", FormatError, "the file has 1 bytes too many"),
    "an unknown critical section": (with_section(b"Past", b"?"), VersionError, "section Past is needed to decode"),
    "a tag of no letters": (with_section(b"a-1 ", b""), FormatError, "must be four letters"),
    "a tag of Latin-1 letters": (with_section(b"\xe4bcd", b""), FormatError, "must be four letters"),
}
ADAPTED = {
    "no adaptation": (before_tiles(b"\0"), FormatError, "section ADPT without an adaptation"),
    "256 adaptations": (before_tiles(varint(256)), FormatError, "number of adaptations exceeds 255"),
    "an adaptation of no model": (before_tiles(b"\1\0\0"), FormatError, "an adaptation of model 0, there are 0"),
    "a huge adaptation": (
        with_section(MODELS, b"\1" + DIGEST + b"\0").replace(
            TILES, section(ADAPTATIONS, b"\1\0" + varint(2**62)) + TILES
        ),
        FormatError,
        "an adaptation needs 4611686018427387904 bytes, 0 are left",
    ),
}
HEADS = {
    "no width": (with_section(HEAD, head_of(0, 5)), FormatError, "an image of 0 x 5 pixels"),
    "no height": (with_section(HEAD, head_of(5, 0)), FormatError, "an image of 5 x 0 pixels"),
    "too wide": (with_section(HEAD, head_of(2**32, 5)), FormatError, "width exceeds 4294967295"),
    "an unknown layout": (with_section(HEAD, head_of(5, 5, layout=77)), VersionError, "layout 77"),
    "33 bits": (with_section(HEAD, head_of(5, 5, end=b"\x20")), VersionError, "kind 0 and 33 bits"),
    "signed, 9 bits": (with_section(HEAD, head_of(5, 5, end=b"\x48")), VersionError, "kind 1 and 9 bits"),
    "floats of 8 bits": (with_section(HEAD, head_of(5, 5, end=b"\x87")), VersionError, "kind 2 and 8 bits"),
    "a fourth kind": (with_section(HEAD, head_of(5, 5, end=b"\xc7")), VersionError, "kind 3 and 8 bits"),
    "indices of 9 bits": (with_section(HEAD, head_of(5, 5, layout=4, end=b"\x08")), VersionError, "9 bits"),
    "a maximum of fewer bits": (with_section(HEAD, head_of(5, 5, end=b"\x07\x64")), FormatError, "maximum of 100"),
    "the depth's own maximum": (with_section(HEAD, head_of(5, 5, end=b"\x07\xff\1")), FormatError, "maximum of 255"),
    "a signed maximum": (with_section(HEAD, head_of(5, 5, end=b"\x47\xc8\1")), FormatError, "maximum of 200"),
    "details of none": (with_section(HEAD, head_of(5, 5, end=b"\x07\0")), FormatError, "details of a header"),
    "an unknown extra plane": (with_section(HEAD, head_of(5, 5, end=b"\x07\0\3")), VersionError, "extra planes"),
    "17 extra planes": (with_section(HEAD, head_of(5, 5, end=b"\x07\0" + bytes(17))), VersionError, "extra planes"),
    "a longer HEAD": (with_section(HEAD, head(HEADER) + b"\0"), FormatError, "details of a header that has none"),
    "a shorter HEAD": (with_section(HEAD, head(HEADER)[:-1]), FormatError, "type of samples needs 1 bytes, 0 are left"),
    "an empty HEAD": (with_section(HEAD, b""), FormatError, "layout needs 1 bytes"),
}
TABLES = {
    "256 models": (with_section(MODELS, varint(256)), FormatError, "number of models exceeds 255"),
    "a cut model": (with_section(MODELS, b"\1" + DIGEST[:9]), FormatError, "a model's digest needs 16 bytes"),
    "a long name": (with_section(MODELS, b"\1" + DIGEST + varint(300)), FormatError, "a name's length exceeds 255"),
    "a name of bytes": (with_section(MODELS, b"\1" + DIGEST + b"\1\xff"), FormatError, "not UTF-8"),
    "models and more": (with_section(MODELS, b"\0\0"), FormatError, "section MODL has 1 bytes too many"),
    "small tiles": (with_section(TILES, varint(15)), FormatError, "tile side 15, at least 16"),
    "large tiles": (with_section(TILES, varint(65536)), FormatError, "tile side exceeds 65535"),
    "too few tiles": (with_section(TILES, tiles(SIDE, stored_contents().tiles[:-1])), FormatError, "6 tiles cannot"),
    "too many tiles": (
        with_section(TILES, tiles(SIDE, [*stored_contents().tiles, stored_contents().tiles[0]])),
        FormatError,
        "section TILE has",
    ),
    "a missing model": (
        with_section(
            TILES, tiles(SIDE, stored_contents().tiles).replace(varint(SIDE) + b"\0", varint(SIDE) + b"\3", 1)
        ),
        VersionError,
        "tile coder 3 is unknown",
    ),
    "too little data": (with_section(DATA, bytes(PIXELS.size - 1)), FormatError, "payloads take 1980 bytes"),
    "too much data": (with_section(DATA, bytes(PIXELS.size + 1)), FormatError, "section DATA has 1981"),
}
HOSTILE = {
    "a huge section": (declared_length(DATA, 2**62), FormatError, "section DATA needs 4611686018427387904 bytes"),
    "a huge HEAD": (declared_length(HEAD, 2**40), FormatError, "section HEAD needs 1099511627776 bytes"),
    "a length beyond 63 bits": (declared_length(HEAD, 2**63), FormatError, "a section's length exceeds"),
    "an endless length": (GOOD[:13] + b"\x80" * MILLION, FormatError, "a section.s length exceeds"),
    "the largest image": (with_section(HEAD, head_of(2**32 - 1, 2**32 - 1)), FormatError, "tiles cannot be listed"),
    "a very wide image": (with_section(HEAD, head_of(2**32 - 1, 1)), FormatError, "tiles cannot be listed"),
    "an endless tile length": (
        with_section(TILES, varint(SIDE) + b"\0" + b"\x80" * MILLION),
        FormatError,
        "a tile's length|a tile's checksum",
    ),
}
ALL = {**STRANGERS, **SECTIONS, **ADAPTED, **HEADS, **TABLES, **HOSTILE}


@pytest.mark.parametrize("name", ALL)
def test_a_broken_rule_is_an_error_that_names_it(name: str) -> None:
    data, error, message = ALL[name]
    with pytest.raises(error, match=message) as caught:
        read_file(data)
    assert type(caught.value) is error
    assert "byte " in str(caught.value) or "tile" in str(caught.value)


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_lengths_take_neither_memory_nor_time(name: str) -> None:
    data, start = HOSTILE[name][0], time.perf_counter()
    tracemalloc.start()
    with pytest.raises(L3CError):
        l3c.decode(data)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 200_000
    assert time.perf_counter() - start < 1


def large_single_tile(side: int) -> bytes:
    """A file of a few bytes that claims side x side pixels in one graphics tile."""
    coded = varint(65535) + b"\1" + varint(1) + bytes(4)
    models = b"\1" + DIGEST + b"\0"
    return assemble([(HEAD, head_of(side, side)), (MODELS, models), (TILES, coded), (DATA, b"\0")])


def test_large_dimensions_meet_the_limit_before_memory_is_taken() -> None:
    tracemalloc.start()
    with pytest.raises(LimitError, match=r"decoding takes [\d,]+ bytes of memory, the limit is 4,294,967,296"):
        l3c.decode(large_single_tile(65535))
    assert tracemalloc.get_traced_memory()[1] < 200_000
    tracemalloc.stop()


def test_a_table_of_many_tiles_takes_memory_in_proportion_to_the_file() -> None:
    """Fifty thousand tiles of next to nothing: less than 60 bytes of memory for each byte of the file."""
    entries = (b"\3\1" + bytes(4)) * 50_000
    models = b"\1" + DIGEST + b"\0"
    data = assemble(
        [(HEAD, head_of(16 * 50, 16 * 1000)), (MODELS, models), (TILES, varint(16) + entries), (DATA, bytes(50_000))]
    )
    tracemalloc.start()
    assert len(read_file(data).tiles) == 50_000
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 60 * len(data)


@pytest.mark.parametrize("tag", [b"abcd", b"past", b"zZZZ"])
def test_an_unknown_ancillary_section_is_skipped(tag: bytes) -> None:
    data = with_section(tag, b"whatever a later release keeps here")
    assert read_file(data) == read_file(GOOD)
    np.testing.assert_array_equal(l3c.decode(data), PIXELS)


def test_an_unknown_ancillary_section_is_checked_all_the_same() -> None:
    data = with_section(b"abcd", b"content").replace(b"content", b"contend")
    with pytest.raises(ChecksumError, match="section abcd is damaged"):
        read_file(data)


def test_metadata_may_stand_anywhere_before_the_data() -> None:
    first = assemble([(ICC, b"i"), *stored_sections().items()])
    assert read_file(first).metadata == {ICC: b"i"}
    metadata = {ICC: b"profile", EXIF: b"", XMP: b"<x/>"}
    assert read_file(write_file(stored_contents(metadata))).metadata == metadata


def test_a_stored_tile_has_its_size() -> None:
    contents = stored_contents()
    first, second = contents.tiles[:2]
    shifted = [type(first)(first.coder, first.length - 1, 0), type(first)(second.coder, second.length + 1, 0)]
    data = with_section(TILES, tiles(SIDE, shifted + contents.tiles[2:]))
    with pytest.raises(FormatError, match="tile 0 is stored in 329 bytes"):
        read_file(data)


def test_a_damaged_section_is_named_with_its_place() -> None:
    data = bytearray(GOOD)
    data[-1] ^= 1
    with pytest.raises(ChecksumError, match=rf"byte {GOOD.index(DATA)}: section DATA is damaged"):
        read_file(bytes(data))


def test_a_forged_tile_checksum_is_noticed_in_the_pixels() -> None:
    entries = stored_contents().tiles
    wrong = [type(entries[0])(entries[0].coder, entries[0].length, (entries[0].crc or 0) ^ 1), *entries[1:]]
    with pytest.raises(ChecksumError, match=r"tile 0 \(rows 0\.\.9, columns 0\.\.10\)"):
        l3c.decode(with_section(TILES, tiles(SIDE, wrong)))


def test_sections_are_those_of_the_writer() -> None:
    assert section(HEAD, head(HEADER)) in GOOD
    assert HEADER.layout == RGB
