"""All of a JPEG file but its coefficients, packed: the file comes back from both."""

import random
import zlib
from dataclasses import replace

import numpy as np
import pytest

from l3c.container.cursor import varint
from l3c.errors import FormatError, LimitError
from l3c.jpeg import entropy, entropy_compiled
from l3c.jpeg.codes import optimal_code
from l3c.jpeg.file import Inner, JpegFile, parse, write
from l3c.jpeg.layout import planes_of, segments
from l3c.jpeg.lean import with_codes
from l3c.jpeg.pack import pack_header, unpack_header
from l3c.jpeg.standard import NO_CODE, STANDARD_CODES, dictionary
from tests.jpeg.files import SETTINGS, damaged, jpeg_file

DICTIONARY_CRC = 0xDD2A39D4
"""It is part of the packed form."""


def fill(empty: JpegFile, full: JpegFile) -> None:
    for into, picture in zip(empty.pictures, full.pictures, strict=True):
        for blocks, values in zip(into.coefficients, picture.coefficients, strict=True):
            assert not blocks.any()
            blocks[:] = values


def packed_size(data: bytes) -> int:
    file = parse(data)
    packed = pack_header(file)
    back = unpack_header(packed)
    fill(back, file)
    assert write(back) == data
    return len(packed)


@pytest.mark.parametrize("name", SETTINGS)
def test_files_come_back(name: str) -> None:
    assert packed_size(jpeg_file(name)) < 150


def test_codes_that_follow_from_the_coefficients_are_left_out() -> None:
    for name in ("4:2:0, optimized", "progressive"):
        file = parse(jpeg_file(name, 90, 90))
        codes = {code for scan in file.layout.scans for code in (*scan.dc, *scan.ac)}
        assert not codes & set(STANDARD_CODES.values())
        assert len(unpack_header(pack_header(file)).left_out) == file.header.count(b"\xff\xc4")
        assert len(pack_header(file)) < 70


def test_counts_of_the_engine_are_the_definitions() -> None:
    for name in SETTINGS:
        file = parse(jpeg_file(name, 21, 30))
        for scan, notes in zip(file.layout.scans, file.notes, strict=True):
            planes = planes_of(file.layout, scan, file.coefficients)
            ours, theirs = (way.count_symbols(notes, file.length, planes) for way in (entropy_compiled, entropy))
            np.testing.assert_array_equal(ours, theirs)
            assert ours.any() or scan.high


def test_codes_are_no_longer_than_16_bits() -> None:
    counts = np.zeros(256, np.uint32)
    counts[:24] = [2 ** max(0, i - 2) for i in range(24)]
    code = optimal_code(counts)
    assert code is not None
    assert code[16:34] == bytes(range(23, 5, -1))
    assert sum(code[:16]) == 24
    assert sum(count << 15 - bits for bits, count in enumerate(code[:16])) < 1 << 16
    assert optimal_code(counts * 0) is None


def thumbnail(inner: bytes) -> bytes:
    content = b"Exif\0\0" + bytes(20) + inner + b"more"
    return b"\xff\xe1" + (len(content) + 2).to_bytes(2, "big") + content


def test_pictures_in_pictures_are_taken_apart() -> None:
    small, large = jpeg_file("4:2:0, optimized", 24, 32), jpeg_file("progressive", 60, 60)
    data = large[:2] + thumbnail(small) + large[2:] + b"gap" + small + large + b"end"
    file = parse(data)
    assert [inner.file.length for inner in file.inner] == [len(small), len(small), len(large)]
    assert packed_size(data) < 400
    back = unpack_header(pack_header(file))
    assert [(i.segment, i.offset) for i in back.inner] == [(i.segment, i.offset) for i in file.inner]


def test_what_only_begins_like_a_picture_stays() -> None:
    data = jpeg_file("gray")
    for tail in (b"\xff\xd8\xff", b"\xff\xd8\xff\xdb\0", data[:-2], b"\xff\xd8\xff" * 40):
        assert not parse(data + tail).inner
        assert packed_size(data + tail) < 100 + len(tail)


def test_damaged_files_come_back() -> None:
    chance = random.Random(1)
    for name in SETTINGS:
        for _ in range(5):
            packed_size(damaged(jpeg_file(name, 21, 30), chance))


