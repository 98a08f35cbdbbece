"""Tiles as lossless WebP, which drawings and screenshots want: the content of a VP8L chunk, without RIFF around it."""

from __future__ import annotations

import io
import math
import struct

import numpy as np
from numpy.typing import NDArray

from l3c.container.tiling import Box
from l3c.errors import FormatError
from l3c.history.drawings import is_drawn

Samples = NDArray[np.uint8]
SIDE_MAX = 16383
"""Pixels: VP8L holds sides less 1 in 14 bits, so this is the mask of a field too; libwebp writes no side of 16384."""

PIXELS_MAX = 1 << 24
"""Of a tile: libwebp takes some 34 bytes a pixel, so 2^24 of them take 570 MB; and Pillow warns of more than
89,478,485 pixels."""

# the mark, then width - 1 and height - 1 in 14 bits each, whether alpha is used, the version
HEADER = struct.Struct("<BI")
SIDE_OF_LARGE = 4096
"""Of the tiles of larger images: its square has PIXELS_MAX pixels."""

MARK = 0x2F  # the signature of VP8L (RFC 9649)
START = 20
"""Bytes of RIFF before the chunk's content."""

FULL = 6
"""Pillow's greatest effort. It takes a hundred times as long as QUICK where nearly all pixels are equal, for a
hundredth less."""

QUICK = 3
"""The effort for blank tiles: see FULL."""

GLANCE = 2
"""The effort of a quick attempt, which takes a hundredth of the full one's time."""

GLANCE_QUALITY = 50
"""Of 100: how hard the quick attempt searches. By trial."""

GLANCE_SHARE = 1.08
"""Where models are about as good, the full effort saves 2 to 12 % of a glance: it is tried where a glance is less
than 8 % larger than the best candidate."""

GLANCE_BYTES = 64
"""Added to that: headers and trees of small tiles, of which the full effort may save more than a share."""

PLAIN = 0
"""The effort at which tiles of one value take least: 17 bytes, at others 67."""

LEAST_BITS = math.log2(65536 / (65536 - 255))
"""Of a sample that a model codes: all 256 symbols have a frequency of 1 of 65536 at least, one has the rest at most."""

DECODING_BYTES = 24
"""Bytes that decoding takes for each pixel: libwebp and Pillow keep canvases, a frame and images of four channels
each (measured, with room; format 1.7)."""

DECODING_COPIES = 2
"""Copies of the payload beside it: the file around the chunk, and Pillow's own (format 1.7)."""


def glance(samples: Samples) -> int | None:
    """About how many bytes WebP needs for a drawing, by a quick attempt; None where it is no drawing, or too large."""
    height, width = samples.shape[:2]
    if max(height, width) > SIDE_MAX or height * width > PIXELS_MAX or not is_drawn(samples):
        return None
    return len(encode(samples, effort=GLANCE, quality=GLANCE_QUALITY))


def is_blank(samples: Samples, size: int) -> bool:
    """Whether so few bytes are fewer than a model that codes every sample can need, however well it foresees them."""
    return size < LEAST_BITS / 8 * samples.size


def may_be_smaller(size: int, beside: int) -> bool:
    """Whether the full effort may need fewer bytes than `beside`. size: at a glance."""
    return size < GLANCE_SHARE * beside + GLANCE_BYTES


def encode_blank(samples: Samples, alpha: Samples | None = None) -> bytes:
    """Of blank samples: quickly, since the full effort takes longest for them and saves least."""
    one_value = all((plane == plane[0, 0]).all() for plane in (samples, alpha) if plane is not None)
    return encode(samples, alpha, effort=PLAIN if one_value else QUICK)


def encode_drawing(samples: Samples, alpha: Samples | None = None) -> bytes:
    """As `encode`, at the effort that samples are worth."""
    quick = encode_blank(samples, alpha)
    return quick if is_blank(samples, len(quick)) else encode(samples, alpha)


def encode(samples: Samples, alpha: Samples | None = None, effort: int = FULL, quality: int = 100) -> bytes:
    """samples: [height, width, 1 to 3], sides up to 16383; of two channels the third is 0. alpha: [height, width, 1],
    coded along. effort: 0..FULL.

    quality: 0..100, of the search.
    """
    from PIL import Image

    missing = 3 - samples.shape[2]
    colours = np.repeat(samples, 3, axis=2) if missing == 2 else np.pad(samples, ((0, 0), (0, 0), (0, missing)))
    out = io.BytesIO()
    image = Image.fromarray(colours if alpha is None else np.dstack([colours, alpha]))
    image.save(out, "WEBP", lossless=True, quality=quality, method=effort, exact=True)
    data = out.getvalue()
    return data[START : START + int.from_bytes(data[START - 4 : START], "little")]


def decode(payload: bytes | memoryview, box: Box, channels: int, alpha: bool = False) -> Samples:
    """[height, width, channels], or the alpha channel. Raises FormatError on damage, before it decodes another size."""
    from PIL import Image

    if len(payload) < HEADER.size:
        raise FormatError("its WebP ends inside the header")
    mark, packed = HEADER.unpack_from(payload)
    width, height = (packed & SIDE_MAX) + 1, (packed >> 14 & SIDE_MAX) + 1
    if mark != MARK or (height, width) != (box.height, box.width) or height * width > PIXELS_MAX:
        raise FormatError("its WebP is damaged, or of another size")
    chunk = b"VP8L" + struct.pack("<I", len(payload)) + bytes(payload) + bytes(len(payload) % 2)
    try:
        with Image.open(io.BytesIO(b"RIFF" + struct.pack("<I", 4 + len(chunk)) + b"WEBP" + chunk)) as image:
            image.load()
            pixels = np.asarray(image if image.mode in ("RGB", "RGBA") else image.convert("RGB"))
    except Exception as error:  # whatever Pillow raises on damage
        raise FormatError(f"its WebP is damaged: {error}") from error
    if alpha and pixels.shape[2] < 4:  # opaque everywhere
        return np.full((box.height, box.width, 1), 255, np.uint8)
    return np.ascontiguousarray(pixels[..., 3:] if alpha else pixels[..., :channels])
