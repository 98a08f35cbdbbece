"""Random crops of photographs, augmented, in the coding order of channels."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from l3c.errors import InputError
from l3c.training.picture_files import Pixels, read_rgb

Random = np.random.Generator
logger = logging.getLogger(__name__)

GRAY = np.array([0.299, 0.587, 0.114])
"""Luma of ITU-R BT.601, which Pillow's mode L uses too."""


DOWNSCALED = 0.08  # probability that a crop is averaged down by two. By taste, as those below
TONED = 0.15  # probability that its gamma and gain are changed
SUBSAMPLED = 0.12  # probability of subsampled chroma
GAMMA_SPREAD = 0.2  # standard deviation of gamma's logarithm
GAIN_SPREAD = 0.15  # of that of each colour's gain


def read_pictures(paths: list[Path]) -> list[Pixels]:
    """uint8 [height, width, 3] each; a damaged one is named and skipped. Raises InputError where all are."""
    pictures = []
    for path in paths:
        try:
            pictures.append(read_rgb(path))
        except InputError as error:
            logger.warning("skipped %s", error)
    if not pictures:
        raise InputError(f"{paths[0].parent}: every picture is damaged")
    return pictures


def to_coding_order(rgb: Pixels, channels: int) -> Pixels:
    """uint8 [..., 3] in R, G, B to [..., 3] in G, R, B, or to [..., 1] luma."""
    if channels == 3:
        return rgb[..., [1, 0, 2]]
    luma: Pixels = np.floor(rgb @ GRAY + 0.5).astype(np.uint8)
    return luma[..., None]


class Crops:
    """A source of batches, each of which follows from its seed.

    images: uint8 [height, width, 3], sides at least twice a crop's. size: height and width of a crop, pixels. channels:
    3 or 1. Each crop is turned and mirrored at random; some are averaged down by two, changed in gamma and gain, or
    given the subsampled chroma that decoded JPEGs and video frames have.
    """

    def __init__(self, images: list[Pixels], size: int, channels: int) -> None:
        self.images = images
        areas = np.array([image.shape[0] * image.shape[1] for image in self.images], float)
        self.share = areas / areas.sum()
        self.size, self.channels = size, channels

    def batch(self, count: int, seed: Sequence[int]) -> Pixels:
        """uint8 [count, size, size, channels]."""
        random = np.random.default_rng(seed)
        return np.stack([to_coding_order(self._crop(random), self.channels) for _ in range(count)])

    def _crop(self, random: Random) -> Pixels:
        image = self.images[random.choice(len(self.images), p=self.share)]
        downscaled = random.random() < DOWNSCALED
        crop = cut(image, self.size * (2 if downscaled else 1), random)
        if downscaled:
            crop = _round(crop.reshape(self.size, 2, self.size, 2, 3).mean(axis=(1, 3)))
        if random.random() < TONED:
            crop = change_tone(crop, random)
        if random.random() < SUBSAMPLED:
            crop = subsample_chroma(crop)
        return turn(crop, random)


def cut(image: Pixels, size: int, random: Random) -> Pixels:
    y = random.integers(image.shape[0] - size + 1)
    x = random.integers(image.shape[1] - size + 1)
    return image[y : y + size, x : x + size]


def change_tone(crop: Pixels, random: Random) -> Pixels:
    gamma = np.exp(random.normal(0, GAMMA_SPREAD))
    gain = np.exp(random.normal(0, GAIN_SPREAD, 3))
    return _round(255 * (crop / 255.0) ** gamma * gain)


def turn(crop: Pixels, random: Random) -> Pixels:
    turns, mirror = random.integers(4), random.integers(2)
    crop = np.rot90(crop, int(turns))
    return crop[:, ::-1] if mirror else crop


def subsample_chroma(rgb: Pixels) -> Pixels:
    """Colour differences averaged over 2 x 2 pixels and interpolated back, as decoded JPEGs have them."""
    y = rgb @ GRAY
    chroma = rgb - y[..., None]
    height, width = y.shape
    half = chroma.reshape(height // 2, 2, width // 2, 2, 3).mean(axis=(1, 3))
    for axis in (0, 1):
        half = _double(half, axis)
    return _round(y[..., None] + half)


def _double(a: NDArray[np.float64], axis: int) -> NDArray[np.float64]:
    padded = np.concatenate([a.take([0], axis), a, a.take([-1], axis)], axis)
    n = a.shape[axis]
    before, here, after = (padded.take(range(i, i + n), axis) for i in range(3))
    pairs = np.stack([0.25 * before + 0.75 * here, 0.75 * here + 0.25 * after], axis + 1)
    return pairs.reshape([2 * s if i == axis else s for i, s in enumerate(a.shape)])


def _round(values: NDArray[np.float64]) -> Pixels:
    return np.clip(np.floor(values + 0.5), 0, 255).astype(np.uint8)
