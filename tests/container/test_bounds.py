"""What a file says is not believed: names, chunks, payloads too small for what they claim, tags without end."""

from __future__ import annotations

import time

import numpy as np
import pytest

import l3c
from l3c.container.constants import DATA, HEAD, MODELS, PNG, PREVIEW, SIGNATURE, TILES
from l3c.container.cursor import varint
from l3c.container.damaged import read_damaged
from l3c.container.structure import Contents
from l3c.container.write import section, write_file
from tests.checks import packaged_model, smooth_picture
from tests.container.forge import PIXELS, assemble, head_of, stored_contents, with_section


@pytest.mark.parametrize("kind", [b"IDAT", b"IEND", b"PLTE", b"tRNS", b"acTL", b"fcTL", b"fdAT", b"a.b\n"])
def test_chunks_that_are_pixels_are_no_metadata(kind: bytes) -> None:
    with pytest.raises(l3c.FormatError, match="section pngc holds a chunk"):
        l3c.decode(with_section(PNG, b"tEXt" + varint(3) + b"a\0b" + kind + varint(0)))


@pytest.mark.parametrize("name", ["\x1b[2Jx", "a\nb", "\u202ex"])
def test_names_of_models_cannot_steer_a_terminal(name: str) -> None:
    raw = name.encode()
    models = varint(1) + bytes(16) + varint(len(raw)) + raw
    with pytest.raises(l3c.FormatError, match="cannot be printed"):
        l3c.info(with_section(MODELS, models))


def test_a_payload_that_is_too_small_for_its_tile_is_refused_at_once() -> None:
    models = varint(1) + bytes(16) + varint(4) + b"wave"
    tiles = varint(65535) + varint(3) + varint(9) + bytes(4)
    data = assemble([(HEAD, head_of(30000, 30000)), (MODELS, models), (TILES, tiles), (DATA, bytes(9))])
    with pytest.raises(l3c.FormatError, match="no model codes 2700000000 samples in 9 bytes"):
        l3c.decode(data, max_memory=1 << 40)


def test_the_smallest_payloads_of_the_models_are_within_the_bound() -> None:
    """One colour costs a model next to nothing; its payload is still far above what is refused."""
    flat = np.full((512, 512, 3), 77, np.uint8)
    for name in ("wave", "wave-fast"):
        assert 1500 * len(packaged_model(3, 512, name).encode(flat)) > 512 * 512 * 3


def test_a_preview_is_no_way_round_the_limit_of_memory() -> None:
    import io

    from PIL import Image

    file = io.BytesIO()
    Image.new("RGB", (1500, 20)).save(file, "WEBP")
    opened = l3c.open(write_file(stored_contents({PREVIEW: file.getvalue()})))
    with pytest.raises(l3c.FormatError, match="1500 x 20 pixels, at most 320"):
        opened.preview()


@pytest.mark.parametrize("end", [bytes([0]), bytes([4]), bytes([7]) + varint(200)])
def test_samples_beyond_the_depth_are_damage(end: bytes) -> None:
    """Of 1 bit, of 5, and of at most 200."""
    with pytest.raises(l3c.FormatError, match="sample"):
        l3c.decode(with_section(HEAD, head_of(33, 20, end=end)))


def test_one_flipped_bit_of_the_header_is_mended() -> None:
    data = write_file(stored_contents())
    start = data.index(HEAD) + 5
    for place in range(start, data.index(MODELS)):
        for bit in range(8):
            damaged = data[:place] + bytes([data[place] ^ 1 << bit]) + data[place + 1 :]
            found = l3c.salvage(damaged)
            np.testing.assert_array_equal(found.samples, PIXELS)
            assert found.lost == ["section HEAD is damaged: one bit of it was mended"]


def test_a_header_with_more_damage_is_not_believed() -> None:
    data = write_file(stored_contents())
    start = data.index(HEAD) + 5
    damaged = data[:start] + bytes([data[start] ^ 3]) + data[start + 1 :]
    with pytest.raises(l3c.FormatError, match="section HEAD is missing or damaged"):
        l3c.salvage(damaged)


def test_a_damaged_history_is_not_believed() -> None:
    """Its tables make samples of ranks, which the tiles' checksums do not cover."""
    random = np.random.default_rng(0)
    picture = np.sort(random.choice(65536, 3000, replace=False)).astype(np.uint16)[random.integers(0, 3000, (99, 99))]
    data = l3c.encode(picture)
    place = data.index(b"HIST") + 200
    damaged = data[:place] + bytes([data[place] ^ 255]) + data[place + 1 :]
    with pytest.raises(l3c.FormatError, match="section HIST is missing or damaged"):
        l3c.salvage(damaged)


def test_tags_without_end_do_not_take_the_square_of_their_number() -> None:
    size = 2_000_000
    unit = HEAD + varint(1_000_000)
    data = SIGNATURE + b"\1" + unit * (size // len(unit))
    start = time.process_time()
    with pytest.raises(l3c.FormatError):
        read_damaged(data)
    assert time.process_time() - start < 5


def test_a_whole_file_has_lost_nothing_by_all_this() -> None:
    picture = smooth_picture(40, 60, 3)
    contents, lost = read_damaged(l3c.encode(picture))
    assert isinstance(contents, Contents)
    assert not lost
    assert section(HEAD, b"")[:4] == HEAD
