"""Pixels that a JPEG decoder made: to a JPEG file of the same coefficients and residuals, and back."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from l3c.container.constants import GRAY, RGB
from l3c.container.history import DecodedJpeg
from l3c.container.structure import ImageHeader
from l3c.container.tiling import Box
from l3c.errors import FormatError, LimitError
from l3c.history.part import Part
from l3c.history.value_table.convert import is_gray
from l3c.jpeg.pixels import redo as redo_pixels

if TYPE_CHECKING:
    from l3c.history.decoded_jpeg.invert import Origin

Components = list[NDArray[np.uint8]]
SIDE_MAX = 65535
"""Of a JPEG file's picture."""

PIXELS_MAX = 1 << 26
"""Larger images are not looked into: that takes some 60 bytes a pixel, so 2^26 pixels take nearly the default limit of
4 GiB."""

UNIT = 16
"""Pixels a side of a unit of four luma blocks in 4:2:0: what may be missing on each side."""

SAMPLE_BYTES = 8
"""For each sample: coefficients of 16 bits, planes, and the RGB made of them, with room (format 1.7)."""

COLUMN_BYTES = 4096
"""For each column: strips of planes while they are upsampled (format 1.7)."""

# whether chroma has half the rows and columns, to the number in the flags (format 3.5)
SAMPLINGS = {(False, False): 1, (False, True): 2, (True, True): 3}


def undo(samples: NDArray[Any], header: ImageHeader) -> tuple[ImageHeader, Components] | None:
    """The header with the JPEG file, and what is to be added; None where no such history is found."""
    pixels, origin = _origin(samples, header)
    return None if origin is None else _proven(pixels, header, origin)


def _origin(samples: NDArray[Any], header: ImageHeader) -> tuple[NDArray[Any], Origin | None]:
    """The pixels, of one channel where all are equal, and what made them."""
    sides = header.height, header.width
    if header.layout not in (GRAY, RGB) or not header.is_plain or max(sides) > SIDE_MAX - UNIT:
        return samples, None
    if sides[0] * sides[1] > PIXELS_MAX:
        return samples, None
    from l3c.history.decoded_jpeg.invert import invert

    pixels = samples[..., :1] if header.layout == GRAY or is_gray(samples) else samples
    return pixels, invert(pixels)


def _proven(pixels: NDArray[Any], header: ImageHeader, origin: Origin) -> tuple[ImageHeader, Components]:
    """What the coefficients do not give is left to the component."""
    from l3c.dct.keep import packed
    from l3c.jpeg.baseline import write_jpeg

    coefficients, nearest, fast, top, left = origin
    size = header.height + top, header.width + left
    made = redo_pixels(coefficients, size, nearest, fast)[top:, left:]
    sampling = SAMPLINGS[coefficients.subsampled] if len(coefficients.blocks) > 1 else 0
    history = DecodedJpeg(sampling, nearest, packed(write_jpeg(coefficients, size), 1), top, left, fast)
    return replace(header, history=history), [pixels - made]


def redo(components: Components, header: ImageHeader, history: DecodedJpeg) -> NDArray[np.uint8]:
    """Pixels [height, width, channels]. Raises FormatError, ModelError, DependencyError."""
    from l3c.dct.keep import OTHER_FRAME, memory_bound, taken_apart
    from l3c.jpeg.baseline import coefficients_of

    size = header.height + history.top, header.width + history.left
    picture = jpeg_header(header, history)
    try:
        file = taken_apart(picture, history.file, max_memory=memory_bound(picture, history.file))
    except LimitError as error:  # no file of this frame takes so much, so that a higher --max-memory would not help
        raise FormatError(OTHER_FRAME) from error
    whole = redo_pixels(
        coefficients_of(file, size, history.channels, history.subsampled), size, history.nearest, history.fast
    )
    pixels = whole[history.top :, history.left :] + components[0]
    return np.repeat(pixels, header.channels, axis=2) if history.channels < header.channels else pixels


def part_around(header: ImageHeader, history: DecodedJpeg, box: Box) -> Part:
    """All of it: the JPEG file is one stream."""
    whole = Box(0, 0, header.height, header.width)
    return Part(header, whole, [whole])


def jpeg_header(header: ImageHeader, history: DecodedJpeg) -> ImageHeader:
    """Of the JPEG file's picture."""
    return ImageHeader(RGB if history.sampling else GRAY, header.height + history.top, header.width + history.left)


def touched(header: ImageHeader, history: DecodedJpeg, index: int, box: Box) -> Box:
    """As `registry.touched`: what is added to a pixel reaches no other."""
    return box


def memory_needed(header: ImageHeader, history: DecodedJpeg) -> int:
    """Bytes that `redo` takes, at most."""
    from l3c.dct.keep import memory_bound

    # the picture of the JPEG file is larger by less than a unit on each side
    padded = (header.height + 2 * UNIT) * (header.width + 2 * UNIT) * header.channels
    own = SAMPLE_BYTES * padded + COLUMN_BYTES * (header.width + 2 * UNIT) + 2 * history.file.length
    return memory_bound(jpeg_header(header, history), history.file) + own
