"""Pixels that a JPEG decoder made, back to the coefficients behind them.

Pixels without a clipped channel have one origin in YCbCr. Of the others luma is bounded once chroma is there; so is
nothing beyond the picture's right and lower border.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from l3c.history.decoded_jpeg.chroma import invert_chroma
from l3c.history.decoded_jpeg.colours import UNKNOWN, are_colours, from_rgb
from l3c.history.decoded_jpeg.fit import Floats, Ints
from l3c.history.decoded_jpeg.grid import Cut, chroma_cut, luma_cut
from l3c.history.decoded_jpeg.planes import FREE, Planes, fitted, opened, sampled
from l3c.history.decoded_jpeg.steps import LUMA, Steps, estimate, is_quantized, looks_quantized
from l3c.history.decoded_jpeg.upsampling import Way, find_way
from l3c.history.probes import nearly_all, unclipped
from l3c.jpeg.idct import SIDE
from l3c.jpeg.inverse import Inverse
from l3c.jpeg.pixels import Blocks, Coefficients, cut_to_size, grid
from l3c.jpeg.upsample import upsample
from l3c.jpeg.ycbcr import BLUE_OF, RED_OF, green_offset

FEW = 128
"""Pixels that tell of most images that no JPEG decoder made them. Of arbitrary colours about a quarter can be made."""

PROBES = 4096
"""Pixels that are looked at where those leave it open."""

LEAST_PROBES = 500
"""Of which so many must be unclipped, or nothing is known."""

FIRST_SHARE = 0.8
"""Of the first pixels, those that must be colours of YCbCr: few, so less than of all. By trial."""

LEAST_SHARE = 0.9
"""Of all pixels looked at: a tenth may be drawn over, or rounded in another way. By trial."""

STRIPS = 12
"""Rows of blocks by which gray images are judged, which have no colours to tell. By trial."""


class Origin(NamedTuple):
    """What makes the pixels, or most of them. plain, fast: as `decoded_jpeg.redo` takes them.

    top, left: rows and columns, below 16, that are made above and on the left of the pixels.
    """

    coefficients: Coefficients
    plain: bool
    fast: bool
    top: int = 0
    left: int = 0


def invert(pixels: NDArray[np.uint8]) -> Origin | None:
    """The origin of pixels [height, width, 1 or 3]; None where none is found. The caller does it again and compares."""
    if pixels.shape[2] == 1:
        return _invert_gray(pixels[..., 0])
    return _invert_colour(pixels) if likely(pixels) else None


def likely(pixels: NDArray[np.uint8]) -> bool:
    """Whether a few thousand pixels without a clipped channel, from all over the image, are colours of YCbCr."""
    if not nearly_all(are_colours(unclipped(pixels, FEW)), FIRST_SHARE):
        return False
    probes = unclipped(pixels, PROBES)
    return len(probes) >= LEAST_PROBES and nearly_all(are_colours(probes), LEAST_SHARE)


def _invert_gray(pixels: NDArray[np.uint8]) -> Origin | None:
    few = _strips(pixels)
    if not looks_quantized(sampled(few, (few > 0) & (few < 255))):
        return None
    luma = pixels.astype(np.int16)
    steps = _steps(luma, (luma > 0) & (luma < 255))
    if steps is None:
        return None
    blocks = fitted(luma.astype(np.float32), opened(luma, luma), steps.inverse, grid(luma.shape, (False, False), 0))
    return Origin(Coefficients([blocks], [steps.inverse.table]), False, steps.inverse.fast)


def _strips(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Some rows of blocks."""
    rows, width = len(pixels) // SIDE, pixels.shape[1]
    return pixels[: rows * SIDE].reshape(rows, SIDE, width)[:: max(1, rows // STRIPS)].reshape(-1, width)


def _invert_colour(pixels: NDArray[np.uint8]) -> Origin | None:
    recognised = _recognised(pixels, from_rgb(pixels))
    if recognised is None:
        return None
    picture, steps = recognised
    ideas = picture.ideas()
    way = find_way(ideas[1:], picture.known)
    more = chroma_cut(ideas[1:], picture.known, way, steps)
    if any(more):
        picture = picture.cut_off(more)
        ideas = picture.ideas()
    chroma = [invert_chroma(plane, picture.known, way, steps) for plane in ideas[1:]]
    bounds = picture.luma_bounds(*(_whole(*part, way, picture.luma.shape) for part in chroma))
    start = np.clip(ideas[0], *bounds).astype(np.float32)
    parts = [(fitted(start, bounds, steps.inverse, grid(start.shape, way.subsampled, 0)), steps.inverse), *chroma]
    coefficients = Coefficients(
        [blocks for blocks, _ in parts], [inverse.table for _, inverse in parts], way.subsampled
    )
    return Origin(coefficients, way.plain, steps.inverse.fast, *picture.cut)


class _Picture(NamedTuple):
    """Pixels, and luma and chroma of those that are known, else UNKNOWN. cut: rows and columns added to them."""

    pixels: NDArray[np.uint8]
    luma: Ints
    blue: Ints
    red: Ints
    cut: Cut = (0, 0)

    @property
    def known(self) -> NDArray[np.bool_]:
        return self.luma >= 0

    def cut_off(self, cut: Cut) -> _Picture:
        """With rows and columns above and on the left, of which nothing is known."""
        beyond = [(cut[0], 0), (cut[1], 0)]
        planes = [np.pad(plane, beyond, constant_values=UNKNOWN) for plane in self[1:4]]
        pixels = np.pad(self.pixels, [*beyond, (0, 0)], "edge")
        return _Picture(pixels, planes[0], planes[1], planes[2], (self.cut[0] + cut[0], self.cut[1] + cut[1]))

    def ideas(self) -> list[NDArray[Any]]:
        """Luma and chroma of all pixels, at least roughly."""
        planes = zip(self[1:4], naive(self.pixels), strict=True)
        return [np.where(self.known, plane, idea) for plane, idea in planes]

    def luma_bounds(self, blue: NDArray[np.uint8], red: NDArray[np.uint8]) -> Planes:
        """The least and the greatest luma of each pixel, given chroma."""
        bounds = luma_bounds(self.pixels, self.luma, blue, red)
        for bound, free in zip(bounds, (-FREE, FREE), strict=True):
            bound[: self.cut[0]] = bound[:, : self.cut[1]] = free
        return bounds


def _recognised(pixels: NDArray[np.uint8], planes: tuple[Ints, Ints, Ints]) -> tuple[_Picture, Steps] | None:
    """The picture, so that luma's blocks begin in its corner, and their steps."""
    picture = _Picture(pixels, *planes)
    steps = _steps(picture.luma, picture.known)
    if steps is None:
        picture = picture.cut_off(luma_cut(picture.luma, picture.known))
        steps = _steps(picture.luma, picture.known)
    return (picture, steps) if steps else None


def _steps(luma: Ints, known: NDArray[np.bool_]) -> Steps | None:
    """Those of the method that gives more blocks again; None where the plane does not look quantized."""
    blocks = sampled(luma, known)
    estimates = [estimate(blocks, LUMA, fast=fast) for fast in (False, True)]
    return max(filter(is_quantized, estimates), key=lambda steps: steps.score, default=None)


def naive(pixels: NDArray[np.uint8]) -> list[Floats]:
    """YCbCr of pixels as if nothing had been clipped or rounded."""
    r, g, b = (pixels[..., c].astype(np.float32) for c in range(3))
    luma = np.float32(0.299) * r + np.float32(0.587) * g + np.float32(0.114) * b
    return [luma, (b - luma) / np.float32(1.772) + 128, (r - luma) / np.float32(1.402) + 128]


def _whole(blocks: Blocks, inverse: Inverse, way: Way, size: tuple[int, int]) -> NDArray[np.uint8]:
    """Chroma at all pixels."""
    half = cut_to_size(inverse.plane(blocks), size, way.subsampled)
    return upsample(half, way.subsampled, way.plain, size)


def luma_bounds(pixels: NDArray[np.uint8], luma: Ints, blue: Any, red: Any) -> Planes:
    """The least and the greatest luma of each pixel, given chroma; where it is known without, that."""
    low, high = np.full(luma.shape, -FREE, np.int16), np.full(luma.shape, FREE, np.int16)
    for channel, offset in enumerate((RED_OF[red], green_offset(blue, red), BLUE_OF[blue])):
        value = pixels[..., channel].astype(np.int16)
        least, most = value - offset, value - offset
        least[value == 0], most[value == 255] = -FREE, FREE
        np.maximum(low, least, out=low)
        np.minimum(high, most, out=high)
    against = low > high
    middle = (low + high) >> 1
    low, high = np.where(against, middle, low), np.where(against, middle, high)
    known = luma >= 0
    return opened(np.where(known, luma, low), np.where(known, luma, high))
