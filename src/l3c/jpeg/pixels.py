"""Quantized coefficients to the pixels that a JPEG decoder makes of them: integers alone, the same on every machine."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from l3c.jpeg.idct import SIDE
from l3c.jpeg.inverse import Inverse
from l3c.jpeg.upsample import upsample
from l3c.jpeg.ycbcr import to_rgb

STRIP = 64
"""Rows of pixels that are coloured at a time."""

Blocks = NDArray[np.int16]
Table = NDArray[np.uint8]


class Coefficients(NamedTuple):
    """The coefficients of a JPEG file, of one component (gray) or three.

    blocks: int16 [rows, columns, 64], each block row by row. tables: the steps, uint8 [64]. subsampled: whether
    chroma has half the height, half the width.
    """

    blocks: list[Blocks]
    tables: list[Table]
    subsampled: tuple[bool, bool] = (False, False)


def grid(size: tuple[int, int], subsampled: tuple[bool, bool], component: int) -> tuple[int, int]:
    """Rows and columns of a component's blocks in an image of `size`: luma fills the whole units that chroma needs."""
    units = -(-size[0] // (SIDE << subsampled[0])), -(-size[1] // (SIDE << subsampled[1]))
    return (units[0] << subsampled[0], units[1] << subsampled[1]) if component == 0 else units


def redo(image: Coefficients, size: tuple[int, int], plain: bool = False, fast: bool = False) -> NDArray[np.uint8]:
    """uint8 [height, width, 1 or 3] of `size` (height, width).

    plain: chroma is repeated, not interpolated. fast: as `Inverse` has it.
    """
    planes = [Inverse(table, fast).plane(blocks) for blocks, table in zip(image.blocks, image.tables, strict=True)]
    luma = planes[0][: size[0], : size[1]]
    if len(planes) == 1:
        return luma[..., None]
    return coloured(luma, [cut_to_size(plane, size, image.subsampled) for plane in planes[1:]], image.subsampled, plain)


def cut_to_size(plane: NDArray[np.uint8], size: tuple[int, int], subsampled: tuple[bool, bool]) -> NDArray[np.uint8]:
    """The part of a chroma plane that belongs to the picture."""
    return plane[: (size[0] + subsampled[0]) >> subsampled[0], : (size[1] + subsampled[1]) >> subsampled[1]]


def coloured(
    luma: NDArray[np.uint8], chroma: list[NDArray[np.uint8]], subsampled: tuple[bool, bool], plain: bool
) -> NDArray[np.uint8]:
    """RGB of luma and of the two chroma planes."""
    blue, red = (upsample(plane, subsampled, plain, luma.shape) for plane in chroma)
    out = np.empty((*luma.shape, 3), np.uint8)
    for top in range(0, len(luma), STRIP):
        rows = slice(top, top + STRIP)
        out[rows] = to_rgb(luma[rows], blue[rows], red[rows])
    return out
