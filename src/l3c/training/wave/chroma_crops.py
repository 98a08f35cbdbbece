"""Luma and subsampled chroma of photographs, as video and Photo CD have them, for networks that have luma as side
information.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from l3c.training.picture_files import Pixels
from l3c.training.wave.crops import TONED, Crops, Random, change_tone, cut, turn
from l3c.wave.definition.side_information import side_information_of

Floats = NDArray[np.float32]


class Conversion(NamedTuple):
    """RGB of 0 .. 255 to luma, blue and red chroma: zero + step times luma, blue - luma, red - luma.

    weights: of red, green and blue in luma.
    """

    weights: tuple[float, float, float]
    steps: tuple[float, float, float]
    zeros: tuple[float, float, float]


BT601 = (0.299, 0.587, 0.114)
"""Shares of red, green and blue in luma: of standard television, JPEG and Photo CD."""

BT709 = (0.2126, 0.7152, 0.0722)
"""The same of high definition."""

# Kodak's PhotoYCC, as `history.photo_cd` undoes it
PHOTO_CD = Conversion(BT601, (1 / 1.3584, 1 / 2.2179, 1 / 1.8215), (0, 156, 137))
FULL = Conversion(BT601, (1, 1 / 1.772, 1 / 1.402), (0, 128, 128))  # JPEG, and video of full range
# video of standard definition: luma from 16 to 235
LIMITED = Conversion(BT601, (219 / 255, 224 / 255 / 1.772, 224 / 255 / 1.402), (16, 128, 128))
# video of high definition
LIMITED_709 = Conversion(BT709, (219 / 255, 224 / 255 / 1.8556, 224 / 255 / 1.5748), (16, 128, 128))

CONVERSIONS = (PHOTO_CD, FULL, LIMITED, LIMITED_709)  # those that a network meets in histories
CONVERSION_SHARES = (0.3, 0.25, 0.25, 0.2)  # probability of each. By taste
HALVES = ((2, 2), (1, 2), (1, 1))
"""Rows and columns that a sample of chroma is the mean of; with one of each, of a picture twice as large."""

HALF_SHARES = (0.6, 0.1, 0.3)
"""Probability of each. By taste: 4:2:0 is the usual one, 4:2:2 is rare."""

BETWEEN = ()  # chroma lies between two pixels, as in JPEG
LEFT = (1,)  # on every second column, as in MPEG-2 and H.264
CORNER = (0, 1)  # on every second row and column, as on Photo CD
SITES = (BETWEEN, LEFT, CORNER)
"""Axes along which chroma lies on every second pixel, not between two."""

SITE_SHARES = (0.4, 0.3, 0.3)
"""Probability of each. By taste."""


def chroma_planes(
    rgb: Pixels, conversion: Conversion = FULL, half: tuple[int, int] = (2, 2), sites: tuple[int, ...] = BETWEEN
) -> Pixels:
    """uint8 [H, W, 3] to luma averaged down, blue and red chroma: [H / half[0], W / half[1], 3]. H, W: multiples."""
    luma = rgb.astype(np.float32) @ np.array(conversion.weights, np.float32)
    differences = rgb[..., [2, 0]] - luma[..., None]
    steps, zeros = np.array(conversion.steps, np.float32), np.array(conversion.zeros, np.float32)
    for axis in sites:
        if half[axis] > 1:
            differences = (differences + _shifted(differences, axis)) / 2
    height, width = luma.shape[0] // half[0], luma.shape[1] // half[1]
    means = differences.reshape(height, half[0], width, half[1], 2).mean(axis=(1, 3))
    chroma = _bytes(means * steps[1:] + zeros[1:])
    known = side_information_of(_bytes(luma * steps[0] + zeros[0])[..., None], height, width)
    return np.concatenate([known, chroma], axis=2)


def _shifted(values: Floats, axis: int) -> Floats:
    """The pixels above or on the left; beyond the border the nearest."""
    rest: Floats = values.take(range(values.shape[axis] - 1), axis)
    return np.concatenate([values.take([0], axis), rest], axis)


def _bytes(values: Floats) -> Pixels:
    rounded: Pixels = np.clip(np.floor(values + 0.5), 0, 255).astype(np.uint8)
    return rounded


class ChromaCrops(Crops):
    """A source of batches of luma (the side information), blue and red chroma. images, size: as of `Crops`, of
    chroma's pixels.
    """

    def __init__(self, images: list[Pixels], size: int) -> None:
        super().__init__(images, size, 3)

    def batch(self, count: int, seed: Sequence[int]) -> Pixels:
        """uint8 [count, size, size, 3]."""
        random = np.random.default_rng(seed)
        return np.stack([self._planes(random) for _ in range(count)])

    def _planes(self, random: Random) -> Pixels:
        half = HALVES[random.choice(len(HALVES), p=HALF_SHARES)]
        image = self.images[random.choice(len(self.images), p=self.share)]
        crop = turn(cut(image, 2 * self.size, random), random)
        if random.random() < TONED:
            crop = change_tone(crop, random)
        crop = crop[: half[0] * self.size, : half[1] * self.size]
        conversion = CONVERSIONS[random.choice(len(CONVERSIONS), p=CONVERSION_SHARES)]
        return chroma_planes(crop, conversion, half, SITES[random.choice(len(SITES), p=SITE_SHARES)])
