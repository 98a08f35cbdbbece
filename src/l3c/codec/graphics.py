"""Drawings, screenshots and documents as graphics payloads: which are tried, and which need nothing else."""

from __future__ import annotations

import math
from collections.abc import Callable
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from l3c.codec.coded import Coded
from l3c.container.constants import GRAPHICS, TILE_SIDE_MAX
from l3c.container.sole import sole_side
from l3c.container.structure import ImageHeader
from l3c.container.tiling import tiles_of
from l3c.graphics import compiled
from l3c.graphics.drawings import is_drawn, repeated_share

Samples = NDArray[np.uint8]
Encode = Callable[[Samples], bytes]
"""Of a model, without side information."""

SIDE_OF_LARGE = 4096
"""Of the tiles of larger images: its square has as many pixels as a payload may."""

SMALL = 8192
"""Pixels up to which all pictures are tried: it takes milliseconds, and models adapt to so few too slowly."""

DECISIVE_SHARE = 0.85
"""Of pixels that equal the left or the upper one: with more, no model needed fewer bytes in any picture of a trial
(docs/models.md)."""

CROP = 96
"""Pixels of a side of crops: the coder has found its feet in so many (by trial, beside 1024 of a tile). They are more
than in a small tile (format 10.12), so that crops are coded as the whole is.
"""

CROPS = (3, 2, 1)
"""In each direction, as many as are a quarter or less of the pixels: three are 8 % of a tile of 1024 x 1024."""

SHARE = 4
"""Times the pixels of crops that there must be."""

HOPELESS = 1.05
"""Of a model's bytes for the crops. By trial: drawings took up to 0.93, smooth photographs more than this."""

LEAST_BITS = math.log2(65536 / (65536 - 255))
"""Of a sample that a model codes: all 256 symbols have a frequency of 1 of 65536 at least, one has the rest at most."""


def attempt(samples: Samples, model: Encode | None = None, drawn: bool | None = None) -> bytes | None:
    """A payload, where one may be smaller than a model's. samples: [height, width, channels].

    model: what it would make of them, to be asked about crops; None where it needs more than the samples. drawn:
    whether they are a drawing, if that is known.
    """
    height, width = samples.shape[:2]
    if not compiled.fits(height, width):
        return None
    if height * width > SMALL and not (is_drawn(samples) if drawn is None else drawn):
        return None
    return compiled.encode(samples) if model is None or may_pay(samples, model) else None


def may_pay(samples: Samples, model: Encode) -> bool:
    """Whether, going by crops, a payload of a drawing will not be larger than a model's.

    Smooth photographs have as many equal neighbours as drawings do, and take this coder ten times as long as models.
    """
    size = samples.shape[0] * samples.shape[1]
    count = next((count for count in CROPS if SHARE * (CROP * count) ** 2 <= size), None)
    if count is None or repeated_share(samples) > DECISIVE_SHARE:
        return True
    tops, lefts = (_starts(length, count) for length in samples.shape[:2])
    crops = [np.ascontiguousarray(samples[y : y + CROP, x : x + CROP]) for y in tops for x in lefts]
    return sum(len(compiled.encode(crop)) for crop in crops) <= HOPELESS * sum(len(model(crop)) for crop in crops)


def _starts(length: int, count: int) -> list[int]:
    """Of crops, evenly spaced from one edge to the other; of one, in the middle."""
    first, last = (0, count - 1) if count > 1 else (1, 2)
    return [max(0, length - CROP) * i // last for i in range(first, first + count)]


def is_decisive(samples: Samples, payload: bytes) -> bool:
    """Whether no model will need fewer bytes: since it cannot, or since nearly all pixels repeat a neighbour."""
    blank = len(payload) < LEAST_BITS / 8 * samples.size
    return blank or repeated_share(samples) > DECISIVE_SHARE


def side_of(header: ImageHeader) -> int:
    """Side of tiles that hold a whole component each, whichever is the largest, if a payload may hold as much."""
    whole = sole_side(header)
    fit = all(compiled.fits(c.height, c.width) for c in header.components)
    return whole if whole <= TILE_SIDE_MAX and fit else SIDE_OF_LARGE


def encode_whole(header: ImageHeader, components: list[Samples]) -> list[Coded]:
    """Each tile of the side above, its alpha along with the colours where that is smaller."""
    boxes = tiles_of(header, side_of(header))
    tiles = [components[index][box.top : box.bottom, box.left : box.right] for index, box in boxes]
    coded = [Coded(GRAPHICS, compiled.encode(tile), crc32(tile.tobytes())) for tile in tiles]
    return with_alpha(coded, lambda number: tiles[number]) if header.alpha_goes_along else coded


def with_alpha(coded: list[Coded], tile: Callable[[int], Samples]) -> list[Coded]:
    """The tiles of colours, then of alpha: those of drawings and of small pictures in one payload, where that is
    smaller. tile: the samples of one, by its number.
    """
    half = len(coded) // 2
    pairs = [_along(coded[n], coded[half + n], tile(n), tile(half + n)) for n in range(half)]
    return [one for one, _ in pairs] + [other for _, other in pairs]


def _along(one: Coded, other: Coded, colours: Samples, alpha: Samples) -> tuple[Coded, Coded]:
    drawn, small = one.coder == other.coder == GRAPHICS, alpha.size <= SMALL
    if not (small or (drawn and (alpha != alpha[0, 0]).any())):
        return one, other
    payload = compiled.encode(np.concatenate([colours, alpha], axis=2))
    if len(payload) >= len(one.payload) + len(other.payload):
        return one, other
    return one._replace(coder=GRAPHICS, payload=payload), other._replace(coder=GRAPHICS, payload=b"")
