"""Pixels that a video decoder made, back to luma and the chroma that neighbours share."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from l3c.history.luma import Ints, luma_bounds, smooth
from l3c.history.probes import is_inner, nearly_all, spread_of, unclipped
from l3c.history.video.convert import (
    ALL_APART,
    CHROMA_ZERO,
    LUMA_APART,
    TOGETHER,
    Converter,
    Plane,
    offsets,
    redo,
    repeated,
)

MATRICES = {"BT.601": (0.299, 0.114), "BT.709": (0.2126, 0.0722), "BT.2020": (0.2627, 0.0593)}
"""Shares of red and blue in luma."""

FIRST_PAIRS = 256
"""Pairs of pixels that tell of most images that no video decoder made them."""

PAIRS = 4096
"""Pairs that are looked at where those leave it open."""

LEAST_PAIRS = 256
"""Of which so many must be unclipped and coloured, or nothing is known."""

FEW = 256
"""Pixels by which converters are judged first."""

LEAST_COLOURS = 64
"""Different colours among the pixels: of few, some converter makes all by chance."""

COLOURED = 8
"""Nearly gray pixels tell nothing: every converter makes them."""

ROUNDING = 2
"""By how much colours of equal chroma may differ: each of three is rounded on its own."""

FIRST_SHARE = 0.9
"""Of the first pairs, those that must share chroma: few, so less than of all. By trial."""

LEAST_SHARE = 0.95
"""Of all pairs looked at, and of pixels that chroma of half the rows must explain. By trial."""

MADE_SHARE = 0.98
"""Of pixels, those that a converter must make: others of the list make less. By trial."""

TRIALS = 40
"""Tries for each chroma sample under clipped pixels. By trial."""

LUMA_STEPS = (0, 1, -1, 2, -2)  # levels around the likely luma, the nearest first. By trial
CHROMA_MOVES = (
    -6,
    -3,
    -2,
    -1,
    0,
    1,
    2,
    3,
    6,
)  # drawn at random, small ones most often. By trial


class Origin(NamedTuple):
    """luma [height, width], blue and red of half the width: uint8. subsampled: they have half the height too."""

    luma: Plane
    blue: Plane
    red: Plane
    converter: Converter
    subsampled_rows: bool


def converters() -> Iterator[Converter]:
    """The converters that are looked for: those of FFmpeg, OpenCV and straightforward programs."""
    yield Converter(TOGETHER, 20, 1, 1, 16, 1220542, 1673527, -409993, -852492, 2116026)
    yield Converter(LUMA_APART, 14, 1, 0, 0, 1 << 14, 22987, -5636, -11698, 29049)
    yield Converter(LUMA_APART, 14, 1, 0, 0, 1 << 14, 18678, -6472, -9519, 33292)
    for shares in MATRICES.values():
        for full in (False, True):
            yield _by_matrix(shares, full, ALL_APART, 13, 0)
            yield _by_matrix(shares, full, TOGETHER, 16, 1)
            yield _by_matrix(shares, full, TOGETHER, 16, 0)


def _by_matrix(shares: tuple[float, float], full: bool, form: int, shift: int, rounded: int) -> Converter:
    red, blue = shares
    green = 1 - red - blue
    luma, chroma = (1.0, 1.0) if full else (255 / 219, 255 / 224)
    parts = (2 * (1 - red), -2 * (1 - blue) * blue / green, -2 * (1 - red) * red / green, 2 * (1 - blue))
    numbers = (round(value * (1 << shift)) for value in (luma, *(chroma * part for part in parts)))
    return Converter(form, shift, rounded, 0, 0 if full else 16, *numbers)


def invert(pixels: NDArray[np.uint8]) -> Origin | None:
    """The planes behind RGB pixels [height, width, 3]; None where no known decoder made them.

    The caller repeats the conversion and stores the pixels that differ.
    """
    if not likely(pixels):
        return None
    converter = _converter_of(pixels)
    if converter is None:
        return None
    if _rows_share(pixels):
        planes = _planes(pixels, converter, True)
        if _unexplained(pixels, planes) < 1 - LEAST_SHARE:
            return planes
    return _planes(pixels, converter, False)


def _planes(pixels: NDArray[np.uint8], converter: Converter, subsampled_rows: bool) -> Origin:
    chroma = _chroma(blocks_of(pixels, subsampled_rows), converter)
    low, high = _bounds(pixels, *_of_pixels(pixels, chroma, subsampled_rows), converter)
    luma, blue, red = (plane.astype(np.uint8) for plane in (smooth(low, np.maximum(low, high)), *chroma))
    return Origin(luma, blue, red, converter, subsampled_rows)


def _unexplained(pixels: NDArray[np.uint8], planes: Origin) -> float:
    return float((redo(*planes) != pixels).any(-1).mean())


def _of_pixels(pixels: NDArray[np.uint8], chroma: Ints, subsampled_rows: bool) -> tuple[Ints, Ints]:
    blue, red = (repeated(plane, pixels.shape[:2], subsampled_rows) for plane in chroma)
    return blue, red


def likely(pixels: NDArray[np.uint8]) -> bool:
    """Whether pairs of pixels from all over the image differ by luma alone, and the image has colours."""
    return pixels.shape[1] > 1 and _share_chroma(pixels[:, :-1:2], pixels[:, 1::2])


def _rows_share(pixels: NDArray[np.uint8]) -> bool:
    return len(pixels) > 1 and _share_chroma(pixels[:-1:2], pixels[1::2])


def _share_chroma(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> bool:
    """Whether red, green and blue differ equally, up to rounding, where nothing is clipped and colours are not gray."""
    first = _chroma_apart(one, other, FIRST_PAIRS)
    if not nearly_all(first <= ROUNDING, FIRST_SHARE):
        return False
    apart = _chroma_apart(one, other, PAIRS)
    return len(apart) >= LEAST_PAIRS and nearly_all(apart <= ROUNDING, LEAST_SHARE)


def _chroma_apart(one: NDArray[np.uint8], other: NDArray[np.uint8], most: int) -> NDArray[np.int16]:
    """By how much more one channel differs than another, in some `most` pairs, clipped and gray ones left out."""
    step = max(1, math.isqrt(one.shape[0] * one.shape[1] // most))
    one, other = one[::step, ::step], other[::step, ::step]
    detected = is_inner(one) & is_inner(other) & (spread_of(one) > 1)
    apart: NDArray[np.int16] = spread_of(one[detected].astype(np.int16) - other[detected])
    return apart


def _converter_of(pixels: NDArray[np.uint8]) -> Converter | None:
    probes = unclipped(pixels, PAIRS)
    probes = probes[spread_of(probes) >= COLOURED]
    if len(np.unique(probes, axis=0)) < LEAST_COLOURS:
        return None
    few = probes[:: max(1, len(probes) // FEW)]
    candidates = [c for c in converters() if _explained(few, c) > MADE_SHARE]
    best = max(candidates, key=lambda c: _explained(probes, c), default=None)
    return best if best is not None and _explained(probes, best) > MADE_SHARE else None


def _explained(probes: NDArray[np.uint8], converter: Converter) -> float:
    return float((origins(probes, converter)[0] >= 0).mean())


def origins(pixels: NDArray[np.uint8], converter: Converter) -> tuple[Ints, Ints]:
    """Chroma, blue and red, that some luma makes each pixel of; -1 where a channel is clipped or there is none."""
    r, g, b = (pixels[..., i].astype(np.int32) for i in range(3))
    inner = is_inner(pixels)
    green_of_blue, green_of_red = converter.green_blue / converter.blue, converter.green_red / converter.red
    lost = 0.5 * (1 - converter.rounded) * (1 + (converter.form == ALL_APART))
    levels = (g + 1.5 * lost - green_of_blue * (b + lost) - green_of_red * (r + lost)) / (
        1 - green_of_blue - green_of_red
    )
    near = np.rint(levels * (1 << converter.shift) / converter.luma + converter.zero).astype(np.int32)
    planes = np.full(r.shape, -1, np.int32), np.full(r.shape, -1, np.int32)
    for luma in (near + step for step in LUMA_STEPS):
        level = converter.luma * np.maximum(luma - converter.zero, 0 if converter.floored else -converter.zero)
        blue, red = (
            _chroma_behind(value, level, step, converter) for value, step in ((b, converter.blue), (r, converter.red))
        )
        made = [(level + offset) >> converter.shift for offset in offsets(blue, red, converter)]
        fits = inner & (planes[0] < 0) & (made[0] == r) & (made[1] == g) & (made[2] == b)
        for values in (luma, blue, red):
            fits &= (values >= 0) & (values <= 255)
        for plane, values in zip(planes, (blue, red), strict=True):
            np.copyto(plane, values, where=fits)
    return planes


def _chroma_behind(value: Ints, level: Ints, step: int, converter: Converter) -> Ints:
    """The chroma sample that makes a colour from a level of luma, if one does."""
    if converter.form == TOGETHER:
        rest = (value + 1 << converter.shift) - 1 - level
    else:
        rest = (value - ((level + converter.half) >> converter.shift) + 1 << converter.shift) - 1
    sample: Ints = (rest - converter.half) // step + CHROMA_ZERO
    return sample


def _chroma(blocks: NDArray[np.uint8], converter: Converter) -> Ints:
    """Blue and red [2, rows, columns] behind blocks [rows, columns, n, 3] of pixels that share them.

    The origin of one of the pixels, that which explains most of them; where none has one, a search.
    """
    own = np.stack(origins(blocks, converter))
    best, most = own[..., 0], _explaining(blocks, own[..., 0], converter)
    for i in range(1, own.shape[-1]):
        count = _explaining(blocks, own[..., i], converter)
        best, most = np.where(count > most, own[..., i], best), np.maximum(count, most)
    return _search(blocks, best, best[0] < 0, converter)


def _search(blocks: NDArray[np.uint8], known: Ints, unknown: NDArray[np.bool_], converter: Converter) -> Ints:
    """Fill in unknown samples: gray, like their neighbours, or whatever near explains more pixels."""
    filled = np.stack([smooth(np.where(unknown, 0, plane), np.where(unknown, 255, plane)) for plane in known])
    if not unknown.any():
        return filled
    random, hidden, start = np.random.default_rng(0), blocks[unknown], filled[:, unknown]
    best, most = np.full_like(start, CHROMA_ZERO), _explaining(hidden, np.full_like(start, CHROMA_ZERO), converter)
    for trial in range(TRIALS):
        steps = random.choice(CHROMA_MOVES, start.shape).astype(np.int32) if trial else np.zeros_like(start)
        for tried in (
            start + steps,
            _by_sound_channels(hidden[:, trial % hidden.shape[1]], start + steps, random, converter),
        ):
            chroma = np.clip(tried, 0, 255)
            count = _explaining(hidden, chroma, converter)
            best, most = np.where(count > most, chroma, best), np.maximum(count, most)
    filled[:, unknown] = best
    return filled


def _by_sound_channels(
    pixels: NDArray[np.uint8], chroma: Ints, random: np.random.Generator, converter: Converter
) -> Ints:
    """Chroma that makes the unclipped red or blue of pixels [samples, 3] from a random luma; the rest as it was."""
    level = converter.luma * (random.integers(converter.zero, 256, len(pixels), np.int32) - converter.zero)
    blue, red = pixels[:, 2].astype(np.int32), pixels[:, 0].astype(np.int32)
    behind = np.stack(
        [_chroma_behind(blue, level, converter.blue, converter), _chroma_behind(red, level, converter.red, converter)]
    )
    sound = np.stack([(blue > 0) & (blue < 255), (red > 0) & (red < 255)])
    return np.where(sound, behind, chroma)


def _explaining(blocks: NDArray[np.uint8], chroma: Ints, converter: Converter) -> Ints:
    """How many pixels of each block [..., n, 3] some luma makes, given chroma [2, ...]; -1 of chroma below 0."""
    low, high = _bounds(blocks, chroma[0][..., None], chroma[1][..., None], converter)
    return np.where(chroma[0] < 0, -1, (low <= high).sum(-1)).astype(np.int32)


def _bounds(pixels: NDArray[np.uint8], blue: Ints, red: Ints, converter: Converter) -> tuple[Ints, Ints]:
    """The least and the greatest luma, 0 .. 255, that makes each pixel, given its chroma."""
    least = 0 if converter.floored else -converter.zero
    low, high = luma_bounds(
        pixels, offsets(blue, red, converter), converter.luma, converter.shift, (least, 255 - converter.zero)
    )
    return np.where(low > least, low + converter.zero, 0).astype(np.int32), high + converter.zero


def blocks_of(pixels: NDArray[np.uint8], subsampled_rows: bool) -> NDArray[np.uint8]:
    """[rows, columns, 2 or 4, 3]: the pixels that share chroma; beyond the borders the last ones again."""
    height, width = pixels.shape[:2]
    down = 2 if subsampled_rows else 1
    padded = np.pad(pixels, ((0, -height % down), (0, width % 2), (0, 0)), "edge")
    cells = padded.reshape(len(padded) // down, down, padded.shape[1] // 2, 2, 3)
    return cells.transpose(0, 2, 1, 3, 4).reshape(len(cells), -1, 2 * down, 3)
