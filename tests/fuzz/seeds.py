"""Small good files of every kind: what is mutated."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

import l3c
from l3c.images.picture import Picture
from tests.checks import noise, smooth_picture
from tests.long import hostile

METADATA = {
    "icc": bytes(200),
    "exif": b"Exif\0\0II*\0",
    "xmp": b"<x/>",
    "comment": b"of nobody",
    "trailing bytes": b"end",
}


@cache
def seeds() -> dict[str, bytes]:
    """Name to file."""
    rgb, gray = smooth_picture(40, 52, 3), smooth_picture(33, 47, 1)[..., 0]
    flat = np.zeros((64, 80, 3), np.uint8)
    flat[8:20, 8:60] = 200
    arrays: dict[str, tuple[Any, dict[str, Any]]] = {
        "rgb": (rgb, {"metadata": METADATA}),
        "preview": (smooth_picture(340, 30, 1)[..., 0], {"preview": True}),
        "gray": (gray, {}),
        "alpha": (smooth_picture(20, 30, 4), {}),
        "gray and alpha": (smooth_picture(20, 30, 2), {}),
        "inks": (smooth_picture(20, 30, 4), {"layout": "CMYK"}),
        "YCbCr": (smooth_picture(20, 30, 3), {"layout": "YCbCr"}),
        "noise": (noise(20, 30, 3), {}),
        "drawing": (flat, {}),
        "16 bits": (smooth_picture(20, 30, 3).astype(np.uint16) * 251 + 3, {}),
        "12 bits": (gray.astype(np.uint16) * 16, {"maximum": 4095}),
        "one bit": (gray > 128, {}),
        "signed": (gray.astype(np.int16) * 100 - 9000, {}),
        "floats": (gray.astype(np.float32) / 7, {}),
        "doubles": (gray.astype(np.float64) / 7, {}),
        "32 bits": (gray.astype(np.uint32) * 70_000, {}),
        "extra": (smooth_picture(20, 30, 5), {"extra": ("alpha", "unspecified")}),
        "enlarged": (smooth_picture(20, 30, 3).repeat(2, 0).repeat(3, 1), {}),
    }
    files = {name: l3c.encode(array, model="wave-fast", **options) for name, (array, options) in arrays.items()}
    files |= {f"history {i}": seed.data for i, seed in enumerate(hostile.seeds())}
    files["pages"] = l3c.encode_pages([Picture(rgb), Picture(gray, {"comment": b"second"}), Picture(flat)])
    files["kept"] = l3c.keep_file(b"not a picture, " * 9, "txt")
    return files