def test_other_bytes_are_errors() -> None:
    chance = random.Random(0)
    small, large = jpeg_file("4:2:0, optimized", 24, 32), jpeg_file("restart markers")
    file = parse(large[:2] + thumbnail(small) + large[2:] + small)
    packed = pack_header(file)
    stream = zlib.decompressobj(-15, zdict=dictionary()).decompress(packed)
    refused = 0
    for _ in range(600):
        changed = bytearray(stream)
        for _ in range(chance.randrange(1, 3)):
            changed[chance.randrange(chance.choice([20, len(changed)]))] = chance.choice(
                [0, 255, chance.randrange(256)]
            )
        deflate = zlib.compressobj(9, zlib.DEFLATED, -15, zdict=dictionary())
        try:
            back = unpack_header(deflate.compress(bytes(changed)) + deflate.flush(), 1 << 24)
            for picture in back.pictures:
                for blocks in picture.coefficients:
                    blocks[:] = chance.randrange(-2, 3)
            write(back)
        except (FormatError, LimitError):
            refused += 1
    assert refused > 300
    for end in range(0, len(packed), 7):
        with pytest.raises(FormatError):
            unpack_header(packed[:end])


def repacked(stream: bytes) -> bytes:
    deflate = zlib.compressobj(9, zlib.DEFLATED, -15, zdict=dictionary())
    return deflate.compress(stream) + deflate.flush()


def test_notes_of_an_unknown_kind_are_refused() -> None:
    stream = zlib.decompressobj(-15, zdict=dictionary()).decompress(pack_header(parse(jpeg_file("gray"))))
    assert stream.endswith(b"\xff\xd9\0")
    with pytest.raises(FormatError, match="not known: 2"):
        unpack_header(repacked(stream[:-1] + b"\2"))


def test_pictures_lie_in_segments_of_applications() -> None:
    small, large = jpeg_file("gray", 8, 8), jpeg_file("gray")
    packed = pack_header(parse(large[:2] + thumbnail(small) + large[2:]))
    stream = zlib.decompressobj(-15, zdict=dictionary()).decompress(packed)
    assert len(unpack_header(packed).inner) == 1
    with pytest.raises(FormatError, match="does not lie in a segment"):
        unpack_header(repacked(stream.replace(b"\xff\xe1", b"\xff\xfe", 1)))


def test_memory_is_bounded() -> None:
    packed = pack_header(parse(jpeg_file("gray")))
    with pytest.raises(LimitError):
        unpack_header(packed, 3000)
    bomb = zlib.compressobj(9, zlib.DEFLATED, -15)
    with pytest.raises(LimitError):
        unpack_header(bomb.compress(bytes(1 << 24)) + bomb.flush(), 1 << 20)


def packed_stream(stream: bytes) -> bytes:
    deflate = zlib.compressobj(9, zlib.DEFLATED, -15, zdict=dictionary())
    return deflate.compress(stream) + deflate.flush()


def test_codes_left_out_are_no_more_than_the_header_has() -> None:
    """Each is a number in memory: a stream of zeros, of which deflate makes little, names many."""
    count = 1 << 20
    stream = varint(count) + b"\0" + varint(count) + bytes(count) + varint(0)
    with pytest.raises(FormatError, match="exceeds"):
        unpack_header(packed_stream(stream))


def test_codes_that_do_not_fit_their_segment_are_errors() -> None:
    header = parse(jpeg_file("gray")).header
    at = header.index(b"\xff\xc4")
    empty = b"".join(bytes([0x13]) + NO_CODE for _ in range(3854))
    full = header[:at] + b"\xff\xc4" + (2 + len(empty)).to_bytes(2, "big") + empty + header[at:]
    with_codes(full, {0: bytes(15) + b"\x0f" + bytes(15)})
    with pytest.raises(FormatError, match="too long"):
        with_codes(full, {0: bytes(15) + b"\x10" + bytes(16)})


def test_a_picture_in_a_segment_of_tables_is_refused() -> None:
    """When the picture is put into it, the header says something else than it did before."""
    small, large = parse(jpeg_file("4:2:0, optimized", 24, 32)), jpeg_file("4:2:0, optimized", 60, 60)
    for marker in (0xDB, 0xE1):
        size = 65 * 20
        tables = bytes([0xFF, marker]) + (2 + size).to_bytes(2, "big") + bytes(size)
        file = parse(large[:-2] + tables + large[-2:])
        segment = max(i for i, (m, _, _) in enumerate(segments(file.header, coded=False)) if m == marker)
        packed = pack_header(replace(file, inner=(Inner(segment, 65, small),)))
        if marker == 0xDB:
            with pytest.raises(FormatError, match="does not lie in a segment of an application"):
                unpack_header(packed)
        else:
            assert unpack_header(packed).inner[0].segment == segment


def test_the_dictionary_stays_as_it_is() -> None:
    assert (len(dictionary()), zlib.crc32(dictionary())) == (14832, DICTIONARY_CRC)
