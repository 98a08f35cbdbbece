"""Coefficients as a baseline JPEG file of one scan, and those of any JPEG file of the same shape."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from l3c.errors import FormatError
from l3c.jpeg.entropy_compiled import write_scan
from l3c.jpeg.file import JpegFile
from l3c.jpeg.idct import ZIGZAG
from l3c.jpeg.layout import (
    AC_CLASS,
    BASELINE,
    BLOCK,
    CODES,
    END,
    SCAN,
    START,
    STEPS,
    WHOLE,
    Layout,
    marked,
    planes_of,
    read_layout,
)
from l3c.jpeg.notes import REGULAR
from l3c.jpeg.pixels import Coefficients, grid
from l3c.jpeg.standard import STANDARD_CODES

SYMBOL_BITS = 26
"""Of a coefficient, at most: a code of 16 bits, and 10 bits of its value."""

BLOCK_BYTES = 2 * BLOCK * SYMBOL_BITS // 8
"""Of a block's coded data, at most: each byte may be stuffed with another."""

STEP_MAX = 255
"""Of a baseline file."""

DC_MAX = 2047
"""Of a baseline file: 11 bits and a sign. The sums of the inverse DCT were bounded for such coefficients."""

AC_MAX = 1023
"""The same of other coefficients: 10 bits."""


def write_jpeg(image: Coefficients, size: tuple[int, int]) -> bytes:
    """The file of an image of `size` (height, width), with the standard's codes of luma.

    Coefficients lie within -1023 .. 1023, the first of a block within -1024 .. 1023.
    """
    tables = list(dict.fromkeys(table[ZIGZAG].tobytes() for table in image.tables))
    numbers = [tables.index(table[ZIGZAG].tobytes()) for table in image.tables]
    parts = [marked(START)]
    parts += [marked(STEPS, bytes([i]) + table) for i, table in enumerate(tables)]
    parts += [marked(BASELINE, _frame(size, numbers, image.subsampled))]
    parts += [marked(CODES, bytes([kind * AC_CLASS]) + STANDARD_CODES[kind, 0]) for kind in (0, 1)]
    selectors = b"".join(bytes([i + 1, 0]) for i in range(len(numbers)))
    parts += [marked(SCAN, bytes([len(numbers)]) + selectors + WHOLE)]
    layout, _ = read_layout(b"".join([*parts, marked(END)]))
    blocks = [np.ascontiguousarray(plane[..., ZIGZAG]) for plane in image.blocks]
    scan = write_scan(REGULAR, BLOCK_BYTES * layout.blocks, planes_of(layout, layout.scans[0], blocks))
    return b"".join([*parts, scan, marked(END)])


def _frame(size: tuple[int, int], numbers: list[int], subsampled: tuple[bool, bool]) -> bytes:
    height, width = size
    sampling = (1 + subsampled[1]) << 4 | 1 + subsampled[0]
    lines = [bytes([i + 1, 0x11 if i else sampling, number]) for i, number in enumerate(numbers)]
    return b"\x08" + height.to_bytes(2, "big") + width.to_bytes(2, "big") + bytes([len(numbers)]) + b"".join(lines)


def coefficients_of(
    file: JpegFile, size: tuple[int, int], components: int, subsampled: tuple[bool, bool]
) -> Coefficients:
    """Those of a file that was taken apart, of that size and sampling. Raises FormatError."""
    _check(file.layout, size, components, subsampled)
    natural = np.argsort(ZIGZAG)
    blocks = [_sized(plane, grid(size, subsampled, i))[..., natural] for i, plane in enumerate(file.coefficients)]
    if any((plane[..., 1:] > AC_MAX).any() or (plane[..., 1:] < -AC_MAX).any() for plane in file.coefficients):
        raise FormatError("the JPEG file of the coefficients has larger ones than baseline files")
    if any((plane[..., 0] > DC_MAX).any() or (plane[..., 0] < -DC_MAX - 1).any() for plane in file.coefficients):
        raise FormatError("the JPEG file of the coefficients has larger means than baseline files")
    tables = [component.steps.astype(np.uint8)[natural] for component in file.layout.components]
    return Coefficients(blocks, tables, subsampled)


def _sized(plane: NDArray[np.int16], sides: tuple[int, int]) -> NDArray[np.int16]:
    """A component without interleaving may lack the blocks that only fill up units."""
    missing = [max(0, side - had) for side, had in zip(sides, plane.shape[:2], strict=True)]
    return np.pad(plane, ((0, missing[0]), (0, missing[1]), (0, 0)))[: sides[0], : sides[1]]


def _check(layout: Layout, size: tuple[int, int], components: int, subsampled: tuple[bool, bool]) -> None:
    wanted = [(1 + subsampled[1], 1 + subsampled[0])] + [(1, 1)] * (components - 1)
    found = [(component.horizontal, component.vertical) for component in layout.components]
    if components == 1:  # whose factors mean nothing
        found = wanted
    if (layout.height, layout.width) != size or len(layout.components) != components or found != wanted:
        raise FormatError("the JPEG file of the coefficients has another frame than the image")
    if not all(component.steps.min() >= 1 and component.steps.max() <= STEP_MAX for component in layout.components):
        raise FormatError("the JPEG file of the coefficients has steps that none of its kind has")
