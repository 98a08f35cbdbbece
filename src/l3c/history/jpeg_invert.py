"""Pixels that a JPEG decoder made, back to the coefficients behind them.

Pixels without a clipped channel have one origin in YCbCr. Of the others luma is bounded once chroma is there; so is
nothing beyond the picture's right and lower border.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from l3c.history import jpeg_steps
from l3c.history.decoded_jpeg import Blocks, Coefficients, Table, grid, halved_size
from l3c.history.jpeg_chroma import upsample
from l3c.history.jpeg_chroma_invert import invert_chroma
from l3c.history.jpeg_colour import BLUE_OF, RED_OF, from_rgb, green_offset
from l3c.history.jpeg_fit import Floats, Ints
from l3c.history.jpeg_planes import FREE, Planes, fitted, opened, sampled
from l3c.history.jpeg_transform import SIDE, inverse
from l3c.history.jpeg_ways import Way, find_way

PROBES, LEAST_PROBES, LEAST_SHARE = 4096, 500, 0.9
FIRST, STRIPS = 16, 12


class Origin(NamedTuple):
    """What makes the pixels, or most of them. plain: as `decoded_jpeg.redo` takes it."""

    coefficients: Coefficients
    plain: bool


def invert(pixels: NDArray[np.uint8]) -> Origin | None:
    """The origin of pixels [height, width, 1 or 3]; None where none is found. The caller does it again and compares."""
    if pixels.shape[2] == 1:
        return _invert_gray(pixels[..., 0])
    return _invert_colour(pixels) if likely(pixels) else None


def likely(pixels: NDArray[np.uint8]) -> bool:
    """Whether a few thousand pixels without a clipped channel, from all over the image, are colours of YCbCr."""
    flat = pixels.reshape(-1, 3)
    probes = flat[:: max(1, len(flat) // PROBES)]
    probes = probes[((probes > 0) & (probes < 255)).all(-1)]
    return len(probes) >= LEAST_PROBES and _are_colours(probes[::FIRST]) and _are_colours(probes)


def _are_colours(probes: NDArray[np.uint8]) -> bool:
    return bool((from_rgb(probes)[0] >= 0).mean() > LEAST_SHARE)


def _invert_gray(pixels: NDArray[np.uint8]) -> Origin | None:
    few = _strips(pixels)
    if not jpeg_steps.likely(sampled(few, (few > 0) & (few < 255))):
        return None
    luma = pixels.astype(np.int16)
    steps = jpeg_steps.estimate(sampled(luma, (luma > 0) & (luma < 255)), jpeg_steps.LUMA)
    if not jpeg_steps.is_quantized(steps):
        return None
    blocks = fitted(luma.astype(np.float32), opened(luma, luma), steps.table, grid(luma.shape, (False, False), 0))
    return Origin(Coefficients([blocks], [steps.table]), False)


def _strips(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Some rows of blocks."""
    rows, width = len(pixels) // SIDE, pixels.shape[1]
    return pixels[: rows * SIDE].reshape(rows, SIDE, width)[:: max(1, rows // STRIPS)].reshape(-1, width)


def _invert_colour(pixels: NDArray[np.uint8]) -> Origin | None:
    luma, blue, red = from_rgb(pixels)
    known = luma >= 0
    steps = jpeg_steps.estimate(sampled(luma, known), jpeg_steps.LUMA)
    if not jpeg_steps.is_quantized(steps):
        return None
    ideas = [np.where(known, plane, idea) for plane, idea in zip((luma, blue, red), naive(pixels), strict=True)]
    way = find_way(ideas[1:], known)
    chroma = [invert_chroma(plane, known, way, steps.quality) for plane in ideas[1:]]
    whole = [_whole(*found, way, luma.shape) for found in chroma]
    bounds = luma_bounds(pixels, luma, *whole)
    start = np.clip(ideas[0], *bounds).astype(np.float32)
    blocks = fitted(start, bounds, steps.table, grid(luma.shape, way.halved, 0))
    found = [(blocks, steps.table), *chroma]
    return Origin(Coefficients([b for b, _ in found], [t for _, t in found], way.halved), way.plain)


def naive(pixels: NDArray[np.uint8]) -> list[Floats]:
    """YCbCr of pixels as if nothing had been clipped or rounded."""
    r, g, b = (pixels[..., c].astype(np.float32) for c in range(3))
    luma = np.float32(0.299) * r + np.float32(0.587) * g + np.float32(0.114) * b
    return [luma, (b - luma) / np.float32(1.772) + 128, (r - luma) / np.float32(1.402) + 128]


def _whole(blocks: Blocks, table: Table, way: Way, size: tuple[int, int]) -> NDArray[np.uint8]:
    """Chroma at all pixels."""
    half = halved_size(inverse(blocks, table), size, way.halved)
    return upsample(half, way.halved, way.plain, size)


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
