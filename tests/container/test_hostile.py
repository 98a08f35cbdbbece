"""What strangers forged once, made anew in today's form: each is refused before it costs anything, or bounded."""

from __future__ import annotations

import io
import tracemalloc
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import l3c
from l3c.container.constants import GRAPHICS, PNG, PREVIEW
from l3c.container.read import read_file
from l3c.container.structure import ModelReference, TileEntry
from l3c.container.write import write_file
from l3c.graphics import compiled
from tests.checks import smooth_picture

LIMIT = 8 << 20
PICTURE = smooth_picture(40, 52, 3)
GOOD = l3c.encode(PICTURE, model="wave-fast", effort=1)


def forged(**changes: object) -> bytes:
    return write_file(replace(read_file(GOOD), **changes))  # type: ignore[arg-type]


def test_a_tile_of_a_few_bytes_that_is_a_huge_picture() -> None:
    """A blank page of 4000 x 4000 pixels."""
    side = 4000
    payload = compiled.encode(np.zeros((side, side, 3), np.uint8))
    contents = read_file(GOOD)
    header = replace(contents.header, height=side, width=side)
    data = forged(header=header, models=[], tile_side=side, tiles=[TileEntry(GRAPHICS, len(payload), 0)], data=payload)
    assert len(data) < 120
    tracemalloc.start()
    try:
        with pytest.raises(l3c.LimitError, match=r"decoding takes [\d,]{11} bytes"):
            l3c.decode(data, max_memory=100_000_000)
        assert tracemalloc.get_traced_memory()[1] < LIMIT
    finally:
        tracemalloc.stop()


def test_a_preview_of_a_huge_picture() -> None:
    file = io.BytesIO()
    Image.new("RGB", (9000, 9000)).save(file, "WEBP", lossless=True, method=0, quality=0)
    data = forged(metadata={PREVIEW: file.getvalue()})
    tracemalloc.start()
    try:
        with pytest.raises(l3c.FormatError, match="section prvw is 9000 x 9000 pixels, at most 320"):
            l3c.open(data).preview(64)
        assert tracemalloc.get_traced_memory()[1] < LIMIT
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("kind", [b"IDAT", b"IEND", b"tRNS", b"PLTE"])
def test_another_picture_in_the_chunks_of_png(kind: bytes) -> None:
    content = bytes([4]) + kind + b"\0" * 4
    with pytest.raises(l3c.L3CError):
        l3c.verify(forged(metadata={PNG: content}))


def test_a_model_whose_name_steers_a_terminal(tmp_path: Path) -> None:
    contents = read_file(GOOD)
    name = "\x1b]0;PWNED\x07\x1b[2J\nfile: 3 bytes"
    with pytest.raises(l3c.FormatError) as caught:
        l3c.info(forged(models=[ModelReference(contents.models[0].digest, name)]))
    assert str(caught.value).isprintable()


def test_a_model_that_is_not_there() -> None:
    """The file needs a model of widths that once overflowed a buffer; tests/engine/test_bounds.py has such models."""
    with pytest.raises(l3c.ModelError, match="photo"):
        l3c.decode(forged(models=[ModelReference(bytes(range(16)), "photo")]))
