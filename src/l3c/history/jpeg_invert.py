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
from l3c.history.jpeg_colour import BLUE_OF, RED_OF, from_rgb, green_offset
from l3c.history.jpeg_fit import Bounds, quantize, to_blocks
from l3c.history.jpeg_refine import refine, wanted_of
from l3c.history.jpeg_repair import GUESSED, KNOWN, repair
from l3c.history.jpeg_settle import settle
from l3c.history.jpeg_transform import SIDE, inverse

Plane = NDArray[np.int16]
Floats = NDArray[np.float32]
Halved = tuple[bool, bool]

PROBES, LEAST_PROBES, LEAST_SHARE = 4096, 500, 0.9
FIRST, SAMPLED, STRIPS = 16, 1500, 12
FREE = 4096
"""A bound that nothing reaches."""

CROP, UNIT, SIMPLE, ROUNDS = 384, 16, 2, 5
AROUND = 3
LEAST_NEAR, LEAST_MADE, LEAST_REPEATED = 0.8, 0.93, 0.99


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
    if not jpeg_steps.likely(_sampled(few, (few > 0) & (few < 255))):
        return None
    luma = pixels.astype(np.int16)
    steps = jpeg_steps.estimate(_sampled(luma, (luma > 0) & (luma < 255)), jpeg_steps.LUMA)
    if not jpeg_steps.is_quantized(steps):
        return None
    blocks = _fitted(luma.astype(np.float32), _open(luma, luma), steps.table, grid(luma.shape, (False, False), 0))
    return Origin(Coefficients([blocks], [steps.table]), False)


