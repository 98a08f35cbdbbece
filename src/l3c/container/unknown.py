"""Guesses at the kind of a file without our signature."""

from __future__ import annotations

import math
import struct

ORIGINAL_HEAD = struct.Struct("<4HBHHI")
"""The original 2019 program's: padding; channels, height and width of its coarsest scale; bytes of a channel."""

ORIGINAL_CHANNELS = 5  # of the coarsest scale, in the published networks
ORIGINAL_LEVELS = 25  # to which the published networks quantize their latents
ORIGINAL_PADDING_MAX = 4  # pixels a side: images are padded to multiples of 8


def is_original(start: bytes) -> bool:
    """Whether a file begins as those of the original program do, which have no signature.

    Their coarsest scale is coded as 25 equally likely levels, so the length of its first channel follows from its size.
    """
    if len(start) < ORIGINAL_HEAD.size:
        return False
    *padding, channels, height, width, length = ORIGINAL_HEAD.unpack_from(start)
    expected = height * width * math.log2(ORIGINAL_LEVELS) / 8
    fits = expected > 0 and abs(length - expected) <= 8 + expected / 100
    return bool(fits and channels == ORIGINAL_CHANNELS and max(padding) <= ORIGINAL_PADDING_MAX)
