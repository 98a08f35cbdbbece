"""Tiles as a deflate stream (RFC 1951), which bytes of wide samples want that no model foresees."""

from __future__ import annotations

import zlib

import numpy as np
from numpy.typing import NDArray

from l3c.container.streams import RAW, inflate
from l3c.container.tiling import Box
from l3c.errors import FormatError

LEVEL = 9  # zlib's best: tiles that come here are few, and bytes count more than time


def encode(samples: NDArray[np.uint8]) -> bytes:
    """samples: [height, width, channels]."""
    packer = zlib.compressobj(LEVEL, zlib.DEFLATED, RAW)
    return packer.compress(samples.tobytes()) + packer.flush()


def decode(payload: bytes | memoryview, box: Box, channels: int) -> NDArray[np.uint8]:
    """[height, width, channels]. Raises FormatError on damage, before it takes more memory than that."""
    size = box.height * box.width * channels
    raw = inflate(payload, size, "its deflate stream", RAW)
    if len(raw) != size:
        raise FormatError(f"its deflate stream gives {len(raw)} of {size} bytes")
    return np.frombuffer(raw, np.uint8).reshape(box.height, box.width, channels)