def _strips(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Some rows of blocks."""
    rows, width = len(pixels) // SIDE, pixels.shape[1]
    return pixels[: rows * SIDE].reshape(rows, SIDE, width)[:: max(1, rows // STRIPS)].reshape(-1, width)


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


def _fitted(
    start: Floats, bounds: tuple[Plane, Plane], table: Table, size: tuple[int, int], thorough: bool = True
) -> Blocks:
    """Blocks [*size, 64] behind a plane, of which `start` is a first idea. thorough: as `repair` takes it."""
    low, high = (_padded(bound, size, free) for bound, free in zip(bounds, (-FREE, FREE), strict=True))
    ideas = to_blocks(_padded(start, size))
    blocks = quantize(ideas, table)
    repair(blocks, table, Bounds(to_blocks(low), to_blocks(high)), ideas, thorough)
    return blocks.reshape(*size, SIDE * SIDE)


def _padded(plane: NDArray[Any], size: tuple[int, int], value: int | None = None) -> NDArray[Any]:
    """To whole blocks, with `value`, or with the last row and column."""
    beyond = [(0, SIDE * blocks - n) for blocks, n in zip(size, plane.shape, strict=True)]
    return np.pad(plane, beyond, "edge") if value is None else np.pad(plane, beyond, constant_values=value)


def _invert_colour(pixels: NDArray[np.uint8]) -> Origin | None:
    luma, blue, red = from_rgb(pixels)
    known = luma >= 0
    steps = jpeg_steps.estimate(_sampled(luma, known), jpeg_steps.LUMA)
    if not jpeg_steps.is_quantized(steps):
        return None
    ideas = [np.where(known, plane, idea) for plane, idea in zip((luma, blue, red), naive(pixels), strict=True)]
    way = _way(ideas[1:], known)
    chroma = [_chroma(plane, known, way, steps.quality) for plane in ideas[1:]]
    whole = [_whole(*found, way, luma.shape) for found in chroma]
    bounds = luma_bounds(pixels, luma, *whole)
    start = np.clip(ideas[0], *bounds).astype(np.float32)
    blocks = _fitted(start, bounds, steps.table, grid(luma.shape, way.halved, 0))
    found = [(blocks, steps.table), *chroma]
    return Origin(Coefficients([b for b, _ in found], [t for _, t in found], way.halved), way.plain)


def naive(pixels: NDArray[np.uint8]) -> list[Floats]:
    """YCbCr of pixels as if nothing had been clipped or rounded."""
    r, g, b = (pixels[..., c].astype(np.float32) for c in range(3))
    luma = np.float32(0.299) * r + np.float32(0.587) * g + np.float32(0.114) * b
    return [luma, (b - luma) / np.float32(1.772) + 128, (r - luma) / np.float32(1.402) + 128]


class Way(NamedTuple):
    """How chroma was brought to all pixels."""

    halved: Halved
    plain: bool


WAYS = tuple(
    Way(halved, plain)
    for halved, plain in (
        ((True, True), False),
        ((True, True), True),
        ((False, True), False),
        ((False, True), True),
        ((False, False), False),
    )
)


def _way(chroma: list[NDArray[Any]], known: NDArray[np.bool_]) -> Way:
    """The way that explains a part of the chroma planes with the fewest samples."""
    starts = [max(0, n - CROP) // 2 & -UNIT for n in known.shape]
    part = tuple(slice(start, start + CROP) for start in starts)
    return next(way for way in WAYS if all(_explains(way, plane[part], known[part]) for plane in chroma))


def _explains(way: Way, plane: NDArray[Any], known: NDArray[np.bool_]) -> bool:
    """Whether nearly all pixels that differ from a neighbour are made from the samples of a smaller plane."""
    if not any(way.halved):
        return True
    tried = _surrounded(known) & _changing(plane)
    half = shrink(plane.astype(np.float32), *way)
    near = _share(np.rint(half), way, plane, tried)
    if way.plain or near < LEAST_NEAR:
        return near > LEAST_REPEATED
    return _share(settle(half, plane, known, way.halved)[0], way, plane, tried) > LEAST_MADE


def _surrounded(known: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Pixels all of whose neighbours are known too, as far as one matters for another."""
    for axis in range(2):
        sums = np.cumsum(np.pad(~known, [(0, 0)] * axis + [(AROUND + 1, AROUND)] + [(0, 0)] * (1 - axis)), axis, int)
        span = 2 * AROUND + 1
        known = np.take(sums, range(span, sums.shape[axis]), axis) == np.take(
            sums, range(sums.shape[axis] - span), axis
        )
    return known


def _changing(plane: NDArray[Any]) -> NDArray[np.bool_]:
    out = np.zeros(plane.shape, bool)
    across, down = np.rint(plane[:, 1:]) != np.rint(plane[:, :-1]), np.rint(plane[1:]) != np.rint(plane[:-1])
    out[:, 1:] |= across
    out[:, :-1] |= across
    out[1:] |= down
    out[:-1] |= down
    return out


def _share(samples: NDArray[Any], way: Way, plane: NDArray[Any], tried: NDArray[np.bool_]) -> float:
    """Of the tried pixels, those that the samples make."""
    made = upsample(np.clip(samples, 0, 255).astype(np.uint8), way.halved, way.plain, plane.shape)
    return float((made == plane)[tried].mean()) if tried.any() else 1.0


def _steps(half: NDArray[Any], known: NDArray[np.bool_], quality: int | None = None) -> jpeg_steps.Steps:
    return jpeg_steps.estimate(_sampled(half, known), jpeg_steps.CHROMA, quality)


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


def _chroma(plane: NDArray[Any], known: NDArray[np.bool_], way: Way, quality: int | None) -> tuple[Blocks, Table]:
    """The blocks of a chroma plane, and their steps. quality: of luma."""
    sure, size = _halved_known(known, way.halved), grid(plane.shape, way.halved, 1)
    half = shrink(plane.astype(np.float32), *way)
    if way.plain or not any(way.halved):
        samples = np.rint(half).astype(np.int16)
        table = _steps(samples, sure, quality).table
        return _fitted(half, _bounds(samples, sure, sure), table, size), table
    return _interpolated(half, plane, known, way.halved, quality)


def _interpolated(
    half: Floats, plane: NDArray[Any], known: NDArray[np.bool_], halved: Halved, quality: int | None
) -> tuple[Blocks, Table]:
    """The blocks of half a plane, of which `half` is a first idea, and their steps.

    By turns blocks give samples, and samples that do not give the known pixels are moved until they do.
    """
    sure, size = _halved_known(known, halved), grid(plane.shape, halved, 1)
    samples, clear = settle(half, plane, known, halved)
    table = _steps(samples, sure & clear, quality).table
    wanted = wanted_of(plane, known, halved, half.shape)
    weights = to_blocks(_padded(np.where(sure, 1 / KNOWN, 1 / GUESSED), size)).astype(np.float32)
    for number in range(ROUNDS):
        ideas = samples.astype(np.float32)
        if number <= SIMPLE:
            blocks = _fitted(ideas, _bounds(samples, sure & clear, sure), table, size, number == SIMPLE)
        else:
            refine(blocks, table, to_blocks(_padded(ideas, size)), weights, wanted)
        made = halved_size(inverse(blocks, table), plane.shape, halved)
        samples, clear = settle(made.astype(np.float32), plane, known, halved)
        if (samples == made).all():
            break
    return blocks, table


def _bounds(samples: Plane, sure: NDArray[np.bool_], near: NDArray[np.bool_]) -> tuple[Plane, Plane]:
    """Bounds of samples that are sure, and of others that are off by one at most."""
    low = np.where(sure, samples, np.where(near, samples - 1, -FREE)).astype(np.int16)
    high = np.where(sure, samples, np.where(near, samples + 1, FREE)).astype(np.int16)
    return _open(low, high)


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
