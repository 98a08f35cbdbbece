"""Tiles for viewers that zoom deeply (DZI, IIIF), from one l3c file: regions are decoded, and halved."""

from __future__ import annotations

from functools import cached_property
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from l3c.errors import InputError
from l3c.image import Image
from l3c.images.preview import is_shown_alike, shown

if TYPE_CHECKING:
    from PIL import Image as Pillow

OVERVIEW = 2048
"""Longest side of the level that is kept in memory: smaller ones are made from it, larger ones by decoding regions."""

BLOCK = 1024
"""Sides of what is decoded at once: tiles of files have about as many pixels a side."""

BLOCKS = 16
"""Blocks that are kept: neighbouring tiles, which viewers ask for one after another, meet the same ones."""


class DeepZoom:
    """An image as a pyramid of tiles, uint8 [height, width, 3 or 4], as shown on a screen.

    Level 0 is one pixel, each level twice as large as the one before, and the last, `levels` - 1, the image itself, as
    in DZI files. For a tile of the upper levels the blocks of 1024 x 1024 pixels that it meets are decoded, and some
    are kept. Levels with sides of at most 2048 pixels are made once, from all pixels. Several threads may ask at once.

    image: as of `l3c.open`. side: of the tiles, pixels. overlap: pixels that tiles share with each neighbour.

    >>> import l3c, numpy as np
    >>> zoom = l3c.DeepZoom(l3c.open(l3c.encode(np.zeros((300, 500, 3), np.uint8))))
    >>> zoom.levels, zoom.size(9), zoom.grid(9), zoom.tile(9, 1, 1).shape
    (10, (500, 300), (2, 2), (44, 244, 3))
    """

    def __init__(self, image: Image, *, side: int = 256, overlap: int = 0) -> None:
        if side < 1 or not 0 <= overlap <= side:
            raise InputError(f"tiles of {side} pixels with an overlap of {overlap}: at least 1, and at most the side")
        self.image, self.side, self.overlap = image, side, overlap
        self.levels = (max(image.size) - 1).bit_length() + 1
        self._lock = Lock()
        self._kept: dict[int, Pillow.Image] = {}
        self._blocks: dict[tuple[int, int], Pillow.Image] = {}

    def size(self, level: int) -> tuple[int, int]:
        """Width and height of a level. Raises InputError where there is none."""
        if not 0 <= level < self.levels:
            raise InputError(f"level {level}: there are {self.levels}")
        return _reduced(self.image.size[0], self._factor(level)), _reduced(self.image.size[1], self._factor(level))

    def grid(self, level: int) -> tuple[int, int]:
        """Columns and rows of tiles of a level."""
        width, height = self.size(level)
        return -(-width // self.side), -(-height // self.side)

    def tile(self, level: int, column: int, row: int) -> NDArray[np.uint8]:
        """Raises InputError where there is no such tile, else as `l3c.decode`."""
        (width, height), (columns, rows) = self.size(level), self.grid(level)
        if not (0 <= column < columns and 0 <= row < rows):
            raise InputError(f"tile {column},{row} of level {level}: there are {columns} x {rows}")
        left, top = (max(0, n * self.side - self.overlap) for n in (column, row))
        right = min(width, (column + 1) * self.side + self.overlap)
        bottom = min(height, (row + 1) * self.side + self.overlap)
        return np.asarray(self._part(level, left, top, right, bottom))

    def region(self, x: int, y: int, width: int, height: int, level: int | None = None) -> NDArray[np.uint8]:
        """Pixels of the image, as they are shown at a level (None: the last), as IIIF asks for them.

        Raises InputError where they are not in the image.
        """
        columns, rows = self.image.size
        if min(x, y) < 0 or min(width, height) < 1 or x + width > columns or y + height > rows:
            raise InputError(f"region {x},{y},{width},{height}: the image is {columns} x {rows} pixels")
        level = self.levels - 1 if level is None else level
        self.size(level)
        factor = self._factor(level)
        right, bottom = _reduced(x + width, factor), _reduced(y + height, factor)
        return np.asarray(self._part(level, x // factor, y // factor, right, bottom))

    def cost_map(self, threads: int | None = None) -> tuple[NDArray[np.float32], int]:
        """Where the bytes of the file go: bits a pixel of square blocks, [rows, columns], and their side in pixels.

        Blocks have 32 pixels a side, in large pictures more, so that there are at most 48 x 48. The blocks of a tile
        add up to the bits that it takes in the file; within tiles they are estimates: a piece of 32 x 32 pixels of each
        block, coded alone by the model "wave-fast". Headers and metadata are left out. It takes the time of decoding
        the picture, and at most that of encoding 2.4 megapixels. threads: as for `l3c.decode`, and raises as it does.
        """
        from l3c.codec.cost_map import block_side, cost_map

        width, height = self.image.size

        def crop(x: int, y: int, w: int, h: int) -> NDArray[np.uint8]:
            return np.atleast_3d(self.region(x, y, w, h))[..., :3]

        return cost_map(self.image.contents, crop, threads), block_side(height, width)

    def dzi(self, suffix: str = "png") -> str:
        """The descriptor of Deep Zoom Images: the content of a .dzi file."""
        width, height = self.image.size
        return (
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            f'<Image xmlns="http://schemas.microsoft.com/deepzoom/2008" Format="{suffix}" Overlap="{self.overlap}" '
            f'TileSize="{self.side}"><Size Width="{width}" Height="{height}"/></Image>\n'
        )

    def iiif(self, address: str) -> dict[str, Any]:
        """The info.json of IIIF's Image API 3, level 0. address: URL of the image, without "/info.json"."""
        width, height = self.image.size
        factors = [1 << n for n in range(self.levels)]
        return {
            "@context": "http://iiif.io/api/image/3/context.json", "id": address, "type": "ImageService3",
            "protocol": "http://iiif.io/api/image", "profile": "level0", "width": width, "height": height,
            "tiles": [{"width": self.side, "height": self.side, "scaleFactors": factors}],
            "preferredFormats": ["png"],
        }  # fmt: skip

    def _factor(self, level: int) -> int:
        return 1 << (self.levels - 1 - level)

    @cached_property
    def _overview_level(self) -> int:
        if not is_shown_alike(self.image.header):  # what is shown depends on all samples
            return self.levels - 1
        return max(level for level in range(self.levels) if max(self.size(level)) <= OVERVIEW)

    def _part(self, level: int, left: int, top: int, right: int, bottom: int) -> Pillow.Image:
        """Of a level, by its own pixels."""
        with self._lock:
            if level <= self._overview_level:
                return self._whole(level).crop((left, top, right, bottom))
            factor = self._factor(level)
            width, height = self.image.size
            box = left * factor, top * factor, min(width, right * factor), min(height, bottom * factor)
            return self._joined(*box).reduce(factor)

    def _joined(self, left: int, top: int, right: int, bottom: int) -> Pillow.Image:
        """Pixels of the image, of the blocks that they meet."""
        from PIL import Image as Pillow

        made = None
        for y in range(top // BLOCK, -(-bottom // BLOCK)):
            for x in range(left // BLOCK, -(-right // BLOCK)):
                block = self._block(x, y)
                made = made or Pillow.new(block.mode, (right - left, bottom - top))
                made.paste(block, (x * BLOCK - left, y * BLOCK - top))
        assert made is not None
        return made

    def _block(self, column: int, row: int) -> Pillow.Image:
        """The one used longest ago is given up."""
        block = self._blocks.pop((column, row), None)
        if block is None:
            width, height = self.image.size
            left, top = column * BLOCK, row * BLOCK
            block = self._decoded(left, top, min(width, left + BLOCK), min(height, top + BLOCK))
        self._blocks[column, row] = block
        if len(self._blocks) > BLOCKS:
            del self._blocks[next(iter(self._blocks))]
        return block

    def _decoded(self, left: int, top: int, right: int, bottom: int) -> Pillow.Image:
        image = self.image
        return shown(image.region(left, top, right - left, bottom - top), image.header, image.palette)

    def _whole(self, level: int) -> Pillow.Image:
        if level not in self._kept:
            if self._overview_level not in self._kept:
                self._kept[self._overview_level] = self._overview()
            self._kept[level] = self._kept[self._overview_level].reduce(1 << (self._overview_level - level))
        return self._kept[level]

    def _overview(self) -> Pillow.Image:
        """Band by band, so that memory holds no more than one of all pixels."""
        from PIL import Image as Pillow

        factor, (width, height) = self._factor(self._overview_level), self.image.size
        rows = max(BLOCK, factor) if is_shown_alike(self.image.header) else height
        bands = [self._decoded(0, y, width, min(height, y + rows)).reduce(factor) for y in range(0, height, rows)]
        if len(bands) == 1:
            return bands[0]
        whole = Pillow.new(bands[0].mode, self.size(self._overview_level))
        for number, band in enumerate(bands):
            whole.paste(band, (0, number * rows // factor))
        return whole


def _reduced(pixels: int, factor: int) -> int:
    return -(-pixels // factor)
