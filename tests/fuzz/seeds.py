"""Small good files of every kind: what is mutated."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

import l3c
from l3c.container.structure import Animation
from l3c.images.picture import Picture
from tests.checks import encode_tiled, noise, packaged_model, smooth_picture
from tests.codec.test_memory import video_frame
from tests.fuzz.models import published_file
from tests.graphics.pictures import drawn
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
        "drawing with soft alpha": (drawn(40, 50, 4), {}),
        "large drawing": (drawn(90, 120, 3), {}),
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
    adapted = packaged_model(3, name="wave-fast")
    adapted_picture = smooth_picture(60, 90, 3)
    adaptation = next(iter(adapted.adaptations(adapted_picture, 9)))
    files["adapted"] = encode_tiled(adapted_picture, adapted.adapted(adaptation))
    files["video"] = l3c.encode(video_frame(60, 90), model="wave-fast")
    files["published"] = published_file()
    files["pages"] = l3c.encode_pages([Picture(rgb), Picture(gray, {"comment": b"second"}), Picture(flat)])
    moving = Animation(70, 60, 3, bytes(4))
    frames = [Picture(rgb), Picture(smooth_picture(8, 9, 3)), Picture(rgb[::-1].copy())]
    files["animation"] = l3c.encode_pages(frames, animation=moving)
    files["kept"] = l3c.keep_file(b"not a picture, " * 9, "txt")
    return files
