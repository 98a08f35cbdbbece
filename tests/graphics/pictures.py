"""Small pictures of the kinds that the graphics coder is for, and some that it is not."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]


def drawn(height: int, width: int, channels: int) -> Picture:
    """Bars, a disc with a soft edge and a pattern that repeats, on one colour."""
    y, x = np.mgrid[:height, :width]
    out = np.full((height, width, channels), 240, np.uint8)
    out[(y % 12 < 2) & (x > width // 3)] = 30
    radius = np.hypot(y - height / 2, x - width / 3)
    edge = np.clip((height / 4 - radius) * 60 + 120, 0, 240).astype(np.uint8)
    out = np.where(edge[..., None] > 0, 255 - edge[..., None] // np.arange(1, channels + 1, dtype=np.uint8), out)
    out[: height // 4, : width // 2] = ((x * 7 + y * 3) % 5 * 50).astype(np.uint8)[: height // 4, : width // 2, None]
    return out


def noise(height: int, width: int, channels: int, levels: int = 256) -> Picture:
    return np.random.default_rng(height * width).integers(0, levels, (height, width, channels)).astype(np.uint8)


def bilevel() -> dict[str, Picture]:
    """Of the colours 0 and 1 alone, by name."""
    letters = np.tile(noise(11, 9, 1, 2), (6, 9, 1))[:, :77] | (noise(66, 77, 1) > 250)
    page = np.ones((90, 75, 1), np.uint8)
    page[20:40, 10:60] = drawn(20, 50, 1) < 128
    page[50:70, 5:55] = page[20:40, 10:60]
    return {
        "0": np.zeros((1, 1, 1), np.uint8),
        "1": np.ones((1, 1, 1), np.uint8),
        "1 everywhere": np.ones((40, 33, 1), np.uint8),
        "bits, a row": noise(1, 70, 1, 2),
        "bits, a column": noise(70, 1, 1, 2),
        "bits, noise": noise(20, 30, 1, 2),
        "bits, 8 columns": noise(40, 8, 1, 2),
        "bits, slanted": ((np.mgrid[:40, :50].sum(0) // 5 % 2)[..., None]).astype(np.uint8),
        "letters": letters.astype(np.uint8),
        "page": page,
        "dots": (noise(60, 120, 1) > 252).astype(np.uint8),
    }


def pictures(channels: int) -> dict[str, Picture]:
    """By name."""
    y, x = np.mgrid[:24, :31]
    slope = (y + 2 * x)[..., None] + 20 * np.arange(channels)
    return {
        "one pixel": noise(1, 1, channels),
        "a row": drawn(1, 60, channels),
        "a column": drawn(60, 1, channels),
        "one colour": np.full((40, 90, channels), 200, np.uint8),
        "drawing": drawn(48, 70, channels),
        "two values": noise(20, 30, channels, 2) * 255,
        "noise": noise(9, 11, channels),
        "slope": slope.astype(np.uint8),
        "what repeats": np.tile(noise(9, 13, channels, 2), (7, 8, 1))[:, :97] * 99 + drawn(63, 97, channels) // 250,
        "mostly flat": np.where(noise(40, 200, 1) < 2, 9, 77).astype(np.uint8).repeat(channels, 2),
    }


def smooth(height: int, width: int, channels: int, seed: int) -> Picture:
    """Gradients of each channel, some of them bent or noisy, wrapped at 256: rules hold here and fail there."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[:height, :width]
    steps = random.integers(-9, 10, (5, channels))
    rise = y[..., None] * steps[0] + x[..., None] * steps[1] + (x * y)[..., None] * steps[2] // 16 + steps[3] * 12
    noisy = (steps[4] > 4) * random.integers(-2, 3, (height, width, channels))
    return np.asarray(rise + noisy, np.uint8)
