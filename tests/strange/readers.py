"""What picture files mean, by readers that l3c does not use."""

from __future__ import annotations

from collections.abc import Callable

from tests.strange import bmp_cases, gif_reader, netpbm_cases, png_reader, tiff_reader, webp_cases
from tests.strange.truth import Truth

READERS: dict[str, Callable[[bytes], Truth]] = {
    ".png": png_reader.read,
    ".bmp": bmp_cases.read,
    ".gif": gif_reader.read,
    **dict.fromkeys((".pbm", ".pgm", ".ppm", ".pnm", ".pam", ".pfm"), netpbm_cases.read),
    ".tif": tiff_reader.read,
    ".webp": webp_cases.read,
}


def read(data: bytes, suffix: str) -> Truth:
    return READERS[suffix](data)
