"""Planes that a Photo CD or a video might hold."""

import numpy as np
from numpy.typing import NDArray


def photo_cd_planes(height: int, width: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.uint8]]:
    """Luma with grain, and two smooth chroma planes of half the size."""
    y, x = np.mgrid[:height, :width]
    grain = np.random.default_rng(0).normal(0, 3, (height, width))
    luma = (100 + 30 * np.sin(x / 17) + 25 * np.cos(y / 11) + grain).astype(np.uint8)
    y, x = np.mgrid[: (height + 1) // 2, : (width + 1) // 2]
    blue = (156 + 14 * np.sin(x / 9 + y / 13)).astype(np.uint8)
    red = (137 + 12 * np.cos(x / 12 - y / 10)).astype(np.uint8)
    return luma, blue, red


def video_planes(
    height: int, width: int, subsampled: bool
) -> tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.uint8]]:
    """The same with chroma round 128, of half the width and, if subsampled, height."""
    luma, blue, red = photo_cd_planes(height, width)
    if not subsampled:
        _, blue, red = photo_cd_planes(2 * height, width)
    return luma, blue - 28, red - 9
