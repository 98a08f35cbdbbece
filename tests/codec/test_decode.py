"""Limits, models and tiles that do not fit: errors that name them."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import l3c
from l3c.codec.decode import WORKSPACE, memory_needed
from l3c.container.read import read_file
from l3c.container.structure import Contents, ImageHeader, ModelReference
from l3c.container.write import write_file
from l3c.errors import ChecksumError, FormatError, L3CError, LimitError, ModelError
from tests.checks import encode_tiled, packaged_model, smooth_picture

PICTURE = smooth_picture(40, 50, 3)
MEASURE = """
import sys, l3c
from pathlib import Path
from l3c.codec.decode import memory_needed
from l3c.container.read import read_file
files = [Path(name).read_bytes() for name in sys.argv[1:]]
def peak():
    return int(next(line for line in open("/proc/self/status") if line.startswith("VmHWM")).split()[1]) << 10
l3c.decode(files[0], threads=2)
open("/proc/self/clear_refs", "w").write("5")
before = peak()
l3c.decode(files[1], threads=2)
print(peak() - before, memory_needed(read_file(files[1]), 2))
"""


def ignore(share: float) -> None:
    """Progress that nobody watches."""


@pytest.fixture
def contents() -> Contents:
    return read_file(encode_tiled(PICTURE, packaged_model(3, 16)))


def decode(contents: Contents) -> np.ndarray:
    return l3c.decode(write_file(contents))


def test_the_limit_is_enforced_to_the_byte(contents: Contents) -> None:
    data, needed = write_file(contents), memory_needed(contents, 1)
    np.testing.assert_array_equal(l3c.decode(data, threads=1, max_memory=needed), PICTURE)
    with pytest.raises(LimitError, match=rf"takes {needed:,} bytes of memory, the limit is {needed - 1:,}"):
        l3c.decode(data, threads=1, max_memory=needed - 1)
    with pytest.raises(LimitError):
        l3c.verify(data, threads=1, max_memory=0)


def test_threads_that_find_no_tile_need_no_memory(contents: Contents) -> None:
    assert memory_needed(contents, 10_000) == memory_needed(contents, len(contents.tiles))
    one = read_file(l3c.encode(PICTURE))
    assert memory_needed(one, 10_000) < PICTURE.size + 2 * WORKSPACE


@pytest.mark.skipif(not os.access("/proc/self/clear_refs", os.W_OK), reason="the kernel tells no peak memory")
def test_decoding_keeps_within_what_it_announces(tmp_path: Path) -> None:
    files = [tmp_path / "small.l3c", tmp_path / "large.l3c"]
    for file, side in zip(files, (64, 1400), strict=True):
        file.write_bytes(l3c.encode(smooth_picture(side, side, 3)))
    done = subprocess.run([sys.executable, "-c", MEASURE, *files], capture_output=True, text=True, check=True)
    used, announced = map(int, done.stdout.split())
    assert 1400 * 1400 * 3 < used < announced + (2 << 20)


def test_an_absent_model_is_named_with_its_digest(contents: Contents) -> None:
    with pytest.raises(ModelError, match="needs model 'tsunami' with digest 00000000000000000000000000000000"):
        decode(replace(contents, models=[ModelReference(bytes(16), "tsunami")]))


def test_a_model_is_found_by_its_digest_whatever_its_name(contents: Contents) -> None:
    renamed = [ModelReference(contents.models[0].digest, "another name")]
    np.testing.assert_array_equal(decode(replace(contents, models=renamed)), PICTURE)


def test_a_second_model_may_stand_in_the_list(contents: Contents) -> None:
    model = contents.models[0]
    entries = [replace(entry, coder=entry.coder + 1) for entry in contents.tiles]
    np.testing.assert_array_equal(decode(replace(contents, models=[model, model], tiles=entries)), PICTURE)


def test_a_model_for_other_pictures_is_refused(contents: Contents) -> None:
    gray = ImageHeader(0, contents.header.height, contents.header.width)
    with pytest.raises(FormatError, match=r"tile 0 \(rows 0.*has 3 channels, the image 1"):
        decode(replace(contents, header=gray))


def test_swapped_payloads_are_noticed(contents: Contents) -> None:
    first, second, *rest = contents.tiles
    data = bytes(contents.data[:])
    middle, end = first.length, first.length + second.length
    swapped = data[middle:end] + data[:middle] + data[end:]
    with pytest.raises(FormatError, match="tile 0"):
        decode(replace(contents, tiles=[second, first, *rest], data=data))
    with pytest.raises(FormatError, match="tile 0"):
        decode(replace(contents, tiles=[first, second, *rest], data=swapped))


@pytest.mark.parametrize("length", [0, 39, 40, 41])
def test_a_payload_of_the_wrong_length_is_refused(contents: Contents, length: int) -> None:
    entries = [replace(contents.tiles[0], length=length), *contents.tiles[1:]]
    data = bytes(length) + bytes(contents.data[contents.tiles[0].length :])
    with pytest.raises(FormatError, match="tile 0"):
        decode(replace(contents, tiles=entries, data=data))


def test_an_error_in_the_last_tile_is_raised_with_threads_too(contents: Contents) -> None:
    damaged = [*contents.tiles[:-1], replace(contents.tiles[-1], crc=(contents.tiles[-1].crc or 0) ^ 1)]
    data = write_file(replace(contents, tiles=damaged))
    for threads in (1, 2):
        with pytest.raises(ChecksumError, match=f"tile {len(damaged) - 1}"):
            l3c.decode(data, threads=threads)


def test_random_payloads_never_give_wrong_pixels(contents: Contents) -> None:
    random = np.random.default_rng(0)
    for _ in range(100):
        data = random.integers(0, 256, len(contents.data)).astype(np.uint8)
        with pytest.raises(L3CError):
            decode(replace(contents, data=data.tobytes()))
