"""Palettes, stored or deflated, format 2.4."""

import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from l3c.container.cursor import Cursor, varint
from l3c.container.palette import DEFLATED, DIFFERENCES, FORMS, LESS_GREEN, PLANES, read_palette, write_palette
from l3c.container.structure import Palette
from l3c.errors import FormatError, L3CError, VersionError

RAMP = Palette(bytes(value for gray in range(256) for value in (gray, gray, gray)))
CUBE = Palette(bytes(51 * n for i in range(216) for n in (i // 36, i // 6 % 6, i % 6)), bytes(range(216)))


def raw(values: bytes) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(values) + packer.flush()


def read(content: bytes) -> Palette:
    return read_palette(Cursor(memoryview(content)))


@given(
    st.integers(1, 256).flatmap(lambda n: st.tuples(st.binary(min_size=3 * n, max_size=3 * n), st.binary(max_size=n)))
)
def test_any_palette_comes_back_and_takes_no_more_than_its_bytes(values: tuple[bytes, bytes]) -> None:
    palette = Palette(*values)
    content = write_palette(palette)
    assert read(content) == palette
    assert len(content) <= 5 + len(palette.colours) + len(palette.alphas)


def test_ramps_and_cubes_take_few_bytes() -> None:
    assert len(write_palette(RAMP)) < 20
    assert len(write_palette(CUBE)) < 45
    assert read(write_palette(CUBE)) == CUBE


@pytest.mark.parametrize("form", FORMS)
def test_every_form_is_read(form: int) -> None:
    """Two colours, (1, 2, 3) and (11, 22, 33), with an opacity of 7."""
    rows = [[1, 2, 3], [11, 22, 33]]
    if form & DIFFERENCES:
        rows[1] = [10, 20, 30]
    if form & LESS_GREEN:
        rows = [[(r - g) % 256, g, (b - g) % 256] for r, g, b in rows]
    values = (
        bytes(v for plane in zip(*rows, strict=True) for v in plane) if form & PLANES else bytes([*rows[0], *rows[1]])
    )
    assert read(b"\2\1" + bytes([form]) + raw(values + b"\7")) == Palette(bytes([1, 2, 3, 11, 22, 33]), b"\7")


@pytest.mark.parametrize(
    ("content", "error", "message"),
    [
        (b"\0\0\0", FormatError, "a palette of no colours"),
        (varint(257) + b"\0\0", FormatError, "number of colours exceeds 256"),
        (b"\1\2\0abc", FormatError, "number of alphas exceeds 1"),
        (b"\1\0\0ab", FormatError, "has 2 bytes"),
        (b"\1\0\0abcd", FormatError, "has 4 bytes"),
        (b"\1\0\2abc", VersionError, "form 2"),
        (b"\1\0\x11abc", VersionError, "form 17"),
        (b"\1\0", FormatError, "form of a palette needs 1 bytes"),
        (b"\1\0\1" + raw(b"abcd"), FormatError, "gives more than 3 bytes"),
        (b"\1\0\1" + raw(b"ab"), FormatError, "has 2 bytes"),
        (b"\1\0\1" + raw(b"abc") + b"\0", FormatError, "does not end where it should"),
        (b"\1\0\1" + raw(b"abc")[:-1], FormatError, "does not end where it should"),
        (b"\1\0\1\xff\xff", FormatError, "is damaged"),
    ],
)
def test_wrong_contents_are_refused(content: bytes, error: type[L3CError], message: str) -> None:
    assert DEFLATED in FORMS
    with pytest.raises(error, match=message):
        read(content)
