"""What is written is read back, and has one spelling."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from l3c.container.constants import FIRST_MODEL, METADATA, PALETTE, PLANES, PNG, SIGNATURE, STORED, SYMBOLS_A_BYTE
from l3c.container.read import read_file
from l3c.container.sole import sole_side
from l3c.container.structure import Contents, ImageHeader, ModelReference, Palette, TileEntry
from l3c.container.tiling import tiles_of
from l3c.container.write import section, write_file
from tests.container.forge import stored_contents

names = st.text(st.characters(exclude_categories=("C", "Z")), max_size=20)
references = st.builds(ModelReference, st.binary(min_size=16, max_size=16), names)
metadata = st.dictionaries(st.sampled_from(sorted(set(METADATA) - {PNG})), st.binary(max_size=40))
palettes = st.integers(1, 256).flatmap(
    lambda n: st.builds(Palette, st.binary(min_size=3 * n, max_size=3 * n), st.binary(max_size=n))
)


@st.composite
def contents(draw: st.DrawFn) -> Contents:
    """Any file of up to 60 x 60 pixels."""
    layout, size = draw(st.sampled_from(sorted(PLANES))), st.integers(1, 60)
    depth = draw(st.integers(1, 8 if layout == PALETTE else 16))
    header = ImageHeader(layout, draw(size), draw(size), depth)
    palette = draw(palettes) if layout == PALETTE else None
    sides = st.one_of(st.integers(16, 70), st.just(sole_side(header)))
    side, models = draw(sides), draw(st.lists(references, max_size=3))
    entries = []
    for index, box in tiles_of(header, side):
        coder = draw(st.sampled_from([STORED, *range(FIRST_MODEL, FIRST_MODEL + len(models))]))
        stored = box.height * box.width * header.components[index].channels
        length = stored if coder == STORED else stored // SYMBOLS_A_BYTE + draw(st.integers(1, 50))
        entries.append(TileEntry(coder, length, draw(st.integers(0, 2**32 - 1))))
    data = bytes(sum(entry.length for entry in entries))
    return Contents(header, models, side, entries, data, draw(metadata), palette)


@given(contents())
def test_what_is_written_is_read_back(written: Contents) -> None:
    data = write_file(written)
    contents = read_file(data)
    if all(entry.crc is None for entry in contents.tiles):  # a small image, whose tiles have no checks of their own
        written = replace(written, tiles=[replace(entry, crc=None) for entry in written.tiles])
    assert contents == written
    assert write_file(read_file(data)) == data


@given(contents())
def test_bytes_bytearrays_and_views_read_alike(written: Contents) -> None:
    data = write_file(written)
    assert read_file(bytearray(data)) == read_file(memoryview(data)) == read_file(data)


def test_a_file_begins_with_signature_and_version() -> None:
    assert write_file(stored_contents())[:13] == SIGNATURE + b"\1HEAD"


def test_the_check_sum_covers_tag_and_content() -> None:
    assert section(b"HEAD", b"") != section(b"MODL", b"")[:4].replace(b"MODL", b"HEAD") + section(b"MODL", b"")[4:]
    assert section(b"abcd", b"123456789")[:5] == b"abcd\x09"
