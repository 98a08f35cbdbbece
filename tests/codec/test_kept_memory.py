"""A kept picture takes no more memory than is allowed, whatever its header declares; nor do pages together."""

from __future__ import annotations

import io
import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PIL import Image

import l3c
from l3c.api import decode_picture
from l3c.codec.decode import memory_needed
from l3c.container.read import read_file
from l3c.container.write import write_file
from l3c.images.picture import Picture
from tests.checks import smooth_picture

LIMIT = 8 << 20
READERS: dict[str, Callable[[bytes], Any]] = {
    "decode": lambda data: l3c.decode(data, max_memory=LIMIT),
    "region": lambda data: l3c.open(data, max_memory=LIMIT)[:5, :5],
    "preview": lambda data: l3c.open(data, max_memory=LIMIT).preview(64),
}


def kept(side: int) -> bytes:
    file = io.BytesIO()
    Image.new("L", (side, side)).save(file, "PNG")
    return l3c.keep_file(file.getvalue(), "png")


@pytest.mark.parametrize("reader", READERS)
def test_a_large_picture_in_a_kept_file_that_declares_a_small_one(reader: str) -> None:
    forged = write_file(replace(read_file(kept(5000)), header=read_file(kept(50)).header))
    READERS[reader](kept(50))
    tracemalloc.start()
    try:
        with pytest.raises(l3c.LimitError, match="reading the picture of the kept file"):
            READERS[reader](forged)
        assert tracemalloc.get_traced_memory()[1] < LIMIT
    finally:
        tracemalloc.stop()


def test_pages_take_together_what_is_said() -> None:
    pages = [Picture(smooth_picture(300, 400, 3, seed)) for seed in range(3)]
    data = l3c.encode_pages(pages, model="wave-fast", effort=1)
    one = memory_needed(read_file(data).pages[-1].contents, 1)
    needed = 2 * pages[0].samples.nbytes + one
    found = decode_picture(data, threads=1, max_memory=needed)
    for page, given in zip(found.pages, pages, strict=True):
        np.testing.assert_array_equal(page.samples, given.samples)
    for read in (decode_picture, l3c.salvage):
        with pytest.raises(
            l3c.LimitError, match=rf"the 3 pages take [\d,]+ bytes of memory, the limit is {needed - 9000:,}"
        ):
            read(data, threads=1, max_memory=needed - 9000)
