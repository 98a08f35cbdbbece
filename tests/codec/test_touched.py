"""What a lost tile makes unsure is cleared: samples that salvaging gives are 0 or right, of every history."""

from __future__ import annotations

from zlib import crc32

import numpy as np
import pytest
from numpy.typing import NDArray

from l3c.codec.salvage import salvage_samples
from l3c.container.constants import FLOAT, GRAY, LEFT, RGB, RGBA, STORED
from l3c.container.history import PhotoCd, Residuals, Upscaled, ValueTable, Video
from l3c.container.structure import Contents, ImageHeader, TileEntry
from l3c.container.tiling import tiles_of
from l3c.history import registry
from l3c.history.video.invert import converters

HEIGHT, WIDTH, SIDE = 45, 60, 16


def header_of(name: str) -> ImageHeader:
    """An image of HEIGHT x WIDTH pixels of each kind whose samples are made from components."""
    wide = tuple(range(5, 5 + 7 * 3000, 7))
    converter = tuple(next(iter(converters())))
    return {
        "RGB": ImageHeader(RGB, HEIGHT, WIDTH),
        "RGBA": ImageHeader(RGBA, HEIGHT, WIDTH),
        "16 bits": ImageHeader(GRAY, HEIGHT, WIDTH, 16),
        "12 bits, alpha": ImageHeader(RGBA, HEIGHT, WIDTH, 12),
        "float": ImageHeader(GRAY, HEIGHT, WIDTH, 32, kind=FLOAT, history=Residuals(LEFT, 20)),
        "Photo CD": ImageHeader(RGB, HEIGHT, WIDTH, history=PhotoCd()),
        "Photo CD, turned": ImageHeader(RGB, HEIGHT, WIDTH, history=PhotoCd(rotated=True, joint_chroma=True)),
        "video 4:2:0": ImageHeader(RGB, HEIGHT, WIDTH, history=Video(subsampled_rows=True, numbers=converter)),
        "video 4:2:2": ImageHeader(
            RGB, HEIGHT, WIDTH, history=Video(subsampled_rows=False, numbers=converter, joint_chroma=True)
        ),
        "gray in RGB": ImageHeader(RGB, HEIGHT, WIDTH, history=ValueTable(True, (tuple(range(3, 256)),))),
        "value table": ImageHeader(GRAY, HEIGHT, WIDTH, 16, history=ValueTable(False, (wide,))),
        "mostly gray": ImageHeader(RGB, HEIGHT, WIDTH, 16, history=ValueTable(False, (wide,), less_green=True)),
        "repeated": ImageHeader(RGB, HEIGHT, WIDTH, history=Upscaled(2, 3)),
    }[name]


KINDS = (
    "RGB", "RGBA", "16 bits", "12 bits, alpha", "float", "Photo CD", "Photo CD, turned", "video 4:2:0", "video 4:2:2",
    "gray in RGB", "value table", "mostly gray", "repeated",
)  # fmt: skip


def components_of(header: ImageHeader, seed: int) -> list[NDArray[np.uint8]]:
    random = np.random.default_rng(seed)
    low = (header.depth - 1) % 8 + 1 if header.history is None else 8
    found = [random.integers(0, 256, (c.height, c.width, c.channels)).astype(np.uint8) for c in header.components]
    if header.history is None and low < 8:
        found = [c & np.uint8((1 << low) - 1) if i % header.parts else c for i, c in enumerate(found)]
    if isinstance(header.history, ValueTable) and len(found) > 1:
        for lower in found[1::2]:
            lower &= np.uint8((1 << header.history.bits - 8) - 1)
    return found


@pytest.mark.parametrize("name", KINDS)
def test_no_other_samples_depend_on_a_tile(name: str) -> None:
    header = header_of(name)
    components = components_of(header, 0)
    whole = registry.redo(components, header)
    for index, box in tiles_of(header, SIDE):
        other = [component.copy() for component in components]
        part = other[index][box.top : box.bottom, box.left : box.right]
        part[...] = components_of(header, 1)[index][box.top : box.bottom, box.left : box.right]
        differs = registry.redo(other, header).view(np.uint8) != whole.view(np.uint8)
        assert differs.any()
        differs = differs.reshape(*whole.shape, -1)
        differs[registry.touched(header, index, box)] = False
        assert not differs.any(), (name, index, box)


@pytest.mark.parametrize("name", KINDS)
def test_what_is_salvaged_is_right_or_0(name: str) -> None:
    header = header_of(name)
    components = components_of(header, 0)
    whole = registry.redo(components, header)
    places = tiles_of(header, SIDE)
    tiles = [components[index][box.top : box.bottom, box.left : box.right] for index, box in places]
    entries = [TileEntry(STORED, tile.size, crc32(tile.tobytes())) for tile in tiles]
    for broken in range(0, len(tiles), 3):
        data = b"".join(bytes(t.size) if n == broken else t.tobytes() for n, t in enumerate(tiles))
        samples, lost, _ = salvage_samples(Contents(header, [], SIDE, entries, data), 1, None)
        assert len(lost) == 1
        samples = samples.reshape(whole.shape)
        right = (samples.view(np.uint8) == whole.view(np.uint8)) | (samples.view(np.uint8) == 0)
        assert right.all()
        assert (samples != 0).any()
