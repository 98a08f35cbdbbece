"""The codecs of the comparison: each encodes and decodes uint8 [height, width, 3] or [height, width]."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import imagecodecs
import numpy as np
from figures import HISTORY
from numpy.typing import NDArray

import l3c
from l3c.api import DEFAULT_EFFORT

Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class Codec:
    """encode(pixels, threads), decode(data, threads). slow: timed once instead of three times."""

    name: str
    encode: Callable[[Pixels, int], bytes | bytearray]
    decode: Callable[[bytes | bytearray, int], Pixels]
    threaded: bool = False
    slow: bool = False


def jpeg_xl(effort: int) -> Codec:
    return Codec(
        f"JPEG XL effort {effort}",
        lambda pixels, threads: imagecodecs.jpegxl_encode(pixels, lossless=True, effort=effort, numthreads=threads),
        lambda data, threads: imagecodecs.jpegxl_decode(data, numthreads=threads),
        threaded=True,
        slow=effort > 7,
    )


def wave(name: str) -> Codec:
    """A model; of names such as wave-fast:3 at effort 3, else at the default one."""
    plain = name.removesuffix(HISTORY)
    model, _, effort = plain.partition(":")
    return Codec(
        f"l3c {model}{f', effort {effort}' if effort else ''}{name[len(plain) :]}",
        lambda pixels, threads: l3c.encode(
            pixels,
            model=model,
            threads=threads,
            effort=int(effort or DEFAULT_EFFORT),
            history=name.endswith(HISTORY),
        ),
        lambda data, threads: l3c.decode(data, threads=threads),
        threaded=True,
        slow=model.endswith("-max"),
    )


OTHERS = {
    "jxl1": jpeg_xl(1),
    "jxl3": jpeg_xl(3),
    "jxl7": jpeg_xl(7),
    "jxl9": jpeg_xl(9),
    "webp": Codec(
        "WebP lossless, method 6",
        lambda pixels, _: imagecodecs.webp_encode(colour(pixels), level=100, lossless=True, method=6),
        lambda data, _: imagecodecs.webp_decode(data),
        slow=True,
    ),
    "png": Codec(
        "PNG, level 9",
        lambda pixels, _: imagecodecs.png_encode(pixels, level=9),
        lambda data, _: imagecodecs.png_decode(data),
    ),
    "j2k": Codec(
        "JPEG 2000 reversible",
        lambda pixels, _: imagecodecs.jpeg2k_encode(pixels, level=0, reversible=True, mct=pixels.ndim == 3),
        lambda data, _: imagecodecs.jpeg2k_decode(data),
    ),
}


def colour(pixels: Pixels) -> Pixels:
    """As RGB: WebP has no grayscale."""
    return pixels if pixels.ndim == 3 else np.repeat(pixels[..., None], 3, axis=2)


def find(name: str) -> Codec:
    """A codec by its short name; any other name is a model of l3c, maybe with an effort (wave-fast:3)."""
    return OTHERS.get(name) or wave(name)


def same(decoded: Pixels, pixels: Pixels) -> bool:
    """True where a codec gave the very pixels back, in RGB or gray."""
    return bool(np.array_equal(decoded, pixels if decoded.ndim == pixels.ndim else colour(pixels)))
