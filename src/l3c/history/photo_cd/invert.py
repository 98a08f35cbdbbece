"""Pixels that a Photo CD's converter made, back to its planes.

Pixels without a clipped channel have one origin. The others, black and white most of all, have several or hide what
their chroma was: it is bounded by its neighbours, filled in smoothly, and searched where no luma fits.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from l3c.history.luma import smooth
from l3c.history.photo_cd.convert import (
    BLUE,
    BLUE_ZERO,
    GREEN_BLUE,
    GREEN_RED,
    LUMA,
    RED,
    RED_ZERO,
    Ints,
    Plane,
    upsample,
)
from l3c.history.photo_cd.search import Half, luma_bounds, search
from l3c.history.probes import is_inner, nearly_all, unclipped

Mask = NDArray[np.bool_]

FEW = 64
"""Pixels that tell of most images that no Photo CD made them."""

PROBES = 8192
"""Pixels that are looked at where those leave it open."""

LEAST_PROBES = 1000
"""Of which so many must be unclipped, or nothing is known."""

LEAST_COLOURS = 200
"""Different colours among them: of few, some converter makes all by chance."""

FIRST_SHARE = 0.8
"""Of the first pixels, those that must be colours of the converter: few, so less than of all. By trial."""

LEAST_SHARE = 0.95
"""Of all pixels looked at. By trial."""

ROUNDS = 40
"""Of tightening bounds, at most: it ends when none moves."""

UNKNOWN = -1  # no sample


class Planes(NamedTuple):
    """luma [height, width], blue and red [ceil(height / 2), ceil(width / 2)]: uint8. black: the last row is black."""

    luma: Plane
    blue: Plane
    red: Plane
    black: bool


def invert(pixels: NDArray[np.uint8]) -> Planes | None:
    """The planes of RGB pixels [height, width, 3], turned as the Photo CD has them; None where they have no such
    history.

    The caller repeats the conversion and stores the pixels that differ.
    """
    if not likely(pixels):
        return None
    black = len(pixels) > 1 and not pixels[-1].any()
    luma, blue, red = origins(pixels)
    if not (subsampled(blue) and subsampled(red)):
        return None
    known = pixels[:-1] if black else pixels
    chroma = search(known, fill(blue), fill(red))
    values = choose_luma(pixels, upsample(chroma[0], luma.shape), upsample(chroma[1], luma.shape))
    if black:
        values[-1] = values[-2]
    return Planes(values.astype(np.uint8), chroma[0].astype(np.uint8), chroma[1].astype(np.uint8), black)


def likely(pixels: NDArray[np.uint8]) -> bool:
    """Whether a few thousand pixels without a clipped channel, from all over the image, are colours it can make."""
    if not nearly_all(can_be_made(unclipped(pixels, FEW)), FIRST_SHARE):
        return False
    probes = unclipped(pixels, PROBES)
    if len(probes) < LEAST_PROBES or not nearly_all(can_be_made(probes), LEAST_SHARE):
        return False
    return len(np.unique(probes, axis=0)) >= LEAST_COLOURS


def can_be_made(probes: NDArray[np.uint8]) -> Mask:
    """Which of pixels [n, 3], no channel clipped, are colours of the converter."""
    colours, near = _split(probes)
    return np.asarray(_behind(colours, near + np.array([[0], [1], [-1]], np.int32))[1].any(0))


def origins(pixels: NDArray[np.uint8]) -> tuple[Ints, Ints, Ints]:
    """Luma and chroma of each pixel, UNKNOWN where a channel is clipped or the converter makes no such colour."""
    colours, near = _split(pixels)
    inner = is_inner(pixels)
    planes = tuple(np.full(near.shape, UNKNOWN, np.int32) for _ in range(3))
    for luma in (near, near + 1, near - 1):
        origin, fits = _behind(colours, luma)
        for plane, values in zip(planes, origin, strict=True):
            np.copyto(plane, values, where=fits & inner)
    return planes  # type: ignore[return-value]


def _split(pixels: NDArray[np.uint8]) -> tuple[list[Ints], Ints]:
    """Red, green and blue, and luma, which is off by one at most."""
    r, g, b = (pixels[..., c].astype(np.int32) for c in range(3))
    middle = (g + 0.5 + 0.194 * (b + 0.5) + 0.509 * (r + 0.5)) / (1.703 * 1.3584)
    return [r, g, b], middle.astype(np.int32)


def _behind(colours: list[Ints], luma: Ints) -> tuple[tuple[Ints, Ints, Ints], Mask]:
    """Luma, blue and red chroma that may make the colours, and where they do."""
    r, g, b = colours
    level = LUMA * luma
    blue, red = -((level - (b << 16)) // BLUE), -((level - (r << 16)) // RED)
    u, v = BLUE * blue, RED * red
    green = (level - GREEN_BLUE * (u >> 16) - GREEN_RED * (v >> 16)) >> 16
    fits: Mask = (((level + u) >> 16) == b) & (((level + v) >> 16) == r) & (green == g)
    origin = luma, blue + BLUE_ZERO, red + RED_ZERO
    for values in origin:
        fits &= (values >= 0) & (values <= 255)
    return origin, fits


def subsampled(chroma: Ints) -> bool:
    """Whether the samples between two even pixels of a row are their mean, as the converter makes them."""
    even = chroma[::2]
    columns = (even.shape[1] - 1) // 2
    left, middle, right = even[:, : 2 * columns : 2], even[:, 1 : 2 * columns : 2], even[:, 2 : 2 * columns + 1 : 2]
    known = (left >= 0) & (middle >= 0) & (right >= 0)
    return int(known.sum()) >= LEAST_PROBES and bool((((left + right + 1) >> 1) == middle)[known].mean() > LEAST_SHARE)


def fill(chroma: Ints) -> Half:
    """The half plane behind per-pixel chroma, UNKNOWN where it is."""
    low, high = bounds(chroma)
    return Half(smooth(low, high), low, high)


def bounds(chroma: Ints) -> tuple[Ints, Ints]:
    """The bounds of each sample of the half plane, by the pixels that were made from it."""
    rows, columns = -(-chroma.shape[0] // 2), -(-chroma.shape[1] // 2)
    whole = np.full((2 * rows, 2 * columns), UNKNOWN, np.int32)
    whole[: chroma.shape[0], : chroma.shape[1]] = chroma
    here = whole[::2, ::2]
    low, high = np.where(here >= 0, here, 0), np.where(here >= 0, here, 255)
    sums = _sums(whole)
    for _ in range(ROUNDS):
        before = int(low.sum()) - int(high.sum())
        for shifts, least, most in sums:
            _tighten(low, high, shifts, least, most)
        if int(low.sum()) - int(high.sum()) == before:
            break
    return low, high


Shifts = tuple[tuple[int, int], ...]


def _sums(whole: Ints) -> list[tuple[Shifts, Ints, Ints]]:
    """Bounds on sums of neighbouring samples: their places, the least and the most, for each sample."""
    pairs: list[tuple[Shifts, Ints]] = [
        (((0, 0), (0, 1)), whole[::2, 1::2]),
        (((0, 0), (1, 0)), whole[1::2, ::2]),
        (((0, 0), (0, 1), (1, 0), (1, 1)), whole[1::2, 1::2]),
    ]
    sums = []
    for shifts, values in pairs:
        n = len(shifts)
        least, most = n * values - n // 2, n * values + (n - 1) // 2
        sums.append((shifts, np.where(values >= 0, least, 0), np.where(values >= 0, most, 255 * n)))
    return sums


def _tighten(low: Ints, high: Ints, shifts: Shifts, least: Ints, most: Ints) -> None:
    """Each of the samples is at least what the others leave of the sum at their most, and the other way round.

    Contradictory bounds, as where pixels were changed afterwards, are left out.
    """
    rows, columns = low.shape
    down, across = max(y for y, _ in shifts), max(x for _, x in shifts)
    boxes = [(slice(y, rows - down + y), slice(x, columns - across + x)) for y, x in shifts]
    least, most = least[: rows - down, : columns - across], most[: rows - down, : columns - across]
    all_low, all_high = sum(low[box] for box in boxes), sum(high[box] for box in boxes)
    lows = [np.maximum(low[box], least - (all_high - high[box])) for box in boxes]
    highs = [np.minimum(high[box], most - (all_low - low[box])) for box in boxes]
    for box, new_low, new_high in zip(boxes, lows, highs, strict=True):
        least, most = np.maximum(low[box], new_low), np.minimum(high[box], new_high)
        sound = least <= most
        np.copyto(low[box], least, where=sound)
        np.copyto(high[box], most, where=sound)


def choose_luma(pixels: NDArray[np.uint8], blue: Ints, red: Ints) -> Ints:
    """Luma [height, width] that makes the pixels, given their chroma; where several do, a smooth choice."""
    low, high = luma_bounds(pixels, blue, red)
    return smooth(low, np.maximum(low, high))
