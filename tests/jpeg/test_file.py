"""JPEG files come back byte for byte, or are refused with the reason."""

import io
import random

import pytest
from PIL import Image

from l3c.jpeg.file import ReproductionError, parse, write
from l3c.jpeg.standard import NO_CODE
from tests.jpeg.files import SETTINGS, coded_at, damaged, jpeg_file


def comes_back(data: bytes) -> bool:
    file = parse(data)
    return write(file) == data


@pytest.mark.parametrize("name", SETTINGS)
def test_files_come_back(name: str) -> None:
    for height, width in ((1, 1), (8, 8), (9, 17), (37, 53)):
        assert comes_back(jpeg_file(name, height, width))


def test_what_follows_the_picture_is_kept_apart() -> None:
    data = jpeg_file("4:2:0, optimized")
    file = parse(data + b"more" + data)
    assert file.tail == b"more" + data
    assert comes_back(data + b"more" + data)


@pytest.mark.parametrize("name", ["4:4:4", "progressive", "progressive, restart markers", "restart markers"])
def test_files_cut_short_come_back(name: str) -> None:
    data = jpeg_file(name)
    for end in range(coded_at(data) + 40, len(data), 61):
        assert comes_back(data[:end])
        assert comes_back(data[:end] + b"\xff\xd9")


def test_mutated_files_come_back_or_are_refused() -> None:
    chance, stored = random.Random(0), 0
    for _ in range(400):
        data = damaged(jpeg_file(chance.choice(list(SETTINGS)), 21, 30), chance)
        if chance.randrange(2):
            changed = bytearray(data)
            changed[chance.randrange(len(data))] = chance.randrange(256)
            data = bytes(changed)
        try:
            file = parse(data)
        except ReproductionError:
            stored += 1
            continue
        assert write(file) == data
    assert stored < 100


def test_odd_segments_come_back() -> None:
    data = jpeg_file("4:2:0, optimized")
    at = data.index(b"\xff\xdb")
    for between in (b"\xff\xff", b"garbage", b"\xff\x01", b"\xff\xfe\0\4hi", b"\xff\xd3"):
        assert comes_back(data[:at] + between + data[at:])
    end = data.rindex(b"\xff\xd9")
    for behind in (b"\xff\xff", b"garbage", b"\xff\xd2", b"\0" * 9):
        file = parse(data[:end] + behind + data[end:])
        assert len(file.notes[0]) < 20
        assert write(file) == data[:end] + behind + data[end:]


def test_numbers_of_restart_markers_are_noted() -> None:
    data = bytearray(jpeg_file("restart markers"))
    at = data.index(b"\xff\xd2", coded_at(bytes(data)))
    data[at + 1] = 0xD7
    assert comes_back(bytes(data))
    assert len(parse(bytes(data)).notes[0]) < 8
    del data[at : at + 2]
    assert comes_back(bytes(data))


FILE = jpeg_file("4:2:0, optimized")
FRAME = FILE.index(b"\xff\xc0")
REFUSED = {
    "no JPEG file": (b"\x89PNG" + FILE[4:], "does not begin"),
    "arithmetic coding": (FILE.replace(b"\xff\xc0\0\x11", b"\xff\xc9\0\x11"), "arithmetic coding"),
    "lossless": (FILE.replace(b"\xff\xc0\0\x11", b"\xff\xc3\0\x11"), "lossless JPEG"),
    "12 bits": (FILE.replace(b"\xff\xc0\0\x11\x08", b"\xff\xc1\0\x11\x0c"), "samples of 12 bits"),
    "no scan": (FILE[: FILE.index(b"\xff\xda")], "has no scan"),
    "no size": (FILE[: FRAME + 5] + b"\0\0" + FILE[FRAME + 7 :], "has no size"),
    "a huge frame": (FILE[: FRAME + 5] + b"\xff\xff\xff\xff" + FILE[FRAME + 9 :], "more blocks than the file has bits"),
    "a damaged code": (FILE.replace(b"\xff\xc4\0", b"\xff\xc4\1", 1), "Huffman table is damaged"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_other_files_are_refused_with_the_reason(name: str) -> None:
    data, reason = REFUSED[name]
    assert data != FILE
    with pytest.raises(ReproductionError, match=f"cannot be reproduced: .*{reason}"):
        parse(data)


def test_memory_is_bounded_before_it_is_taken() -> None:
    with pytest.raises(ReproductionError, match="bytes of memory, the limit is 1,000"):
        parse(FILE, 1000)


def test_scans_are_bounded() -> None:
    out = io.BytesIO()
    Image.new("L", (800, 800)).save(out, "JPEG", progressive=True)
    data = out.getvalue()
    last = data.rindex(b"\xff\xda")
    with pytest.raises(ReproductionError, match="more scans than files need"):
        parse(data[:-2] + data[last:-2] * 3000 + data[-2:])
    with pytest.raises(ReproductionError, match="more scans than files need"):  # however long the file is
        parse(data[:-2] + data[last:-2] * 300 + data[-2:] + bytes(1 << 20))
    parse(data[:-2] + data[last:-2] * 20 + data[-2:])


def test_names_and_order_of_components_play_no_part() -> None:
    data = jpeg_file("4:4:4")
    frame, scan = data.index(b"\xff\xc0"), data.index(b"\xff\xda")
    names = bytearray(data)
    for i in range(3):
        names[frame + 10 + 3 * i] = names[scan + 5 + 2 * i] = 7
    order = bytearray(data)
    order[scan + 5 : scan + 11] = b"\3\x11\1\0\2\x11"
    for changed in (names, order):
        assert changed != data
        assert comes_back(bytes(changed))
    assert parse(bytes(order)).layout.scans[0].components == (2, 0, 1)


def test_codes_are_bounded() -> None:
    """Behind a scan they are part of the tail: other readers may need them."""
    empty = b"".join(bytes([0x13]) + NO_CODE for _ in range(3000))
    tables = (b"\xff\xc4" + (2 + len(empty)).to_bytes(2, "big") + empty) * 6
    at = FILE.index(b"\xff\xdb")
    with pytest.raises(ReproductionError, match="too many Huffman codes"):
        parse(FILE[:at] + tables + FILE[at:])
    file = parse(FILE[:-2] + tables + FILE[-2:])
    assert file.tail
    assert write(file) == FILE[:-2] + tables + FILE[-2:]


def test_segments_are_bounded() -> None:
    at = FILE.index(b"\xff\xdb")
    with pytest.raises(ReproductionError, match="too many segments"):
        parse(FILE[:at] + b"\xff\xfe\0\2" * 20000 + FILE[at:])
