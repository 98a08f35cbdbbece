"""Padding, and the half-size images of the baselines. NumPy and Pillow only."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class Padding:
    """Rows and columns of zeros around an image."""

    left: int
    right: int
    top: int
    bottom: int

    @classmethod
    def to_multiple(cls, height: int, width: int, multiple: int) -> Padding:
        """Half of what is missing, rounded down, goes to the left and top."""
        down, across = -height % multiple, -width % multiple
        return cls(across // 2, across - across // 2, down // 2, down - down // 2)

    def add(self, image: Pixels) -> Pixels:
        """[H, W, C] -> [top + H + bottom, left + W + right, C]."""
        return np.pad(image, ((self.top, self.bottom), (self.left, self.right), (0, 0)))

    def remove(self, image: Pixels) -> Pixels:
        height, width = image.shape[:2]
        return image[self.top : height - self.bottom, self.left : width - self.right]


def half_size(image: Pixels) -> Pixels:
    """uint8 [H, W, 3] -> [H // 2, W // 2, 3], Pillow's bicubic (which smooths before it samples)."""
    height, width = image.shape[:2]
    return np.asarray(Image.fromarray(image).resize((width // 2, height // 2), Image.Resampling.BICUBIC))
