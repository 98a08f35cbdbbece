"""Varints have one spelling, and no read passes the end."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from l3c.container.cursor import Cursor, varint
from l3c.errors import FormatError

LARGEST = 2**63 - 1


def cursor_of(data: bytes, origin: int = 0) -> Cursor:
    return Cursor(memoryview(data), origin)


@given(st.integers(0, LARGEST))
def test_varints_come_back(value: int) -> None:
    cursor = cursor_of(varint(value) + b"rest")
    assert cursor.varint(LARGEST, "value") == value
    assert cursor.left == 4


@pytest.mark.parametrize(
    ("value", "data"),
    [(0, b"\0"), (127, b"\x7f"), (128, b"\x80\x01"), (300, b"\xac\x02"), (2**32 - 1, b"\xff" * 4 + b"\x0f")],
)
def test_varints_are_leb128(value: int, data: bytes) -> None:
    assert varint(value) == data


@given(st.integers(0, 2**40), st.integers(0, 2**40))
def test_a_varint_above_its_limit_is_refused(value: int, limit: int) -> None:
    cursor = cursor_of(varint(value))
    if value <= limit:
        assert cursor.varint(limit, "value") == value
    else:
        with pytest.raises(FormatError, match=f"value exceeds {limit}"):
            cursor.varint(limit, "value")


@pytest.mark.parametrize("data", [b"\x80\0", b"\x81\0", b"\xff\x80\0"])
def test_a_longer_form_than_needed_is_refused(data: bytes) -> None:
    with pytest.raises(FormatError, match="shortest form"):
        cursor_of(data).varint(LARGEST, "value")


@pytest.mark.parametrize("byte", [b"\x80", b"\xff"])
def test_an_endless_varint_is_refused_at_once(byte: bytes) -> None:
    cursor, start = cursor_of(byte * 10**7), time.perf_counter()
    with pytest.raises(FormatError):
        cursor.varint(LARGEST, "value")
    assert cursor.offset < 12
    assert time.perf_counter() - start < 0.1


@pytest.mark.parametrize("data", [b"", b"\x80", b"\xff\xff"])
def test_a_cut_varint_is_refused(data: bytes) -> None:
    with pytest.raises(FormatError, match=r"value needs 1 bytes, 0 are left"):
        cursor_of(data).varint(LARGEST, "value")


@given(st.binary(max_size=20), st.integers(0, 30))
def test_take_gives_what_is_there_or_fails(data: bytes, count: int) -> None:
    cursor = cursor_of(data)
    if count <= len(data):
        assert bytes(cursor.take(count, "it")) == data[:count]
        assert cursor.left == len(data) - count
    else:
        with pytest.raises(FormatError, match=f"it needs {count} bytes, {len(data)} are left"):
            cursor.take(count, "it")


def test_integers_are_little_endian() -> None:
    assert cursor_of(b"\x01\x02\x03\x04").integer(4, "number") == 0x04030201


def test_errors_name_the_offset_in_the_file() -> None:
    cursor = cursor_of(b"0123456789", origin=100)
    cursor.take(3, "start")
    part = cursor.part(4, "part")
    part.take(2, "inner")
    with pytest.raises(FormatError, match="byte 105: more needs 3 bytes, 2 are left"):
        part.take(3, "more")
    assert cursor.offset == 107


def test_finish_refuses_what_is_left() -> None:
    cursor = cursor_of(b"12")
    with pytest.raises(FormatError, match="the file has 2 bytes too many"):
        cursor.finish("the file")
    cursor.take(2, "all")
    cursor.finish("the file")
