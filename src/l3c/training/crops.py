"""Random crops of photographs, augmented, in the coding order of channels."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Pixels = NDArray[np.uint8]
logger = logging.getLogger(__name__)

GRAY = np.array([0.299, 0.587, 0.114])
"""Luma of ITU-R BT.601, which Pillow's mode L uses too."""


def read_folder(folder: Path) -> list[Pixels]:
    """All images of a folder as uint8 [height, width, 3]; a damaged one is named and skipped."""
    images = []
    for path in sorted(folder.iterdir()):
        try:
            with Image.open(path) as image:
                images.append(np.array(image.convert("RGB")))
        except (OSError, SyntaxError) as error:
            logger.warning("skipped %s: %s", path, error)
    if not images:
        raise ValueError(f"{folder}: no readable image")
    return images


def to_coding_order(rgb: Pixels, channels: int) -> Pixels:
    """uint8 [..., 3] in R, G, B to [..., 3] in G, R, B, or to [..., 1] luma."""
    if channels == 3:
        return rgb[..., [1, 0, 2]]
    luma: Pixels = np.floor(rgb @ GRAY + 0.5).astype(np.uint8)
    return luma[..., None]


class Crops:
    """An endless, seeded source of batches.

    size: height and width of a crop, pixels. Each crop is turned and mirrored at random; some are averaged down by
    two, changed in gamma and gain, or given the halved chroma that decoded JPEGs and video frames have.
    """

    def __init__(self, images: list[Pixels], size: int, channels: int, seed: int) -> None:
        self.images = [image for image in images if min(image.shape[:2]) >= 2 * size]
        areas = np.array([image.shape[0] * image.shape[1] for image in self.images], float)
        self.share = areas / areas.sum()
        self.size, self.channels = size, channels
        self.random = np.random.default_rng(seed)

    def batch(self, count: int) -> Pixels:
        """uint8 [count, size, size, channels]."""
        return np.stack([to_coding_order(self._crop(), self.channels) for _ in range(count)])

    def _crop(self) -> Pixels:
        image = self.images[self.random.choice(len(self.images), p=self.share)]
        halved = self.random.random() < 0.08
        crop = self._cut(image, self.size * (2 if halved else 1))
        if halved:
            crop = _round(crop.reshape(self.size, 2, self.size, 2, 3).mean(axis=(1, 3)))
        if self.random.random() < 0.15:
            crop = self._change_tone(crop)
        if self.random.random() < 0.12:
            crop = halve_chroma(crop)
        return self._turn(crop)

    def _cut(self, image: Pixels, size: int) -> Pixels:
        y = self.random.integers(image.shape[0] - size + 1)
        x = self.random.integers(image.shape[1] - size + 1)
        return image[y : y + size, x : x + size]

    def _change_tone(self, crop: Pixels) -> Pixels:
        gamma = np.exp(self.random.normal(0, 0.2))
        gain = np.exp(self.random.normal(0, 0.15, 3))
        return _round(255 * (crop / 255.0) ** gamma * gain)

    def _turn(self, crop: Pixels) -> Pixels:
        turns, mirror = self.random.integers(4), self.random.integers(2)
        crop = np.rot90(crop, int(turns))
        return crop[:, ::-1] if mirror else crop


def halve_chroma(rgb: Pixels) -> Pixels:
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
