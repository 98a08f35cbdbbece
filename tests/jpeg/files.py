"""Small JPEG files of many kinds, and damage done to them."""

from __future__ import annotations

import io
import random

import numpy as np
from PIL import Image

from tests.checks import smooth_picture

SETTINGS: dict[str, tuple[str, dict[str, object]]] = {
    "gray": ("L", {}),
    "4:4:4": ("RGB", {"subsampling": 0}),
    "4:2:2": ("RGB", {"subsampling": 1}),
    "4:2:0, optimized": ("RGB", {"subsampling": 2, "optimize": True}),
    "restart markers": ("RGB", {"subsampling": 2, "restart_marker_blocks": 1}),
    "restart rows": ("L", {"restart_marker_rows": 1}),
    "CMYK": ("CMYK", {}),
    "RGB": ("RGB", {"keep_rgb": True}),
    "progressive": ("RGB", {"progressive": True}),
    "progressive gray": ("L", {"progressive": True, "quality": 97}),
    "progressive CMYK": ("CMYK", {"progressive": True}),
    "progressive, restart markers": ("RGB", {"progressive": True, "restart_marker_blocks": 2}),
    "16-bit tables": ("RGB", {"qtables": [[300 + i for i in range(64)]] * 2}),
    "coarse": ("RGB", {"quality": 3}),
    "fine": ("RGB", {"quality": 100, "subsampling": 0}),
}


def jpeg_file(name: str, height: int = 37, width: int = 53, seed: int = 0) -> bytes:
    """A picture with noise and a flat part, under the settings of that name."""
    mode, options = SETTINGS[name]
    picture = smooth_picture(height, width, 3).astype(np.int16)
    noise = np.random.default_rng(seed).integers(-40, 41, picture.shape) * (np.arange(width)[:, None] > width // 2)
    image = Image.fromarray((picture + noise).clip(0, 255).astype(np.uint8)).convert(mode)
    out = io.BytesIO()
    image.save(out, "JPEG", **{"quality": 85, **options})
    return out.getvalue()


def coded_at(data: bytes) -> int:
    """Where the coded data of the first scan begin."""
    at = data.index(b"\xff\xda") + 2
    return at + int.from_bytes(data[at : at + 2], "big")


def damaged(data: bytes, chance: random.Random) -> bytes:
    """The file cut short, with bits flipped, bytes lost or put in, behind its first scan's header."""
    changed, start = bytearray(data), coded_at(data)
    at = chance.randrange(start, len(data))
    match chance.randrange(4):
        case 0:
            del changed[at:]
        case 1:
            for _ in range(chance.randrange(1, 4)):
                changed[chance.randrange(start, len(data))] ^= 1 << chance.randrange(8)
        case 2:
            del changed[at : at + chance.randrange(1, 30)]
        case _:
            for _ in range(chance.randrange(1, 4)):
                changed.insert(at, chance.choice([0, 0xFF, 0xD0, 0xD5, 0xD9, chance.randrange(256)]))
    return bytes(changed)
