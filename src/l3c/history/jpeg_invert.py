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
from l3c.history.jpeg_chroma import shrink, upsample
from l3c.history.jpeg_colour import BLUE_FROM, BLUE_OF, REACH, RED_FROM, RED_OF, from_rgb, green_offset
from l3c.history.jpeg_fit import Bounds, forward, quantize, to_blocks
from l3c.history.jpeg_repair import repair
from l3c.history.jpeg_transform import SIDE, inverse

Plane = NDArray[np.int16]
Floats = NDArray[np.float32]
Halved = tuple[bool, bool]

PROBES, LEAST_PROBES, LEAST_SHARE = 4096, 500, 0.9
SAMPLED = 1500
FREE = 4096
"""A bound that nothing reaches."""

SLACK = 0.3


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
    return len(probes) >= LEAST_PROBES and bool((from_rgb(probes)[0] >= 0).mean() > LEAST_SHARE)


def _invert_gray(pixels: NDArray[np.uint8]) -> Origin | None:
    luma = pixels.astype(np.int16)
    steps = jpeg_steps.estimate(forward(_sampled(luma, (luma > 0) & (luma < 255))), jpeg_steps.LUMA)
    if not jpeg_steps.is_quantized(steps):
        return None
    blocks = _fitted(luma.astype(np.float32), _open(luma, luma), steps.table, grid(*luma.shape, (False, False), 0))
    return Origin(Coefficients([blocks], [steps.table]), False)


def _sampled(plane: NDArray[Any], known: NDArray[np.bool_]) -> Floats:
    """Some of the blocks all of whose samples are known, float32 [n, 64]."""
    rows, columns = plane.shape[0] // SIDE * SIDE, plane.shape[1] // SIDE * SIDE
    usable = to_blocks(known[:rows, :columns]).all(1)
    chosen = np.nonzero(usable)[0]
    chosen = chosen[:: max(1, len(chosen) // SAMPLED)]
    return to_blocks(plane[:rows, :columns])[chosen].astype(np.float32)


def _open(low: Plane, high: Plane) -> tuple[Plane, Plane]:
    """Bounds of samples before they are clipped."""
    return np.where(low <= 0, -FREE, low).astype(np.int16), np.where(high >= 255, FREE, high).astype(np.int16)


def _fitted(start: Floats, bounds: tuple[Plane, Plane], table: Table, size: tuple[int, int]) -> Blocks:
    """Blocks [*size, 64] behind a plane, of which `start` is a first idea."""
    shape = size[0] * SIDE, size[1] * SIDE
    beyond = [(0, whole - part) for whole, part in zip(shape, start.shape, strict=True)]
    low, high = (
        np.pad(bound, beyond, constant_values=free) for bound, free in zip(bounds, (-FREE, FREE), strict=True)
    )
    blocks = quantize(to_blocks(np.pad(start, beyond, "edge")), table)
    repair(blocks, table, Bounds(to_blocks(low), to_blocks(high)))
    return blocks.reshape(*size, SIDE * SIDE)


def _invert_colour(pixels: NDArray[np.uint8]) -> Origin | None:
    luma, blue, red = from_rgb(pixels)
    known = luma >= 0
    steps = jpeg_steps.estimate(forward(_sampled(luma, known)), jpeg_steps.LUMA)
    if not jpeg_steps.is_quantized(steps):
        return None
    ideas = [np.where(known, plane, idea) for plane, idea in zip((luma, blue, red), naive(pixels), strict=True)]
    way = _way(ideas[1:], known)
    if way is None:
        return None
    chroma = [_chroma(plane, known, way, table) for plane, table in zip(ideas[1:], way.tables, strict=True)]
    whole = [_whole(blocks, table, way, luma.shape) for blocks, table in zip(chroma, way.tables, strict=True)]
    bounds = luma_bounds(pixels, luma, *whole)
    blocks = _fitted(
        np.clip(ideas[0], bounds[0], bounds[1]).astype(np.float32),
        bounds,
        steps.table,
        grid(*luma.shape, way.halved, 0),
    )
    return Origin(Coefficients([blocks, *chroma], [steps.table, *way.tables], way.halved), way.plain)


def naive(pixels: NDArray[np.uint8]) -> list[Floats]:
    """YCbCr of pixels as if nothing had been clipped or rounded."""
    r, g, b = (pixels[..., c].astype(np.float32) for c in range(3))
    luma = np.float32(0.299) * r + np.float32(0.587) * g + np.float32(0.114) * b
    return [luma, (b - luma) / np.float32(1.772) + 128, (r - luma) / np.float32(1.402) + 128]


class Way(NamedTuple):
    """How chroma was made. tables: of blue and red."""

    halved: Halved
    plain: bool
    tables: tuple[Table, Table]


WAYS: tuple[tuple[Halved, bool], ...] = (
    ((True, True), False),
    ((True, True), True),
    ((False, True), False),
    ((False, True), True),
    ((False, False), False),
)


def _way(chroma: list[NDArray[Any]], known: NDArray[np.bool_]) -> Way | None:
    """The way whose tables the chroma planes bear witness to; None where none is any likely."""
    best, most = None, 0.0
    for halved, plain in WAYS:
        found = [_steps_of(plane, known, halved, plain) for plane in chroma]
        weight = sum(steps.evidence * steps.values for steps in found)
        if weight > most:
            best, most = Way(halved, plain, (found[0].table, found[1].table)), weight
    return best


def _steps_of(plane: NDArray[Any], known: NDArray[np.bool_], halved: Halved, plain: bool) -> jpeg_steps.Steps:
    half = shrink(plane.astype(np.float32), halved, plain)
    return jpeg_steps.estimate(forward(_sampled(half, _halved_known(known, halved))), jpeg_steps.CHROMA)


def _halved_known(known: NDArray[np.bool_], halved: Halved) -> NDArray[np.bool_]:
    """Samples of the half plane of which all nearest pixels are known."""
    for axis, half in enumerate(halved):
        if half:
            known = np.moveaxis(known, axis, 0)
            odd = known[1::2]
            even = known[0::2].copy()
            even[: len(odd)] &= odd
            known = np.moveaxis(even, 0, axis)
    return known


def _chroma(plane: NDArray[Any], known: NDArray[np.bool_], way: Way, table: Table) -> Blocks:
    half = shrink(plane.astype(np.float32), way.halved, way.plain)
    sure = _halved_known(known, way.halved)
    slack = SLACK if any(way.halved) and not way.plain else 0
    low = np.where(sure, np.floor(half - slack + 0.5), -FREE).astype(np.int16)
    high = np.where(sure, np.ceil(half + slack - 0.5), FREE).astype(np.int16)
    return _fitted(half, _open(low, high), table, grid(*plane.shape, way.halved, 1))


def _whole(blocks: Blocks, table: Table, way: Way, size: tuple[int, int]) -> NDArray[np.uint8]:
    """Chroma at all pixels."""
    half = halved_size(inverse(blocks, table), size, way.halved)
    return upsample(half, way.halved, way.plain, size)


def luma_bounds(pixels: NDArray[np.uint8], luma: Plane, blue: Any, red: Any) -> tuple[Plane, Plane]:
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
    return _open(np.where(known, luma, low), np.where(known, luma, high))
